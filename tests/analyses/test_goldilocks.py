"""The Goldilocks zone on digits, the plane against dense Hessians, and initializations."""

import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.errors import InputError
from lossatlas.family.initialization import initialized, rays
from lossatlas.probes.convexity import signs


def toy(bn=False, penalty=None, dtype=torch.float64):
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(23, 4, generator=g), torch.randint(0, 3, (23,), generator=g)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = nn.Sequential(nn.Linear(4, 6), *([nn.BatchNorm1d(6)] if bn else []), nn.Tanh(), nn.Linear(6, 3))
    return la.Objective.from_module(net, (x, y), "cross_entropy", dtype=dtype, batch_size=10, penalty=penalty)


def dense(objective, point):
    names, shapes = list(objective.params), [t.shape for t in objective.params.values()]

    def value(flat):
        parts = flat.split([s.numel() for s in shapes])
        return objective.value({**point, **{n: p.reshape(s) for n, p, s in zip(names, parts, shapes, strict=True)}})

    return torch.autograd.functional.hessian(value, torch.cat([point[n].reshape(-1) for n in names]))


def test_the_numbers_are_those_of_the_dense_hessian_within_the_plane():
    objective = toy()
    point = {n: 1.7 * t for n, t in objective.params.items()}
    probe = la.probes.goldilocks(objective, d=7, seed=3)
    found, h = probe(point), dense(objective, point)
    basis = probe._known["basis"]
    assert torch.allclose(basis.T @ basis, torch.eye(7).double(), atol=1e-12) and basis.shape == (len(h), 7)
    within = basis.T @ h @ basis
    values = torch.linalg.eigvalsh(within)
    assert float(found["fraction_positive"]) == float((values > 0).double().mean())
    assert np.isclose(float(found["trace_over_norm"]), float(within.trace() / within.norm()), rtol=1e-9)
    assert np.isclose(float(found["norm"]), 1.7 * float(torch.cat([t.reshape(-1) for t in objective.params.values()]).norm()))
    assert np.isclose(float(found["loss"]), float(objective.value(point)))


def test_the_whole_space_has_the_signs_of_the_whole_spectrum():
    objective = toy()
    n = sum(t.numel() for t in objective.params.values())
    values = torch.linalg.eigvalsh(dense(objective, objective.params))
    found = la.probes.goldilocks(objective, d=n)(objective.params)
    sign = values.abs() > 8 * torch.finfo(torch.float64).eps * values.norm()
    assert np.isclose(float(found["fraction_positive"]), float(((values > 0) & sign).double().mean() + (~sign).double().mean() / 2))
    assert np.isclose(float(found["frobenius"]), float(values.norm())) and float(found["fraction_zero"]) == float((~sign).double().mean())


def test_eigenvalues_without_a_sign_count_half_and_what_is_not_finite_is_nan():
    found = signs(torch.diag(torch.tensor([1.0, -1.0, 1e-18, -1e-18]).double()), 1e-16)
    assert float(found["fraction_positive"]) == 0.5 and float(found["fraction_zero"]) == 0.5 and float(found["trace_over_norm"]) == 0
    zero = signs(torch.zeros(3, 3).double(), 1e-16)
    assert float(zero["fraction_positive"]) == 0.5 and torch.isnan(zero["trace_over_norm"])
    assert all(torch.isnan(v) for v in signs(torch.full((2, 2), torch.nan).double(), 1e-16).values())


def test_the_penalty_is_left_out():
    with_penalty, without = la.probes.goldilocks(toy(penalty=3.0), d=5), la.probes.goldilocks(toy(), d=5)
    point = toy().params
    assert float(with_penalty(point)["trace_over_norm"]) == float(without(point)["trace_over_norm"])


def test_fresh_networks_are_he_normal_seeded_and_leave_everything_as_it_was():
    objective = toy(bn=True)
    before = {n: t.clone() for n, t in objective.point().items()}
    state = torch.get_rng_state()
    point, kept = initialized(objective, 0)
    again, other = initialized(objective, 0)[0], initialized(objective, 0, 1)[0]
    assert torch.equal(state, torch.get_rng_state()) and all(torch.equal(before[n], t) for n, t in objective.point().items())
    assert not kept and all(torch.equal(point[n], again[n]) for n in point) and not torch.equal(point["0.weight"], other["0.weight"])
    assert not point["0.bias"].any() and (point["1.weight"] == 1).all() and not point["1.running_mean"].any()
    wide = la.Objective.from_module(nn.Linear(400, 300), (torch.zeros(2, 400), torch.tensor([0, 1])), "cross_entropy")
    assert np.isclose(float(initialized(wide, 0)[0]["weight"].std()), (2 / 400) ** 0.5, rtol=0.01)


def test_what_no_layer_knows_how_to_draw_is_named():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.head = nn.Parameter(torch.ones(4)), nn.Linear(4, 2)

        def forward(self, x):
            return self.head(x * self.token)

    objective = la.Objective.from_module(Own(), (torch.randn(5, 4), torch.zeros(5, dtype=torch.long)), "cross_entropy",
                                         layout={"token": "zero"})
    point, kept = initialized(objective, 0)
    assert kept == ["token"] and torch.equal(point["token"], objective.params["token"])
    assert "no layer says how to draw token" in rays(objective, 2).describe()["notes"][0]


