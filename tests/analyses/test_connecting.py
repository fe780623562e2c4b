"""Connections: what they find on a ring, whether they say so honestly, and everything along them."""

import math
from functools import partial

import cases
import numpy as np
import pytest
import torch
from oracles import Surface

import lossatlas as la
from lossatlas.analyses.connecting import annealed, settling
from lossatlas.analyses.fge import triangle

ADAM = partial(torch.optim.Adam, lr=0.02)


def ring(outputs, targets):
    """(u² + v² − 1)², for every example."""
    return outputs


@pytest.fixture(scope="module")
def circle():
    def height(u, v, x):
        return x * (u * u + v * v - 1) ** 2

    return la.Objective.from_module(Surface(height), (torch.ones(8, dtype=torch.float64), torch.zeros(8)), ring, batch_size=8,
                                    layout={"uv": None})


def place(u, v):
    return {"uv": torch.tensor([u, v], dtype=torch.float64)}


A, B = place(1.0, 0.0), place(0.0, 1.0)


@pytest.mark.parametrize(("method", "below"), [("line", 0.26), ("bezier", 0.01), ("polychain", 0.02)])
def test_paths_on_a_ring(circle, method, below):
    """The line passes the middle at a height of 1/4; the curves go around."""
    more = {} if method == "line" else {"steps": 300, "optimizer": ADAM}
    found = la.connect(circle, A, B, method=method, **more)
    ds = la.barrier(circle, found, points=41)
    assert found.converged and found.record["why"] == ""
    assert float(ds["value"]) < below and found.saddle == pytest.approx(float(ds["loss_max"]), abs=2e-3)
    assert (float(ds["value"]) == pytest.approx(0.25)) == (method == "line")
    assert ds.attrs["kind"] == "path" and ds.attrs["method"] == method
    for t, end in ((0.0, A), (1.0, B)):
        assert torch.equal(found(torch.tensor([t], dtype=torch.float64))["uv"], end["uv"])
    assert found.spec() == found.path.spec() and found.dims == ("t",)


def test_the_same_seed_the_same_bytes_and_events_are_told(circle):
    told = []
    one, same, other = (la.connect(circle, A, B, steps=40, optimizer=ADAM, seed=seed, on_event=told.append) for seed in (3, 3, 4))
    middle = [found.path.controls[1]["uv"] for found in (one, same, other)]
    assert torch.equal(middle[0], middle[1]) and not torch.equal(middle[0], middle[2])
    assert {event.step for event in told if hasattr(event, "step")} == set(range(41))


def test_a_search_that_ended_too_early_says_so(circle):
    with pytest.warns(RuntimeWarning, match=r"not converged after 300 steps \(the loss along it still fell\).*more steps, such as 600"):
        found = la.connect(circle, A, B, steps=300, optimizer=partial(torch.optim.SGD, lr=0.01))
    assert not found.converged and found.record["settling"]["fell"] > 2 * found.record["settling"]["fell_stderr"]
    with pytest.warns(RuntimeWarning, match=r"not converged after 20 steps \(too few steps to tell"):
        la.connect(circle, A, B, steps=20, optimizer=ADAM)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_has_settled(seed):
    """Losses that depend on the place much more than they fall; the fall that is found is the true one within its error."""
    random = np.random.default_rng(seed)
    at, steps = random.uniform(size=1000), np.arange(1000)
    hill = np.sin(np.pi * at)
    noise = random.normal(0, 1, 1000)
    still, told = settling(hill + 0.005 * noise, at, 1.0)
    assert still and abs(told["fell"]) < 4 * told["fell_stderr"]
    assert not settling(hill + 0.5 * noise, at, 1.0)[0], "noise hides a fall, and does not show that there is none"
    falls, told = settling(hill - 0.4 * steps / 1000 + random.normal(0, 0.05, 1000), at, 1.0)
    assert not falls and told["fell"] == pytest.approx(0.1, abs=4 * told["fell_stderr"])
    quick = np.exp(-steps / 50)
    assert settling(quick, at, 1.0)[0] and not settling(np.where(steps < 999, 1.0, np.nan), at, 1.0)[0] and not settling([], [], 1.0)[0]
    factors = [annealed(step, steps=1000) for step in (0, 500, 700, 899, 900, 999)]
    assert factors == pytest.approx([1, 1, 0.505, 0.012475, 0.01, 0.01])


def test_a_diverged_curve_is_no_path(circle):
    with pytest.warns(RuntimeWarning):
        found = la.connect(circle, A, B, steps=60, optimizer=partial(torch.optim.SGD, lr=1e6))
    assert not found.converged and "loss is" in found.record["why"]


