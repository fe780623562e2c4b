"""Runs on planes: PCA planes of one and several runs, what they hold, what a random plane holds, and what the path hides."""

from functools import partial

import numpy as np
import pytest
import torch
from cases import convbn, images

import lossatlas as la
from lossatlas.errors import InputError
from lossatlas.layout import filter_norms
from lossatlas.params import dot, gram, norm


@pytest.fixture(scope="module")
def objective():
    x, y = images(n=64)
    return la.Objective.from_module(convbn(), (x, y), "cross_entropy", batch_size=16)


def trained(objective, *, seed=0, steps=30, every=3, **settings):
    points = {}

    def hook(step, point, state):
        if step % every == 0:
            points[step] = {name: tensor.detach().clone() for name, tensor in point.items()}

    la.fit(objective, optimizer=partial(torch.optim.SGD, **{"lr": 0.1, "momentum": 0.9, **settings}), steps=steps, seed=seed, hooks=[hook])
    return la.Trajectory.of(points, name=f"seed {seed}")


@pytest.fixture(scope="module")
def run(objective):
    return trained(objective)


def offsets(run, objective, origin):
    return torch.stack([torch.cat([(run.at(k)[n] - origin[n]).double().reshape(-1) for n in objective.params]) for k in run.steps])


def test_a_plane_passes_the_end_along_components_of_norm_1(run, objective):
    plane = la.pca_slice(run, objective=objective)
    end = run.at(30)
    assert all(torch.equal(plane(torch.zeros(2, dtype=torch.float64))[n], end[n]) for n in objective.point()), "with its statistics"
    assert np.allclose(gram(plane.axes), np.eye(2), atol=1e-6) and not any("running" in name for name in plane.axes[0])
    x = offsets(run, objective, end).numpy()
    values = np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2
    assert np.allclose(plane.about["explained"], values[:2] / values.sum(), atol=1e-5)
    residuals = np.array([plane.project(run.at(k)).residual for k in run.steps])
    share = 1 - (residuals**2).sum() / (x**2).sum()
    assert plane.about["of_motion"] == pytest.approx(share, abs=1e-5) and sum(plane.about["motion"]) == pytest.approx(share, abs=1e-5)
    assert plane.about["explained"][0] != pytest.approx(plane.about["motion"][0], abs=1e-3), "two different numbers"
    assert plane.describe()["family"] == "pca" and plane.about["runs"] == [{"name": "seed 0", "first": 0, "last": 30, "points": 11}]


def test_without_an_objective_parameters_are_told_by_their_names(run, objective):
    told, guessed = la.pca_slice(run, objective=objective), la.pca_slice(run)
    assert guessed.about["explained"] == pytest.approx(told.about["explained"], abs=1e-9)
    assert guessed.axes[0].keys() == told.axes[0].keys()
    assert guessed.describe()["n_parameters"] == told.describe()["n_parameters"] == sum(p.numel() for p in objective.params.values())


def test_more_components_hold_more_and_the_uncentred_hold_the_most_of_the_motion(run, objective):
    three = la.pca_slice(run, objective=objective, dims=("x", "y", "z"))
    two, about_end = la.pca_slice(run, objective=objective), la.pca_slice(run, objective=objective, centred=False)
    assert three.dims == ("x", "y", "z") and three.about["of_motion"] > two.about["of_motion"]
    assert about_end.about["of_motion"] > two.about["of_motion"] and sum(two.about["explained"]) > sum(about_end.about["explained"])


def test_what_is_ignored_does_not_move(run, objective):
    plane = la.pca_slice(run, objective=objective, ignore=("bias", "norm"))
    assert {objective.layout[name].kind for name in plane.axes[0]} == {"weight"}
    by_name = la.pca_slice(run, ignore=("*.bias",))
    assert by_name.axes[0] and not any(name.endswith(".bias") for name in by_name.axes[0])
    with pytest.raises(InputError, match="write objective=objective"):
        la.pca_slice(run, ignore=("norm",))
    with pytest.raises(InputError, match=r"no parameter matches; did you mean '0\.weight'"):
        la.pca_slice(run, ignore=("0.weigth",))
    with pytest.raises(InputError, match="nothing is left to move"):
        la.pca_slice(run, ignore=("*",))


