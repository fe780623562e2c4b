"""Every operator and backend against dense autograd in float64: uneven batches, unused, tied and masked parameters, every policy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la
from lossatlas.errors import InputError

BACKENDS = ("linearized", "retained", "forward", "reverse")


def gen(seed=0):
    return torch.Generator().manual_seed(seed)


def seeded(make, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().double()


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.never, self.b = nn.Linear(4, 5), nn.Linear(3, 2), nn.Linear(5, 3)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
        self.b.weight = self.a.weight

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(2, 2, batch_first=True), nn.Linear(2, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.qkv, self.head = nn.Embedding(5, 2), nn.Linear(2, 6), nn.Linear(2, 5)

    def forward(self, x):
        q, k, v = self.qkv(self.embed(x)).chunk(3, -1)
        return self.head(F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Reads(nn.Module):
    """Branches on the values of its input, so that a recording serves one batch only."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x):
        h = self.a(x)
        return self.b(torch.tanh(h) if bool(x.sum() > 0) else h.sigmoid())


def convbn():
    return nn.Sequential(nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2), nn.Tanh(), nn.Flatten(), nn.Linear(2 * 4, 3))


def mlp():
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))


def vectors(n=7, d=4, classes=3, seed=1):
    return torch.randn(n, d, generator=gen(seed)).double(), torch.randint(classes, (n,), generator=gen(seed + 1))


def own_loss(outputs, targets):
    """Not a loss of ours: per-example, weighted."""
    return (outputs - torch.eye(3).double()[targets]).pow(4).sum(1), 1.0 + targets.double()


def cases():
    x, y = vectors()
    images = torch.randn(7, 2, 4, 4, generator=gen(3)).double()
    tokens = torch.randint(5, (7, 5), generator=gen(4))
    labels = tokens.clone()
    labels[0, 3:], labels[2, 2] = -100, -100
    partly = y.clone()
    partly[3] = -100
    return {
        "mlp": (mlp, (x, y), "cross_entropy", {}),
        "one example not counted": (mlp, (x, partly), "cross_entropy", {}),
        "mse": (mlp, (x, torch.randn(7, 3, generator=gen(5)).double()), "mse", {}),
        "bce": (mlp, (x, torch.rand(7, 3, generator=gen(6)).double()), "bce", {}),
        "probabilities": (mlp, (x, torch.softmax(torch.randn(7, 3, generator=gen(7)).double(), 1)), "cross_entropy", {}),
        "own loss": (mlp, (x, y), own_loss, {}),
        "penalty": (mlp, (x, y), "cross_entropy", {"penalty": 0.3}),
        "own penalty": (mlp, (x, y), "cross_entropy", {"penalty": lambda p: sum(t.pow(4).sum() for t in p.values())}),
        "unused": (Unused, (x, y), "cross_entropy", {}),
        "tied": (Tied, (x, torch.randint(4, (7,), generator=gen(8))), "cross_entropy", {}),
        "branch": (Reads, (x, y), "cross_entropy", {}),
        "convbn eval": (convbn, (images, y), "cross_entropy", {"bn": "eval"}),
        "convbn batch": (convbn, (images, y), "cross_entropy", {"bn": "batch"}),
        "convbn recompute": (convbn, (images, y), "cross_entropy", {"bn": "recompute"}),
        "lstm": (Lstm, (torch.randn(7, 2, 2, generator=gen(9)).double(), y), "cross_entropy", {}),
        "attention": (Attention, (tokens, labels), "causal_lm", {}),
    }


NAMES = list(cases())


def objective(name):
    make, data, loss, options = cases()[name]
    made = seeded(make)
    if "convbn" in name:  # statistics that are not 0 and 1
        made.train()
        made(data[0])
    return la.Objective.from_module(made.eval(), data, loss, batch_size=4, **options)


def flat(o):
    return torch.cat([p.reshape(-1) for p in o.params.values()])


def cut(o, v):
    pieces = v.split([p.numel() for p in o.params.values()])
    return {n: piece.reshape(p.shape) for (n, p), piece in zip(o.params.items(), pieces, strict=True)}


