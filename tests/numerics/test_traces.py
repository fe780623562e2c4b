"""Traces of operators of known spectra: no bias, standard errors that hold, exact where the methods are exact."""

import numpy as np
import pytest
import torch

from lossatlas.errors import InputError
from lossatlas.numerics import traces
from lossatlas.numerics.operator import Counting, Matrix
from lossatlas.numerics.traces import trace

METHODS = ["hutchinson", "hutch++", "xtrace"]


def symmetric(eigenvalues, seed=0, dtype=torch.float64):
    values = torch.as_tensor(eigenvalues, dtype=torch.float64)
    turned = torch.linalg.qr(torch.randn(len(values), len(values), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)))[0]
    entries = (turned * values) @ turned.T
    return ((entries + entries.T) / 2).to(dtype)


def decaying(n, *, power=1.0):
    """Both signs, few of them large."""
    return np.arange(1.0, n + 1) ** -power * np.where(np.arange(n) % 3 == 1, -1.0, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_no_bias_and_standard_errors_that_hold(method):
    eigenvalues = decaying(80)
    matrix, tr, norm = symmetric(eigenvalues), eigenvalues.sum(), np.sqrt((eigenvalues**2).sum())
    found = [trace(Matrix(matrix), method=method, products=45, seed=seed) for seed in range(200)]
    off, stderr = np.array([f.value - tr for f in found]), np.array([f.stderr for f in found])
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(200), "the mean over seeds is the trace"
    size = np.sqrt((stderr**2).mean()) / off.std()
    assert 0.75 < size < 0.95 if method == "xtrace" else 0.88 < size < 1.15, "of XTrace it is known to be too small"
    once, twice = np.mean(np.abs(off) < stderr), np.mean(np.abs(off) < 2 * stderr)
    assert (0.5 if method == "xtrace" else 0.6) < once < 0.78 and (0.82 if method == "xtrace" else 0.9) < twice < 0.99
    apart = np.array([f.frobenius**2 - norm**2 for f in found])
    assert abs(apart.mean()) < 4 * apart.std() / np.sqrt(200)
    held = [abs(f.frobenius - norm) < 2 * f.frobenius_stderr for f in found]
    assert 0.8 < np.mean(held) < 0.99


def test_the_variance_of_hutchinson_is_that_of_its_formula():
    matrix = symmetric(decaying(50), seed=1)
    variance = 2 * float((matrix**2).sum() - (matrix.diagonal() ** 2).sum())
    found = trace(Matrix(matrix), products=4000)
    assert found.samples.var() == pytest.approx(variance, rel=0.15)
    assert found.stderr == pytest.approx(np.sqrt(variance / 4000), rel=0.1)
    assert found.value == pytest.approx(found.samples.mean())
    diagonal = trace(Matrix(torch.diag(torch.arange(5.0))), products=1)
    assert diagonal.value == 10 and np.isnan(diagonal.stderr), "signs are exact for a diagonal matrix; one probe cannot know"


def test_methods_that_look_for_large_eigenvalues_are_better_where_there_are_some():
    eigenvalues = decaying(300, power=2)
    errors = {method: trace(Matrix(symmetric(eigenvalues)), method=method, products=60).stderr for method in METHODS}
    assert errors["xtrace"] < errors["hutch++"] < errors["hutchinson"] / 5


@pytest.mark.parametrize("dtype,tol", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize("method,rank", [("hutch++", 10), ("xtrace", 14)])
def test_low_rank_is_exact(method, rank, dtype, tol):
    eigenvalues = np.r_[np.linspace(1, 5, rank - 2), -3.0, -1.0, np.zeros(120 - rank)]
    found = trace(Matrix(symmetric(eigenvalues, dtype=dtype)), method=method, products=30)
    assert found.value == pytest.approx(eigenvalues.sum(), rel=tol) and found.stderr < 10 * tol
    assert found.frobenius == pytest.approx(np.linalg.norm(eigenvalues), rel=tol) and found.frobenius_stderr < 10 * tol


@pytest.mark.parametrize("n", [7, 8, 30])
def test_xtrace_is_the_estimator_with_every_probe_left_out_by_hand(n):
    matrix = symmetric(decaying(n), seed=3)
    found = trace(Matrix(matrix), method="xtrace", products=16)
    omega = traces._sphere(Matrix(matrix), 0, range(8))
    assert torch.allclose(omega.norm(dim=0) ** 2, torch.tensor(float(n), dtype=torch.float64))
    samples, squares = [], []
    for i in range(8):
        q = torch.linalg.qr(matrix @ torch.cat([omega[:, :i], omega[:, i + 1 :]], 1))[0]
        rest = omega[:, i] - q @ (q.T @ omega[:, i])
        scale = (n - q.shape[1]) / (rest @ rest) if n > q.shape[1] else 0.0
        for of, into in ((matrix, samples), (matrix @ matrix, squares)):
            into.append(float(torch.trace(q.T @ of @ q) + scale * (rest @ of @ rest)))
    assert found.samples == pytest.approx(np.array(samples), rel=1e-7)
    assert found.frobenius**2 == pytest.approx(np.mean(squares), rel=1e-7)
    assert found.stderr == pytest.approx(np.std(samples, ddof=1) / np.sqrt(8), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 5, 9, 50])
def test_products_are_counted_and_small_operators_are_fine(method, n):
    op = Counting(Matrix(symmetric(decaying(n))))
    found = trace(op, method=method, products=20)
    assert found.products == op.products <= 20 and found.method == method
    assert np.isfinite([found.value, found.stderr, found.frobenius, found.frobenius_stderr]).all()
    if method != "hutchinson" and n <= 5:
        assert found.value == pytest.approx(decaying(n).sum()) and found.stderr < 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_blocks_change_nothing(method, monkeypatch):
    class Widest(Counting):
        most = 0

        def __matmul__(self, v):
            self.most = max(self.most, v.shape[1])
            return super().__matmul__(v)

    matrix = symmetric(decaying(40))
    whole = trace(Matrix(matrix), method=method, products=31)
    monkeypatch.setattr(traces, "BLOCK", 8 * 40 * 3)
    op = Widest(Matrix(matrix))
    parts = trace(op, method=method, products=31)
    assert op.most == 3 and parts.products == whole.products
    assert parts.samples == pytest.approx(whole.samples, rel=1e-9) and parts.frobenius == pytest.approx(whole.frobenius, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_float32_operators_give_what_float64_ones_give(method):
    one, other = (trace(Matrix(symmetric(decaying(60), dtype=dtype)), method=method) for dtype in (torch.float32, torch.float64))
    assert one.value == pytest.approx(other.value, abs=1e-5) and one.stderr == pytest.approx(other.stderr, abs=1e-5)
    assert one.samples.dtype == np.float64


@pytest.mark.parametrize("method", METHODS)
def test_seeds_fix_everything_and_the_process_wide_generator_stays(method):
    matrix, before = symmetric(decaying(30)), torch.get_rng_state()
    first, again, other = (trace(Matrix(matrix), method=method, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(first.samples, again.samples) and not np.array_equal(first.samples, other.samples)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_is_nan(method, bad):
    class Late(Counting):
        """Finite at first: the sketch is fine, what follows is not."""

        def __matmul__(self, v):
            product = super().__matmul__(v)
            return product if self.products <= 10 else product * bad

    everywhere = symmetric(decaying(30))
    everywhere[4, 4] = bad
    for op in (Matrix(everywhere), Late(Matrix(symmetric(decaying(30))))):
        found = trace(op, method=method, products=20)
        assert np.isnan([found.value, found.stderr, found.frobenius, found.frobenius_stderr]).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_zero_operator(method):
    found = trace(Matrix(torch.zeros(20, 20)), method=method)
    assert (found.value, found.stderr, found.frobenius, found.frobenius_stderr) == (0, 0, 0, 0)


@pytest.mark.parametrize("options,words", [
    ({"method": "hutch"}, "did you mean"),
    ({"method": "hutch++", "products": 2}, "at least 3"),
    ({"method": "xtrace", "products": 3}, "at least 4"),
    ({"products": 0}, "at least 1"),
    ({"products": 2.5}, "whole number"),
    ({"products": True}, "whole number"),
    ({"seed": 0.5}, "seed"),
])
def test_errors_say_what_to_write(options, words):
    with pytest.raises(InputError, match=words):
        trace(Matrix(torch.eye(10)), **options)
    with pytest.raises(InputError, match="operator"):
        trace([[1.0]])
