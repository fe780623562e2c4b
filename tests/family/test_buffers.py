"""Float buffers between given points: which are kept, which count as parameters (none), and what a result says of them."""

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.params import known_buffers

X, Y = cases.blobs(n=23)


def of(model, **options):
    return la.Objective.from_module(model, (X, Y), "cross_entropy", batch_size=7, **options)


def parameters(point, objective):
    return torch.cat([point[n].double().reshape(-1) for n in objective.params])


def at(*u):
    return torch.tensor(u, dtype=torch.float64)


# ---- buffers that are no running statistics ----------------------------------------------------------------------


def spectral():
    return nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(6, 5)), nn.Tanh(), nn.Linear(5, 3))


def spectral_hook():
    return nn.Sequential(nn.utils.spectral_norm(nn.Linear(6, 5)), nn.Tanh(), nn.Linear(5, 3))


def pruned():
    return nn.Sequential(nn.utils.prune.l1_unstructured(nn.Linear(6, 5), "weight", 0.4), nn.Tanh(), nn.Linear(5, 3))


class Average(nn.Module):
    """A layer with a buffer of its own that takes part, as a moving average does."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 3)
        self.register_buffer("level", torch.randn(3))

    def forward(self, x):
        return self.inner(x) - self.level


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "names"), [
    (spectral, {"0.parametrizations.weight.0._u", "0.parametrizations.weight.0._v"}), (spectral_hook, {"0.weight_u", "0.weight_v"}),
    (pruned, {"0.weight_mask"}), (Average, {"level"})])
def test_only_parameters_count_and_the_result_names_the_buffers_between(make, names):
    objectives = [of(cases.seeded(make, seed)) for seed in range(3)]
    a, b, c = (o.point() for o in objectives)
    o = objectives[0]
    plane = la.plane(a, b, c, buffers=o.buffers)
    flat = [parameters(p, o) for p in (a, b, c)]
    u, v = flat[1] - flat[0], flat[2] - flat[0]
    about = plane.describe()
    assert about["n_parameters"] == len(u) and about["unit"] == pytest.approx(float(u.norm()), rel=1e-6)
    assert plane.given[2] == pytest.approx([float(u @ v / (u @ u)), float((v - u * (u @ v) / (u @ u)).norm() / u.norm())], rel=1e-5)
    distances = np.linalg.norm(plane.given[1] - plane.given[2]) * about["unit"]
    assert distances == pytest.approx(float((u - v).norm()), rel=1e-6)
    assert np.array(about["axes_gram"])[0, 0] == pytest.approx(float(u @ u), rel=1e-6)
    back, residual = plane.project({**plane(at(0.3, 0.6)), **{n: torch.zeros_like(a[n]) for n in names}})
    assert back == pytest.approx([0.3, 0.6], abs=1e-6) and residual < 1e-5
    ds = la.sweep(la.probes.loss(o), plane, plane.frame(2))
    (note,) = ds.attrs["notes"]
    assert "buffers are interpolated between the given points" in note and all(n in note for n in names)
    assert ("singular vectors" in note) == (make in (spectral, spectral_hook)) and "count in distances" not in note
    for point, one, place in zip((a, b, c), objectives, plane.given, strict=True):
        assert all(torch.equal(t, point[n]) for n, t in plane(torch.from_numpy(place)).items())
        assert float(o.value(plane(torch.from_numpy(place)))) == float(one.value())
    unaware = la.sweep(la.probes.loss(o), la.plane(a, b, c), {"alpha": [0.0], "beta": [0.0]})
    assert ("write buffers=objective.buffers" in unaware.attrs["notes"][0]) == (make is Average)


def test_the_names_that_torch_gives_to_buffers_and_no_others():
    others = ["weight_u", "weight_v", "weight_g", "self_u", "a.parametrizations.weight.original", "_u", "mask", "weight_mask"]
    assert known_buffers(others) == set()
    assert known_buffers(["weight_orig", "weight_u", "b_mask", "bn.running_var"]) == {"weight_u", "bn.running_var"}


class Rotary(nn.Module):
    """A table that no checkpoint holds."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 3)
        self.register_buffer("table", torch.linspace(0.5, 2, 6), persistent=False)

    def forward(self, x):
        return self.inner(x * self.table)