def dense(o):
    """The Hessian of ``value`` by double backward, row by row."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    theta = flat(o).clone().requires_grad_()
    with sdpa_kernel(SDPBackend.MATH):
        rest = {n: t for n, t in o.point().items() if n not in o.params}
        (g,) = torch.autograd.grad(o.value({**rest, **cut(o, theta)}), theta, create_graph=True)
        rows = [torch.autograd.grad(gi, theta, retain_graph=True, allow_unused=True)[0] if gi.requires_grad else None for gi in g]
    return torch.stack([torch.zeros_like(theta) if r is None else r for r in rows]).detach()


def whole(op):
    return op @ torch.eye(op.shape[0], dtype=op.dtype)


def some(op):
    """Six random directions: two matrices that differ anywhere differ in their products with them."""
    return torch.randn(op.shape[0], 6, generator=gen(5)).to(op.dtype)


@pytest.mark.parametrize("name", NAMES)
def test_the_hessian_is_that_of_dense_autograd_by_every_backend(name):
    o = objective(name)
    truth, ran = dense(o), []
    for backend in (*BACKENDS, "auto"):
        op = la.hessian(o, backend=backend)
        try:
            found = op @ some(op)
        except InputError as error:
            refused = {"lstm": ("linearized", "forward"), "branch": ("linearized",)}  # no forward mode on a CPU; values cannot be recorded
            assert backend in refused.get(name, ()), f"{backend}: {error}"
            continue
        torch.testing.assert_close(found, truth @ some(op), rtol=1e-8, atol=1e-10 * float(truth.abs().max()))
        assert op.products == 6 and op.describe()["operator"] == "hessian"
        ran.append(backend)
    assert {"retained", "reverse", "auto"} <= set(ran)


def jacobian(o, f):
    theta = flat(o).clone()
    return torch.autograd.functional.jacobian(lambda t: f(cut(o, t)), theta)


def answers(o):
    """All outputs, flat, as a function of parameters."""
    rest = {n: t for n, t in o.point().items() if n not in o.params}
    return lambda p: torch.cat([o._call(o.prepare({**rest, **p}).tensors, b.value).reshape(b.size, -1) for b in o.data])


@pytest.mark.parametrize("name", ["mlp", "one example not counted", "mse", "bce", "probabilities", "own loss", "penalty", "unused", "tied",
                                  "convbn eval", "convbn batch", "attention", "lstm"])
def test_gauss_newton_is_j_transposed_h_j(name):
    o = objective(name)
    j = jacobian(o, answers(o))  # (n, outputs, parameters)
    with torch.no_grad():
        z = answers(o)(o.params)
    first = next(iter(o.data)).value
    shape = o._call(o.prepare(o.point()).tensors, first).shape[1:]
    targets = torch.cat([b.value[-1] for b in o.data])

    def total(flat_outputs):
        answer = o.loss(flat_outputs.reshape(len(z), *shape), targets)
        losses, weights = answer if isinstance(answer, tuple) else (answer, torch.ones(len(z), dtype=z.dtype))
        return (losses * weights).sum() / weights.sum()

    h = torch.autograd.functional.hessian(total, z.reshape(-1))
    jj = j.reshape(-1, j.shape[-1])
    truth = jj.T @ h @ jj
    if name == "penalty":
        truth = truth + 0.3 * torch.eye(len(truth), dtype=truth.dtype)
    for backend in BACKENDS:
        if name == "lstm" and backend in ("linearized", "forward"):
            continue
        op = la.ggn(o, backend=backend)
        torch.testing.assert_close(op @ some(op), truth @ some(op), rtol=1e-8, atol=1e-10 * float(truth.abs().max()))
    if name != "own loss":
        torch.testing.assert_close(whole(la.fisher(o)), truth - (0.3 * torch.eye(len(truth)).double() if name == "penalty" else 0),
                                   rtol=1e-8, atol=1e-10 * float(truth.abs().max()))


@pytest.mark.parametrize("name", ["mlp", "own loss", "attention", "convbn eval", "penalty", "one example not counted"])
def test_second_moments_of_gradients(name):
    o = objective(name)
    rest = {n: t for n, t in o.point().items() if n not in o.params}

    def losses(p):
        prepared = o.prepare({**rest, **p})
        return torch.cat([o._losses(prepared, b)[1] for b in o.data])

    w = torch.cat([torch.ones(b.size).double() if (s := o._losses(o.prepare(o.point()), b)[2]) is None else s for b in o.data])
    g = jacobian(o, losses)
    moment = (g.T * w) @ g / w.sum()
    mean = (w @ g) / w.sum()
    for backend in BACKENDS:
        op = la.empirical_fisher(o, backend=backend)
        torch.testing.assert_close(op @ some(op), moment @ some(op), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(whole(la.gradient_covariance(o)), moment - torch.outer(mean, mean), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("name", ["mlp", "mse", "bce", "attention"])
def test_sampled_labels_give_the_exact_fisher_in_the_mean(name):
    o = objective(name)
    columns = torch.eye(la.fisher(o).shape[0], dtype=torch.float64)[:, ::3]
    exact = la.fisher(o) @ columns
    drawn = [la.fisher(o, labels="sampled", samples=4, seed=s, backend="retained") @ columns for s in range(12)]
    mean, error = torch.stack(drawn).mean(0), torch.stack(drawn).std(0) / 12**0.5
    assert float((mean - exact).norm() / exact.norm()) < 0.5
    assert 0.4 * float(error.norm()) < float((mean - exact).norm()) < 2 * float(error.norm())
    assert not torch.equal(drawn[0], drawn[1])
    same = la.fisher(o, labels="sampled", samples=4, seed=0, backend="linearized") @ columns
    torch.testing.assert_close(same, drawn[0], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["mlp", "convbn eval", "attention"])
def test_the_tangent_kernel(name):
    o = objective(name)
    j = jacobian(o, answers(o))
    j = j.reshape(-1, j.shape[-1])
    for backend in BACKENDS:
        op = la.ntk(o, backend=backend)
        torch.testing.assert_close(op @ some(op), j @ j.T @ some(op), rtol=1e-8, atol=1e-10)


def test_a_part_of_the_parameters_gives_a_block_and_a_family_a_projection():
    o = objective("mlp")
    truth, names, sizes = dense(o), list(o.params), [p.numel() for p in o.params.values()]
    starts = dict(zip(names, torch.tensor([0, *sizes]).cumsum(0).tolist(), strict=False))
    block = torch.arange(starts["2.weight"], starts["2.weight"] + o.params["2.weight"].numel())
    torch.testing.assert_close(whole(la.hessian(o, params="2.weight")), truth[block][:, block], rtol=1e-8, atol=1e-10)
    mask = torch.rand(o.params["0.weight"].shape, generator=gen(1)) > 0.5
    places = mask.reshape(-1).nonzero()[:, 0]
    op = la.hessian(o, params={"0.weight": mask})
    torch.testing.assert_close(whole(op), truth[places][:, places], rtol=1e-8, atol=1e-10)
    assert torch.equal(op.unravel(torch.ones(op.shape[0]).double())["0.weight"] != 0, mask)
    plane = la.random_slice(o, seed=3)
    p = torch.stack([torch.cat([axis[n].reshape(-1) if n in axis else torch.zeros(o.params[n].numel()).double() for n in names])
                     for axis in plane.axes], 1)
    within = la.restricted(la.hessian(o), plane)
    torch.testing.assert_close(within.dense(), p.T @ truth @ p, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(within @ torch.eye(2).double(), p.T @ truth @ p, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(within.dense().numpy(), la.slice_hessian(o, plane)["hessian"], rtol=1e-7, atol=1e-9)


def test_another_point_is_the_objective_moved_there():
    o = objective("convbn eval")
    there = {n: t + 0.1 * torch.randn(t.shape, generator=gen(2)).double() if n in o.params else t for n, t in o.point().items()}
    theta = torch.cat([there[n].reshape(-1) for n in o.params]).requires_grad_()
    rest = {n: t for n, t in there.items() if n not in o.params}
    (g,) = torch.autograd.grad(o.value({**rest, **cut(o, theta)}), theta, create_graph=True)
    truth = torch.stack([torch.autograd.grad(gi, theta, retain_graph=True)[0] for gi in g])
    torch.testing.assert_close(whole(la.hessian(o, there)), truth, rtol=1e-8, atol=1e-9)


def test_finite_differences_agree_on_smooth_networks_and_refuse_others():
    o = objective("unused")
    torch.testing.assert_close(whole(la.hessian(o, backend="finite")), dense(o), rtol=1e-4, atol=1e-6)
    with pytest.raises(InputError, match="relu"):
        whole(la.hessian(objective("mlp"), backend="finite"))


def test_memory_bounds_what_is_kept_and_says_so():
    o = objective("convbn eval")
    free = la.hessian(o)
    free.prepare()
    tight = la.hessian(o, memory=10)
    torch.testing.assert_close(whole(tight), whole(free), rtol=1e-8, atol=1e-10)
    assert not tight.choice.kept and tight.choice.nbytes == 0 and "too large" in tight.choice.why
    with pytest.raises(la.LossAtlasError, match="larger memory"):
        whole(la.hessian(o, backend="retained", memory=10))


def test_nothing_of_the_users_is_touched():
    made = seeded(convbn).train()
    x, y = torch.randn(11, 2, 4, 4, generator=gen(3)).double(), torch.randint(3, (11,), generator=gen(4))
    before = {n: t.clone() for n, t in made.state_dict().items()}
    for bn in ("eval", "batch", "recompute"):
        o = la.Objective.from_module(made, (x, y), "cross_entropy", batch_size=4, bn=bn)
        state = torch.get_rng_state()
        with torch.no_grad():
            whole(la.hessian(o))
            whole(la.ggn(o))
        assert torch.equal(state, torch.get_rng_state())
    assert made.training and all(p.grad is None and p.requires_grad for p in made.parameters())
    assert all(torch.equal(t, before[n]) for n, t in made.state_dict().items())


@pytest.mark.parametrize("call, words", [
    (lambda o: la.hessian("model"), "expected an Objective"),
    (lambda o: la.hessian({"train": o}), "of a train/test pair"),
    (lambda o: la.hessian(o, params="nothing.*"), "no parameter matches"),
    (lambda o: la.hessian(o, params={"0.weight": torch.ones(2, 2)}), "expected torch.bool"),
    (lambda o: la.hessian(o, params={"0.wieght": torch.ones(2, 2)}), "did you mean"),
    (lambda o: la.hessian(o, backend="fast"), "backend is 'fast'"),
    (lambda o: la.hessian(o, memory=-1), "memory is -1"),
    (lambda o: la.hessian(o) @ torch.ones(3), "expected"),
    (lambda o: la.hessian(o) @ torch.ones(la.hessian(o).shape[0]), "float64"),
    (lambda o: la.hessian(o.training()), "training view"),
    (lambda o: la.fisher(o, labels="sampeld"), "did you mean 'sampled'"),
    (lambda o: la.fisher(objective("own loss")), "distribution of labels"),
])
def test_bad_input(call, words):
    with pytest.raises(InputError, match=words):
        call(objective("mlp"))


def test_scipy_finds_the_same_eigenvalues():
    from scipy.sparse.linalg import eigsh

    o = objective("mlp")
    found = eigsh(la.hessian(o).to_scipy(), k=3, which="LA", return_eigenvectors=False)
    np.testing.assert_allclose(np.sort(found)[::-1], np.linalg.eigvalsh(dense(o).numpy())[::-1][:3], rtol=1e-8)


def test_a_tight_bound_cuts_the_batches_and_changes_no_value():
    x, y = torch.randn(90, 4, generator=gen(1)).double(), torch.randint(3, (90,), generator=gen(2))
    o = la.Objective.from_module(seeded(mlp), (x, y), "cross_entropy", batch_size=40)
    free, tight = la.hessian(o, memory=1e9), la.hessian(o, memory=20_000)
    torch.testing.assert_close(whole(tight), whole(free), rtol=1e-9, atol=1e-12)
    assert free.choice.batching.micro_batch is None and 1 <= tight.choice.batching.micro_batch < 40
    assert sum(batch.size for batch in tight.problem.batches) == 90
    images = torch.randn(22, 2, 4, 4, generator=gen(3)).double()
    by_batch = la.Objective.from_module(seeded(convbn), (images, y[:22]), "cross_entropy", batch_size=11, bn="batch")
    assert la.hessian(by_batch, memory=1000).prepare().batching.micro_batch is None  # there the batch size is the definition