def test_decay_acts_on_the_point_of_the_curve(circle):
    """A strong penalty on θ(t) draws the curve to the origin, for which its control goes beyond; one on the control would not."""
    found = la.connect(circle, A, B, steps=200, optimizer=partial(torch.optim.SGD, lr=0.02, weight_decay=20.0), on_event=print)
    control = found.path.controls[1]["uv"]
    assert (control < -0.2).all()


def test_different_architectures_are_refused_with_the_difference():
    objective = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    wide, other = (la.Objective.from_module(model, cases.blobs(), "cross_entropy").point() for model in (cases.mlp(h=9), cases.mlp(seed=1)))
    with pytest.raises(la.InputError, match=r"point b is a point of another network: '0.weight' has shape \(9, 6\); expected \(8, 6\)"):
        la.connect(objective, objective.point(), wide)
    with pytest.raises(la.InputError, match=r"lacks '3.weight'.* has unknown 'x'"):
        la.connect(objective, objective.point(), {**{n: t for n, t in objective.point().items() if n != "3.weight"}, "x": torch.ones(2)})
    for more, words in (({"method": "bezir"}, "did you mean 'bezier'"), ({"method": "line", "steps": 5}, "steps is given, which method"),
                        ({"method": "autoneb", "bends": 2}, "bends is given, which method 'autoneb'"), ({"bends": 0}, "nothing to train")):
        with pytest.raises(la.InputError, match=words):
            la.connect(objective, objective.point(), other, **more)
    with pytest.raises(la.InputError, match="points a and b are the same"):
        la.connect(objective, objective.point(), objective.point())
    with pytest.raises(la.InputError, match="objective is a int"):
        la.connect(3, objective.point(), objective.point())


@pytest.mark.parametrize("interrupted", [False, True])
def test_nothing_of_the_users_changes_whatever_is_looked_for(interrupted):
    """Weights, statistics, gradients, modes, flags, points and random states: when a search ends, and when Ctrl-C ends it."""
    model = cases.convbn().train()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    model[8].bias.requires_grad_(False)
    x, y = cases.images()
    objective = la.Objective.from_module(model, (x[:16], y[:16]), "cross_entropy", batch_size=8)
    a, b = ({n: t.clone() for n, t in la.Objective.from_module(cases.convbn(seed=s), (x, y), "cross_entropy").point().items()}
            for s in (1, 2))

    def state():
        tensors = [*model.state_dict().values(), *a.values(), *b.values(), x, torch.get_rng_state(), model[0].weight.grad]
        told = [module.training for module in model.modules()], [(p.requires_grad, p.grad is None) for p in model.parameters()]
        return [tensor.clone() for tensor in tensors], told

    def tell(*told):
        if interrupted and getattr(told[0], "step", told[0]) == 3:
            raise KeyboardInterrupt

    searches = [partial(la.connect, objective, a, b, method=method, steps=8, on_event=tell)
                for method in ("bezier", "neb")]
    searches += [partial(la.fast_geometric, objective, a, members=2, cycle=4, rates=(0.01, 0.001), on_event=tell),
                 partial(la.bad_minimum, objective, (x[16:], y[16:]), init=a, steps=5, hooks=[tell])]
    tensors, told = state()
    for search in searches:
        try:
            search()
            assert not interrupted, search.func.__name__
        except KeyboardInterrupt:
            assert interrupted
        after, now = state()
        assert now == told and all(map(torch.equal, tensors, after)), search


# ---- everything along a path ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    train = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy", batch_size=25)
    ends = [la.fit(train, init=la.Objective.from_module(cases.mlp(seed=seed), cases.blobs(), "cross_entropy").point(),
                   optimizer=partial(torch.optim.Adam, lr=0.02), steps=100).point for seed in (1, 2)]
    return {"train": train, "test": train.with_data(cases.blobs(seed=7))}, ends


def test_the_profile_of_a_path(trained, tmp_path):
    both, ends = trained
    found = la.connect(both, *ends, steps=60, optimizer=ADAM, on_event=lambda event: None)
    ds = la.path_profile(both, found, points=7, names=("one", "two"), store=tmp_path / "s.zarr" / "p")
    again = la.open(tmp_path / "s.zarr" / "p")
    assert again.attrs["kind"] == "path" and again["loss"].equals(ds["loss"]) and again["reference"].values.tolist() == ["one", "two"]
    assert ds["loss"].dims == ("t", "split") and set(np.linspace(0, 1, 7)) <= set(ds["t"].values)
    straight = la.barrier(both, *ends, points=7, refine=True)
    for split in ("train", "test"):
        numbers = ds.attrs["barriers"]["line"][split]
        assert numbers["loss_barrier"] == pytest.approx(float(straight["value"].sel(split=split)), rel=1e-6)
        own = ds.attrs["barriers"]["path"][split]["loss_max"]
        assert own == pytest.approx(float(ds["loss"].sel(split=split).max()), rel=1e-9)
    for which in ("loss", "line_loss", "error", "line_error"):
        assert ds[which].sel(t=0).values == pytest.approx(ds[which.removeprefix("line_")].sel(t=0).values)
        assert bool(ds[which].notnull().all())
    apart = ds["disagreement"].sel(split="test")
    assert float(apart.sel(t=0, reference="one")) == 0 == float(apart.sel(t=1, reference="two"))
    assert float(apart.sel(t=1, reference="one")) == float(apart.sel(t=0, reference="two"))
    assert ds["nll"].values == pytest.approx(ds["loss"].values, rel=1e-5)
    with pytest.raises(la.StoreError, match="holds a result already"):
        la.path_profile(both, found, points=7, store=tmp_path / "s.zarr" / "p")
    with pytest.raises(la.InputError, match="path_profile got dict"):
        la.path_profile(both, ends[0])


