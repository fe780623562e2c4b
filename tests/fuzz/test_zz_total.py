"""How much was tried. The last file of the suite: it counts what the others did."""

import pytest
from fuzzing import TALLY


def test_a_thousand_bad_inputs(request: pytest.FixtureRequest) -> None:
    suites: dict[str, int] = {}
    for (suite, outcome), number in sorted(TALLY.items()):
        print(f"{suite:>16}: {number:>6} {outcome}")
        suites[suite] = suites.get(suite, 0) + number
    run = {item.path.name for item in request.session.items}
    if not {"test_command_line.py", "test_checkpoints.py", "test_stores.py"} <= run or request.config.option.keyword:
        pytest.skip("counts the bad inputs of all three suites; run pytest tests/fuzz")
    total = suites["arguments"] + suites["checkpoints"] + suites["stores"]
    print(f"{total} bad inputs")
    assert total >= 1000 and min(suites.values()) >= 150