def test_radii_multiply_all_but_normalization_and_one_is_the_initialization():
    objective = toy(bn=True)
    family = rays(objective, 2, seed=4)
    at = {r: family(torch.tensor([1.0, r], dtype=torch.float64)) for r in (1.0, 3.0)}
    start = initialized(objective, 4, 1)[0]
    assert all(torch.equal(at[1.0][n], start[n]) for n in start)
    for name in start:
        factor = 1.0 if name.startswith("1.") else 3.0
        assert torch.allclose(at[3.0][name], factor * start[name]), name


def test_a_result_is_a_scan_that_resumes_and_is_drawn(tmp_path):
    objective = toy()
    store = tmp_path / "a.zarr" / "zone"
    said = []
    ds = la.goldilocks(objective, [0.5, 1.0, 2.0], d=6, repeats=3, store=store, on_event=said.append)
    assert said[0].points == 9 and said[0].megabytes * 1e6 > 51 * 6 * 8  # the plane, at least
    assert ds.attrs["kind"] == "scan" and ds.attrs["subspace"] == 6 and dict(ds.sizes) == {"repeat": 3, "radius": 3}
    assert np.allclose(ds["fraction_positive_stderr"], ds["fraction_positive"].std("repeat", ddof=1) / 3**0.5)
    assert not [name for name in ds.data_vars if name.startswith("center_")]
    again = la.goldilocks(objective, [0.5, 1.0, 2.0], d=6, repeats=3, store=store)
    assert again.identical(ds.assign_attrs(again.attrs)) and len({float(v) for v in ds["norm"].sel(radius=1)}) == 3
    stored = la.open(store)
    for result in (ds, stored):
        assert [panel.y.label for panel in la.figures.scan(result).panels] == [
            "share of positive eigenvalues", "trace / Frobenius norm", "cross-entropy loss"]
    own = la.goldilocks(objective, [1.0], d=6, weights="own")
    assert np.isclose(float(own["loss"][0]), float(objective.value())) and "network's own weights" in own.attrs["notes"][0]
    with pytest.raises(la.SpecMismatch):
        la.goldilocks(objective, [0.5, 1.0, 2.0], d=5, repeats=3, store=store)


def test_digits_have_a_bump_near_the_radius_of_the_initialization():
    """METHODS E5: on centred digits, between 1 and 3 times the He radius; about one half inside."""
    source = la.zoo.read("digits")
    x, y = la.zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    objective = la.Objective.from_module(la.zoo.build("digits_mlp"), (x[:300], y[:300]), "cross_entropy", batch_size=300)
    ds = la.goldilocks(objective, [0.3, 1.5, 10.0], d=40, repeats=3)
    share, ratio = (ds[name].mean("repeat").values for name in ("fraction_positive", "trace_over_norm"))
    error = ds["trace_over_norm_stderr"].values
    assert ratio[1] > 2.5 and ratio[0] < 1.2 and ratio[1] - ratio[2] > 3 * error.max() and ratio[1] - ratio[0] > 3 * error.max()
    assert share[1] > share[0] + 0.05 and share[1] > share[2] + 0.03 and abs(share[0] - 0.5) < 0.08


@pytest.mark.parametrize(("options", "words"), [
    ({"radii": [1.0, 0.5]}, "positive increasing"), ({"radii": [0.0, 1.0]}, "positive increasing"), ({"d": 1}, "from 2 to the 51"),
    ({"d": 52}, "from 2 to the 51"), ({"weights": "old"}, "expected one of fresh, own"), ({"repeats": 0}, "at least 1"),
    ({"weights": "own", "repeats": 2}, "there is one network")])
def test_what_cannot_be_measured_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        la.goldilocks(toy(), **options)


def test_an_objective_is_asked_for():
    with pytest.raises(InputError, match="of a train/test pair, one of the two"):
        la.goldilocks({"train": toy()})


@pytest.mark.parametrize("d", [5, 20, 60])
def test_a_random_plane_sees_the_ratio_of_the_whole_space_as_methods_say(d):
    """METHODS 3.7: about √d·ρ/√(ρ² + d + 1), never above √d."""
    n, draws = 3000, torch.Generator().manual_seed(d)
    values = torch.linspace(-0.5, 1.0, n).double() ** 3
    rho = float(values.sum() / values.norm())
    seen = []
    for _ in range(20):
        basis = torch.linalg.qr(torch.randn(n, d, generator=draws, dtype=torch.float64))[0]
        seen.append(float(signs(basis.T @ (values[:, None] * basis), 1e-16)["trace_over_norm"]))
    assert np.mean(seen) == pytest.approx(d**0.5 * rho / (rho**2 + d + 1) ** 0.5, rel=0.08) and max(seen) <= d**0.5