def test_what_is_ignored_counts_as_off_the_plane(run, objective):
    """The share that the plane holds and the distances of the paths are over the same parameters: all."""
    other = trained(objective, seed=1)
    plane = la.pca_slice([run, other], objective=objective, ignore="bias")
    for one in (plane, la.random_beside(plane, [run, other], objective=objective)):
        paths = [la.projected(path, one) for path in (run, other)]
        off, distance = (sum(float((path[name] ** 2).sum()) for path in paths) for name in ("off_slice", "distance"))
        assert one.about["of_motion"] == pytest.approx(1 - off / distance, abs=1e-6) and one.about["ignore"] == ["bias"]
        assert sum(one.about["motion"]) == pytest.approx(one.about["of_motion"])
    biases = [name for name in objective.params if name not in plane.axes[0]]
    ends = [offsets(path, objective, run.at(30)) for path in (run, other)]
    still = sum(float((path.at(k)[n] - run.at(30)[n]).double().square().sum()) for path in (run, other) for k in path.steps for n in biases)
    assert plane.about["moved"] == pytest.approx(1 - still / float(torch.cat(ends).square().sum()), abs=1e-6) and still > 0
    assert la.pca_slice(run, objective=objective).about["moved"] == 1


def test_several_runs_lie_on_one_plane_through_the_end_of_the_first(run, objective):
    other = trained(objective, seed=1, lr=0.03)
    plane = la.pca_slice([run, other], objective=objective)
    x = torch.cat([offsets(one, objective, run.at(30)) for one in (run, other)]).numpy()
    values = np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2
    assert np.allclose(plane.about["explained"], values[:2] / values.sum(), atol=1e-5)
    assert [told["name"] for told in plane.about["runs"]] == ["seed 0", "seed 1"]
    alone = la.pca_slice(run, objective=objective)
    assert plane.project(other.at(30)).residual < alone.project(other.at(30)).residual


