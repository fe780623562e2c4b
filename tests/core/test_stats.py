"""Point 8: means and standard errors from sums, against numpy; groups; additivity over any cut."""

import cases
import numpy as np
import oracles
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lossatlas as la
from lossatlas.numerics.stats import GROUPS, group_means, group_sums, mean, stderr, sums


def in_parts(v, w, cuts):
    total, start = None, 0
    for stop in [*cuts, len(v)]:
        if stop > start:
            part = sums("x", v[start:stop], None if w is None else w[start:stop])
            part = type(part)({**part, **group_sums("x", v[start:stop], None if w is None else w[start:stop], start)})
            total = part if total is None else total + part
        start = stop
    return total


@given(st.integers(2, 70), st.integers(0, 10**6), st.lists(st.integers(1, 60), max_size=4), st.booleans())
@example(64, 0, [16, 48], False)  # batches of whole rounds through the groups
@settings(max_examples=60, deadline=None)
def test_mean_and_stderr_against_numpy_however_the_data_are_cut(n, seed, cuts, weighted):
    g = cases.gen(seed)
    v = torch.randn(n, generator=g) * 3 + 5
    w = torch.randint(1, 9, (n,), generator=g).float() if weighted else None
    total = in_parts(v, w, sorted(c for c in cuts if c < n))
    wide = v.double().numpy()
    weights = np.ones(n) if w is None else w.double().numpy()
    assert float(mean(total, "x")) == pytest.approx(np.average(wide, weights=weights), rel=1e-12)
    expected = oracles.ratio_stderr(wide, weights)
    rounding = 1e-15 * np.mean(wide) ** 2 / max(expected, 1e-8)  # of the sums of squares, as float64 has it
    assert float(stderr(total, "x")) == pytest.approx(expected, rel=1e-9, abs=rounding)
    if w is None:
        assert float(stderr(total, "x")) == pytest.approx(wide.std(ddof=1) / np.sqrt(n), rel=1e-9, abs=rounding)
    with np.errstate(invalid="ignore"):
        groups = [np.sum((wide * weights)[g::GROUPS]) / np.sum(weights[g::GROUPS]) if g < n else np.nan for g in range(GROUPS)]
    assert np.allclose(group_means(total, "x").numpy(), groups, equal_nan=True, rtol=1e-12)


def test_zero_weights_do_not_count_even_where_the_loss_is_nan():
    v, w = torch.tensor([1.0, float("nan"), 3.0]), torch.tensor([1.0, 0.0, 3.0])
    total = in_parts(v, w, [])
    assert float(mean(total, "x")) == 2.5 and np.isfinite(float(stderr(total, "x")))
    assert float(group_means(total, "x")[0]) == 1.0


def test_one_example_has_no_standard_error():
    assert np.isnan(float(stderr(sums("x", torch.ones(1)), "x")))


def test_equal_values_have_none_at_all():
    assert float(stderr(sums("x", torch.full((1000,), 0.1)), "x")) < 1e-9


def test_the_ratio_estimator_tells_the_true_spread():
    """Monte Carlo: over 3000 data sets of 60 sequences of unequal length the spread of the mean is the mean stderr."""
    g = cases.gen(3)
    w = torch.randint(1, 20, (3000, 60), generator=g).double()
    v = torch.randn(3000, 60, generator=g, dtype=torch.float64) + 0.2 * w  # values that go with the weights: bias of the naive formula
    means = (w * v).sum(1) / w.sum(1)
    errors = [float(stderr(sums("x", a, b), "x")) for a, b in zip(v[:400], w[:400], strict=True)]
    assert np.mean(errors) == pytest.approx(float(means.std()), rel=0.05)


def test_stderr_of_a_sweep_is_that_of_the_losses():
    objective = la.Objective.from_module(*cases.every()["mlp"], batch_size=7)
    ds = la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=("alpha",)), {"alpha": [0.0]})
    each = objective.losses().double().numpy()
    assert len(each) == 50 and ds["loss_stderr"].item() == pytest.approx(each.std(ddof=1) / np.sqrt(50), rel=1e-9)
    assert np.allclose(ds["loss_groups"].values[0], [each[g::GROUPS].mean() for g in range(GROUPS)], rtol=1e-12)


def test_stderr_of_token_losses_is_that_of_a_ratio():
    model, batch, loss = cases.every()["tied"]
    objective = la.Objective.from_module(model, batch, loss, batch_size=4)
    logits = model(batch["input_ids"])["logits"].detach()
    labels = batch["labels"][:, 1:]
    each = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels, reduction="none").double()
    w = (labels != -100).double().sum(1)
    v = torch.where(labels != -100, each, 0.0).sum(1) / w
    out = la.probes.loss(objective)(objective.point())
    assert out["loss"].item() == pytest.approx(float((v * w).sum() / w.sum()), rel=1e-7)
    assert out["loss_stderr"].item() == pytest.approx(oracles.ratio_stderr(v, w), rel=1e-6)


def test_the_penalty_shifts_the_mean_and_not_its_error():
    x, y = cases.blobs()
    plain, penalized = (la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", penalty=p, batch_size=16) for p in (None, 0.37))
    square = sum((p.double() ** 2).sum().item() for p in cases.mlp().parameters())
    a, b = (la.probes.loss(o)(o.point()) for o in (plain, penalized))
    assert b["loss"].item() == pytest.approx(a["loss"].item() + 0.5 * 0.37 * square, rel=1e-13)
    assert b["loss_stderr"].item() == pytest.approx(a["loss_stderr"].item(), rel=1e-6)
    assert float(penalized.value()) == pytest.approx(b["loss"].item(), rel=1e-13)
    own = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", penalty=lambda p: sum(t.abs().sum() for t in p.values()))
    assert float(own.value()) == pytest.approx(a["loss"].item() + sum(p.abs().sum().item() for p in cases.mlp().parameters()), rel=1e-6)
