"""When a run is recorded."""

import math

import pytest

import lossatlas as la
from lossatlas.record.schedule import Schedule


def test_log_is_every_step_at_first_and_then_two_an_octave():
    schedule = Schedule.of("log")
    due = [s for s in range(1, 4097) if schedule.due(s, 0, 0, (0, 0))]
    assert due[:12] == [1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64] and due[-1] == 4096
    assert [sum(a <= s < 2 * a for s in due) for a in (64, 256, 1024, 2048)] == [2] * 4
    assert due == sorted({round(2 ** (k / 2)) for k in range(25)})
    assert sum(Schedule.of("log:8").due(s, 0, 0, (0, 0)) for s in range(1024, 2048)) == 8


def test_steps_epochs_and_distance():
    assert [s for s in range(10) if Schedule.of(3).due(s, 0, 0, (0, 0))] == [0, 3, 6, 9]
    assert Schedule.of("3") == Schedule.of(3) and str(Schedule.of("log")) == "log:2" and str(Schedule.of(20)) == "20"
    assert Schedule.of("epoch:2").due(7, 4, 0, (0, 2.0)) and not Schedule.of("epoch:2").due(7, 3, 0, (0, 2.0))
    assert Schedule.of("distance:0.5").due(1, 0, 0.5, (0, 0)) and not Schedule.of("distance:0.5").due(1, 0, 0.49, (0, 0))


@pytest.mark.parametrize("every", [0, -3, 2.5, True, "", "often", "log:0", "epoch:0.5", "distance", "distance:-1", "distance:inf", "1e400",
                                   None, math.nan, "step:4"])
def test_what_is_no_schedule_is_refused(every):
    with pytest.raises(la.InputError, match="expected a number of steps such as 100"):
        Schedule.of(every)