# ---- the plane of a path -------------------------------------------------------------------------------------------


def test_the_plane_of_one_bend_holds_it(trained):
    both, ends = trained
    bend = {name: tensor + 0.3 for name, tensor in ends[0].items()}
    path = la.Path((ends[0], bend, ends[1]))
    plane = la.path_plane(path)
    assert plane.about["holds"] == 1 and plane.about["off_plane"] == 0
    over = la.path_on_plane(path, plane, both["train"], points=5)
    assert over.attrs["kind"] == "path" and float(over["off_slice"].max()) < 1e-5 * plane.about["unit"]
    assert over["loss"].values == pytest.approx(over["plane_loss"].values, rel=1e-4)
    weights = path.weights(torch.tensor(0.25, dtype=torch.float64)).numpy()
    assert [float(over[dim][1]) for dim in plane.dims] == pytest.approx(weights[1] * plane.given[2] + weights[2] * plane.given[1], abs=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_plane_of_a_curve_in_space_holds_most_of_it(seed):
    """Against the exact share: of what is off the chord, the largest eigenvalue of its second moments."""
    made = cases.gen(seed)
    controls = [{"w": torch.randn(6, generator=made, dtype=torch.float64)} for _ in range(5)]
    path = la.Path(tuple(controls), "polychain")
    plane = la.path_plane(path)
    points = torch.stack([path(torch.tensor([t], dtype=torch.float64))["w"] for t in np.linspace(0, 1, 61)])
    chord = points[-1] - points[0]
    off = (points - points[0])[1:-1]
    off = off - (off @ chord)[:, None] * chord / (chord @ chord)
    values, vectors = torch.linalg.eigh(off.T @ off)
    assert plane.about["holds"] == pytest.approx(float(values[-1] / values.sum()), rel=1e-9)
    residual = float((off - (off @ vectors[:, -1:]) * vectors[:, -1]).norm(dim=1).max())
    assert plane.about["off_plane"] == pytest.approx(residual / float(off.norm(dim=1).max()), rel=1e-6)
    over = la.path_on_plane(path, plane, points=61)
    assert float(over["off_slice"].max()) == pytest.approx(residual, rel=1e-6)
    assert float(over["beta"].max()) > 0
    with pytest.raises(la.InputError, match="the path is straight"):
        la.path_plane(la.Path((controls[0], controls[1])))


# ---- fast geometric ensembling -------------------------------------------------------------------------------------


def test_members_are_kept_where_the_rate_is_lowest(trained):
    train = trained[0]["train"]
    members = la.fast_geometric(train, trained[1][0], members=3, cycle=4, rates=(0.05, 0.005), momentum=0.0, seed=5)
    assert len(members) == 3
    schedule = partial(triangle, cycle=4, low=0.1)
    seen = {}

    def keep(step, point, state):
        seen[step] = {name: tensor.clone() for name, tensor in point.items()}

    la.fit(train, init=trained[1][0], optimizer=partial(torch.optim.SGD, lr=0.05), steps=10, seed=5, hooks=[keep],
           schedule=lambda step: schedule(step + 1))
    for member, step in zip(members, (2, 6, 10), strict=True):
        assert all(torch.equal(member[name], seen[step][name]) for name in train.params)
    assert [triangle(step, 4, 0.1) for step in range(1, 9)] == pytest.approx([0.55, 0.1, 0.55, 1.0] * 2)
    for more, words in (({"members": 0}, "members is 0"), ({"cycle": 3}, "cycle is 3; expected an even number"),
                        ({"rates": (0.1, 0.2)}, "expected the largest and the smallest")):
        with pytest.raises(la.InputError, match=words):
            la.fast_geometric(train, trained[1][0], **more)
    assert math.isclose(len(la.fast_geometric(train, trained[1][0], members=1)), 1)