def test_a_checkpoint_without_the_buffers_that_are_never_saved(tmp_path):
    objective = of(cases.seeded(Rotary))
    points = [objective.point()]
    for seed in (1, 2):
        path = tmp_path / f"{seed}.pt"
        torch.save(cases.seeded(Rotary, seed).state_dict(), path)
        points.append(objective.conform(la.load_point(path)))
    assert all(p.keys() == points[0].keys() and torch.equal(p["table"], points[0]["table"]) for p in points)
    plane = la.plane(*points)
    other = of(cases.seeded(Rotary, 2))
    assert float(objective.value(plane(torch.from_numpy(plane.given[2])))) == float(other.value())
    assert la.sweep(la.probes.loss(objective), plane, {"alpha": [0.0], "beta": [0.0]}).attrs["notes"] == []
    ds = la.faithfulness(objective, la.random_slice(objective), [la.load_point(tmp_path / "1.pt")])
    assert np.isfinite(ds["off_slice"]).all()


# ---- running statistics ------------------------------------------------------------------------------------------


def batchnorm(seed=0):
    return cases.seeded(lambda: nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3)), seed)


def trained(seed=0):
    model = batchnorm(seed)
    for _ in range(5):
        model(X)
    return model.eval()


def three(**options):
    return [of(trained(seed), **options) for seed in range(3)]


def without(point):
    return {n: t for n, t in point.items() if "running" not in n}


def swept(objective, family):
    return la.sweep(la.probes.loss(objective), family, {dim: sorted(set(column)) for dim, column in zip(family.dims, family.given.T,
                                                                                                      strict=True)})


@pytest.mark.parametrize("carry", [True, False])
def test_under_eval_a_result_says_that_given_points_are_not_their_own(carry):
    objectives = three()
    points = [o.point() if carry else without(o.point()) for o in objectives]
    family = la.plane(*points, axes="affine")
    ds = swept(objectives[0], family)
    assert ds.attrs["given_exact"] is False
    (note,) = ds.attrs["notes"]
    assert "running statistics stay at the objective's own" in note and "their losses there are not their own" in note
    assert ("'interpolate'" in note) == carry and "'recompute'" in note
    assert ds["loss"].sel(alpha=1, beta=0).item() != float(objectives[1].value())
    assert float(objectives[0].value({**points[1], **{n: t for n, t in objectives[0].point().items() if "running" in n}})) == \
        ds["loss"].sel(alpha=1, beta=0).item()


@pytest.mark.parametrize("bn", ["interpolate", "recompute", "batch"])
def test_under_the_other_policies_they_are(bn):
    objectives = three(bn=bn)
    ds = swept(objectives[0], la.plane(*[o.point() for o in objectives], axes="affine"))
    assert "given_exact" not in ds.attrs
    assert ds["loss"].sel(alpha=0, beta=1).item() == float(objectives[2].value())
    assert ds["loss"].sel(alpha=1, beta=0).item() == float(objectives[1].value())


def test_points_with_the_same_statistics_and_networks_without_are_exact():
    objectives = three()
    shared = {n: t for n, t in objectives[1].point().items() if "running" in n}
    ds = swept(objectives[0], la.line(*[{**o.point(), **shared} for o in objectives[:2]]))
    assert "given_exact" not in ds.attrs and ds.attrs["notes"] == []
    assert ds["loss"].sel(alpha=1).item() == float(objectives[1].value())
    plain = [of(cases.seeded(lambda: nn.Linear(6, 3), seed)) for seed in (0, 1)]
    assert "given_exact" not in swept(plain[0], la.line(*[o.point() for o in plain])).attrs
    random = la.sweep(la.probes.loss(objectives[0]), la.random_slice(objectives[0]), {"alpha": [0.0], "beta": [0.0]})
    assert "given_exact" not in random.attrs


def test_statistics_that_only_some_points_carry_are_left_out_and_it_is_said():
    objectives = three(bn="recompute")
    a, b, c = (o.point() for o in objectives)
    for points in ((a, without(b), c), (without(a), b, c)):
        family = la.plane(*points)
        assert not any("running" in n for n in family.origin)
        notes = la.sweep(la.probes.loss(objectives[0]), family, {"alpha": [0.0], "beta": [0.0]}).attrs["notes"]
        assert notes[0] == ("BatchNorm: running statistics that only some of the given points carry were left out: 1.running_mean, "
                            "1.running_var")
        with pytest.raises(la.InputError, match="points need to carry them"):
            la.sweep(la.probes.loss(objectives[0].with_bn("interpolate")), family, {"alpha": [0.0], "beta": [0.0]})
    assert "notes" not in la.plane(a, b, c).about