def test_shrinkage_is_projected_out(objective):
    start, g = objective.point(), torch.Generator().manual_seed(0)
    weights = [n for n in objective.params if objective.layout[n].kind == "weight"]
    drift = {n: 0.02 * torch.randn(start[n].shape, generator=g) for n in weights}
    shrinking = la.Trajectory.of({k: {n: t * 0.9**k + k / 20 * drift[n] * (-1) ** (k // 3) if n in weights else t
                                      for n, t in start.items()} for k in range(8)})
    plain = la.pca_slice(shrinking, objective=objective)
    radial = {n: shrinking.at(7)[n] for n in weights}
    assert abs(dot(plain.axes[0], radial)) / norm(radial) > 0.9, "the first component is mere shrinkage"
    without = la.pca_slice(shrinking, objective=objective, project_out_norm=True)
    assert abs(dot(without.axes[0], radial)) / norm(radial) < 0.2 and without.about["project_out_norm"]
    path = la.projected(shrinking, without, objective)
    for step, a, b, off in zip(shrinking.steps, path["alpha"].values, path["beta"].values, path["off_slice"].values, strict=True):
        point = {**shrinking.at(step)}
        for name in weights:
            rule = objective.layout[name]
            point[name] = rule.scale(point[name], (filter_norms(rule, shrinking.at(7)[name]) / filter_norms(rule, point[name])).float())
        where = without.project(point)
        assert (a, b, off) == pytest.approx((*where.coordinates, where.residual), abs=1e-5)


def test_a_random_plane_holds_next_to_nothing(run, objective):
    plane = la.pca_slice(run, objective=objective)
    beside = la.random_beside(plane, run, objective=objective, seed=0)
    x = offsets(run, objective, run.at(30)).numpy()
    directions = np.stack([torch.cat([axis[n].double().reshape(-1) for n in objective.params]).numpy() for axis in beside.axes])
    assert np.allclose(directions @ directions.T, np.eye(2), atol=1e-6)
    assert np.allclose(beside.about["motion"], ((x @ directions.T) ** 2).sum(0) / (x**2).sum(), rtol=1e-4)
    assert plane.about["of_motion"] > 0.5 > 20 / x.shape[1] > beside.about["of_motion"], "about 2/n"
    again, another = (la.random_beside(plane, run, objective=objective, seed=s) for s in (0, 1))
    assert all(torch.equal(a[n], b[n]) for a, b in zip(beside.axes, again.axes, strict=True) for n in a)
    assert not torch.equal(beside.axes[0]["0.weight"], another.axes[0]["0.weight"])


def test_a_path_has_coordinates_distances_and_both_losses(run, objective, tmp_path):
    plane = la.pca_slice(run, objective=objective)
    ds = la.projected(run, plane, objective, store=tmp_path / "a.zarr")
    assert ds.attrs["kind"] == "trajectory" and ds["step"].values.tolist() == list(run.steps)
    for k in (0, 15, 30):
        where = plane.project(run.at(k))
        row = ds.sel(step=k)
        found = float(row["alpha"]), float(row["beta"]), float(row["off_slice"])
        assert found == pytest.approx((*where.coordinates, where.residual), abs=1e-9)
        assert float(row["loss"]) == pytest.approx(float(objective.value(run.at(k))), rel=1e-6), "with the statistics of that step"
        shadow = plane(torch.from_numpy(where.coordinates))
        assert float(row["plane_loss"]) == pytest.approx(float(objective.value(shadow)), rel=1e-6), "with those of the end"
    assert float(ds["relative_off_slice"][0]) == pytest.approx(float(ds["off_slice"][0] / ds["distance"][0]))
    assert float(ds["off_slice"][-1]) == float(ds["relative_off_slice"][-1]) == 0.0
    assert float(ds["loss"][-1]) == float(ds["plane_loss"][-1]) == float(ds["center_loss"])
    assert la.open(tmp_path / "a.zarr")["alpha"].equals(ds["alpha"])
    bare = la.projected(run, plane)
    assert "loss" not in bare and np.allclose(bare["alpha"], ds["alpha"])


def test_oblique_axes_of_any_slice_are_inverted(run, objective):
    plane = la.random_slice(objective, seed=3)
    ds = la.projected(run, plane)
    for k in (0, 9):
        where = plane.project(run.at(k))
        assert (float(ds["alpha"].sel(step=k)), float(ds["beta"].sel(step=k)), float(ds["off_slice"].sel(step=k))) == pytest.approx(
            (*where.coordinates, where.residual), abs=1e-6)


def test_a_frame_holds_all_paths_with_a_margin_and_can_be_drawn_in_one_unit(run, objective):
    plane = la.pca_slice(run, objective=objective)
    path = la.projected(run, plane)
    coords = la.frame_paths([path], points=21)
    spans = {}
    for dim in ("alpha", "beta"):
        values, found = coords[dim], path[dim].values
        assert len(values) == 21 and values[0] < min(found.min(), 0) and values[-1] > max(found.max(), 0)
        spans[dim] = values[-1] - values[0]
    assert max(spans.values()) / min(spans.values()) <= 2.5
    with pytest.raises(InputError, match="got 0 paths"):
        la.frame_paths([])
    with pytest.raises(InputError, match="do not move on this plane"):
        la.frame_paths([path * 0])


@pytest.mark.parametrize(("runs", "words"), [
    ([], "got nothing"), ([3], "got a int"), (la.Trajectory.of({5: {"a": torch.ones(3)}}), "one point, which moves nowhere"),
    (la.Trajectory.of({k: {"a": torch.ones(3)} for k in range(4)}), "the 4 points are all the same"),
    (la.Trajectory.of({k: {"a": k * torch.ones(3)} for k in range(4)}), "lie on one line; expected 2 directions"),
    (la.Trajectory.of({k: {"a": torch.eye(3)[k]} for k in range(3)}).take([0, 1]), "on one line"),
    ([la.Trajectory.of({k: {"a": torch.eye(3)[k]} for k in range(3)}), la.Trajectory.of({0: {"b": torch.ones(3)}})], "another network"),
])
def test_runs_without_a_plane_are_refused(runs, words):
    with pytest.raises(InputError, match=words):
        la.pca_slice(runs)


def test_a_run_of_another_network_is_refused(objective):
    with pytest.raises(InputError, match="step 2 is a point of another network"):
        la.pca_slice(la.Trajectory.of({k: {"a": torch.eye(3)[k]} for k in range(3)}), objective=objective)


def test_one_component_of_a_straight_run_is_a_line():
    run = la.Trajectory.of({k: {"a": k * torch.ones(4)} for k in range(4)})
    plane = la.pca_slice(run, dims="alpha")
    assert plane.dims == ("alpha",) and plane.about["explained"] == [pytest.approx(1)] and plane.about["of_motion"] == pytest.approx(1)
    assert plane.project(run.at(0)).coordinates == pytest.approx([6])
