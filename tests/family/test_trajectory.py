"""A recorded run as a family over steps, and its points read as the rows of a matrix."""

import copy

import pytest
import torch
from cases import convbn, images

import lossatlas as la
from lossatlas.errors import InputError
from lossatlas.execution import candidates
from lossatlas.family import Trajectory, pieces
from lossatlas.family.pieces import Rows
from lossatlas.layout import TensorRule, filter_norms
from lossatlas.params import ravel


def points(count=5, seed=0, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    return {10 * k: {"a": torch.randn(4, 3, generator=g, dtype=dtype), "b": torch.randn(2, 3, 2, generator=g, dtype=dtype),
                     "c": torch.randn((), generator=g, dtype=dtype), "norm.running_mean": torch.randn(3, generator=g)}
            for k in range(count)}


class OnDisk:
    """A run whose points lie in safetensors files."""

    def __init__(self, folder, given, *, files=True):
        self.path, self.steps, self._files, self.reads = folder, tuple(given), files, 0
        for step, point in given.items():
            la.save_point(point, folder / f"{step}.safetensors")

    def at(self, step):
        self.reads += 1
        return la.load_point(self.path / f"{step}.safetensors")

    def file(self, step):
        return self.path / f"{step}.safetensors" if self._files else None


def test_a_trajectory_has_points_at_recorded_steps_alone():
    given = points()
    run = Trajectory.of(given, name="run")
    assert run.dims == ("step",) and run.steps == (0, 10, 20, 30, 40) and len(run) == 5 and run.centre == (40.0,)
    assert run(torch.tensor([20.0], dtype=torch.float64))["a"] is given[20]["a"]
    with pytest.raises(InputError, match="step 25 of run 'run' is not recorded; expected one that is: the nearest are 20 and 30"):
        run.at(25)
    with pytest.raises(InputError, match=r"step 2.5 of run 'run' is not recorded"):
        run(torch.tensor([2.5]))
    assert run.take([30, 10]).steps == (10, 30) and run.from_step(15).steps == (20, 30, 40)
    with pytest.raises(InputError, match="no step of run 'run' is 50 or later; expected at most 40"):
        run.from_step(50)
    with pytest.raises(InputError, match="step 11"):
        run.take([11])


@pytest.mark.parametrize(("given", "words"), [
    ({}, "points are empty"), (3, "points are a int"), ({"a": points()[0]}, "key 'a'"),
    ({0: points()[0], 1: {"a": torch.zeros(4, 3)}}, "the point of step 1 is a point of another network"),
    ([{"a": torch.zeros(2)}, {"a": torch.zeros(3)}], "shape"),
])
def test_what_is_no_run_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        Trajectory.of(given)


def test_a_run_that_changes_its_network_is_refused_when_it_is_read(tmp_path):
    run = Trajectory(OnDisk(tmp_path, {0: {"a": torch.zeros(2)}, 1: {"a": torch.zeros(3)}}))
    run.at(0)
    with pytest.raises(InputError, match=r"step 1 of run .* another network: 'a' is of shape \(3,\) there and of shape \(2,\)"):
        run.at(1)
    with pytest.raises(InputError, match="expected a run"):
        Trajectory(points())


def test_it_is_swept_over_all_its_steps_and_its_centre_is_the_last(tmp_path):
    x, y = images()
    objective = la.Objective.from_module(convbn(), (x, y), "cross_entropy")
    run = Trajectory.of({step: {n: t * (1 + 0.1 * step) if n in objective.params else t + step for n, t in objective.point().items()}
                         for step in (3, 5, 9)})  # step 0 was not recorded; running statistics differ from step to step
    ds = la.sweep(la.probes.loss(objective), run, {}, store=tmp_path / "a.zarr")
    assert ds.attrs["kind"] == "trajectory" and ds["step"].values.tolist() == [3, 5, 9] and "trajectory" in str(ds.attrs["title"])
    for step in run.steps:
        net = convbn()
        net.load_state_dict(run.at(step), strict=False)
        alone = la.Objective.from_module(net, (x, y), "cross_entropy")
        assert float(ds["loss"].sel(step=step)) == pytest.approx(float(alone.value(alone.point())), rel=1e-6), "own running statistics"
    assert float(ds["center_loss"]) == float(ds["loss"].sel(step=9))
    some = la.sweep(la.probes.loss(objective), run, {"step": [3, 9]})
    assert some["loss"].values.tolist() == ds["loss"].sel(step=[3, 9]).values.tolist()
    with pytest.raises(InputError, match="step 4 of this run is not recorded; expected one that is: the nearest are 3 and 5"):
        la.sweep(la.probes.loss(objective), run, {"step": [4]})
    again = la.sweep(la.probes.loss(objective), run, {}, store=tmp_path / "a.zarr/trajectory")
    assert again["loss"].equals(ds["loss"])
    other = Trajectory.of({step: run.at(step if step < 9 else 5) for step in run.steps})
    with pytest.raises(la.SpecMismatch):
        la.sweep(la.probes.loss(objective), other, {}, store=tmp_path / "a.zarr/trajectory")


def test_ways_to_evaluate_are_tried_at_recorded_steps_alone(monkeypatch):
    monkeypatch.setattr(candidates, "SHORTEST_JOB", 0.0)
    x, y = images()
    objective = la.Objective.from_module(convbn(), (x, y), "cross_entropy")
    run = Trajectory.of({step: {n: t * (1 + 0.01 * step) for n, t in objective.point().items()} for step in (3, 5, 10)})
    ds = la.sweep(la.probes.loss(objective), run, {})
    assert ds.attrs["plan_trials"], "neither at step 0 nor half way between 3 and 10"
    assert ds["loss"].values == pytest.approx(la.sweep(la.probes.loss(objective), run, {}, plan="plain")["loss"].values, rel=1e-5)


def test_a_run_of_another_network_is_refused_by_the_sweep():
    x, y = images()
    objective = la.Objective.from_module(convbn(), (x, y), "cross_entropy")
    with pytest.raises(InputError, match="another network"):
        la.sweep(la.probes.loss(objective), Trajectory.of(points()), {})


@pytest.mark.parametrize("files", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.complex64])
def test_rows_are_differences_from_the_end_however_they_are_read(tmp_path, monkeypatch, files, dtype):
    given = points(dtype=dtype)
    run, names = Trajectory(OnDisk(tmp_path, given, files=files)), ["b", "a", "c"]
    wide = torch.complex128 if dtype.is_complex else torch.float64
    rows = [ravel({n: p[n].to(wide) - given[40][n].to(wide) for n in names}) for p in given.values()]
    expected = torch.stack([torch.view_as_real(r).reshape(-1) if dtype.is_complex else r for r in rows])
    for most in (1, 200, 10**6):
        monkeypatch.setattr(pieces, "BLOCK_BYTES", most)
        with Rows([run], names) as matrix:
            found = torch.cat(list(matrix.blocks()), dim=1)
            assert torch.equal(found, torch.cat(list(matrix.blocks()), dim=1)), "the same when it is read again"
        assert torch.allclose(found.double(), expected.double(), atol=1e-6) and (found[-1] == 0).all()
    assert matrix.labels[1] == f"step 10 of {tmp_path.name}"
    assert all(torch.allclose(tensor.to(wide), given[10][n].to(wide) - given[40][n].to(wide), atol=1e-6)
               for n, tensor in matrix.unravel(found[1]).items())


def test_reading_files_by_pieces_reads_no_point_as_a_whole_but_the_end(tmp_path):
    source = OnDisk(tmp_path, points())
    with Rows([Trajectory(source)], ["a", "b"]) as matrix:
        list(matrix.blocks())
    assert source.reads == 1


def test_filters_get_the_norms_of_the_end_and_nothing_else_changes(monkeypatch):
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 100)
    given = points(dtype=torch.float64)
    given[10]["a"][2] = 0.0  # a dead filter stays dead
    run = Trajectory.of(given)
    rules = {"a": TensorRule((4, 3), "weight", 0), "b": TensorRule((2, 3, 2), "weight", 1)}
    with Rows([run], ["a", "b", "c"], rules=rules) as matrix:
        found = torch.cat(list(matrix.blocks()), dim=1)
    for row, point in zip(found, given.values(), strict=True):
        moved = matrix.unravel(row)
        for name, rule in rules.items():
            there, own = given[40][name] + moved[name], point[name]
            norms = torch.where(filter_norms(rule, own) > 0, filter_norms(rule, given[40][name]), 0.0)
            assert torch.allclose(filter_norms(rule, there), norms)
            cosines = (rule.filters(there) * rule.filters(own)).sum(1)
            assert torch.allclose(cosines, norms * filter_norms(rule, own)), "only the norm changed"
        assert torch.allclose(moved["c"], point["c"] - given[40]["c"])


def test_several_runs_have_one_reference_and_must_be_of_one_network(tmp_path):
    a, b = Trajectory.of(points(seed=0), name="a"), Trajectory.of(points(count=2, seed=1), name="b")
    with Rows([a, b], ["a"]) as matrix:
        found = torch.cat(list(matrix.blocks()), dim=1)
    assert found.shape == (7, 12) and torch.allclose(found[5], (b.at(0)["a"] - a.at(40)["a"]).reshape(-1))
    other = Trajectory.of({0: {"a": torch.zeros(4, 4)}}, name="c")
    with pytest.raises(InputError, match=r"step 0 of c is .* another network: it has 'a' of shape \(4, 4\); expected shape \(4, 3\)"):
        Rows([a, other], ["a"]).__enter__()


def test_damaged_files_are_said_to_be_damaged(tmp_path):
    run = Trajectory(OnDisk(tmp_path, points()))
    file = tmp_path / "10.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    with Rows([run], ["a", "b", "c"]) as matrix, pytest.raises(InputError, match="ends within its data"):
        list(matrix.blocks())
    file.write_bytes(b"no safetensors at all")
    with pytest.raises(InputError, match="not a readable safetensors file"), Rows([run], ["a"]):
        pass


def test_nothing_that_is_given_is_changed():
    given = points()
    before = copy.deepcopy(given)
    with Rows([Trajectory.of(given)], ["a", "b"], rules={"a": TensorRule((4, 3), "weight", 0)}) as matrix:
        for block in matrix.blocks():
            block.zero_()
    assert all(torch.equal(given[k][n], before[k][n]) for k in given for n in given[k])
