"""``lossatlas spectrum``, ``eigenmap`` and ``--directions hessian``, as a user runs them."""

import numpy as np
import pytest
import torch

import lossatlas as la


def dense(objective, point=None):
    op = la.hessian(objective, point, backend="reverse")
    return np.linalg.eigvalsh((op @ torch.eye(op.shape[0])).double().numpy())


def call(cli, text):
    return cli(*text.split())


def objective():
    """That of the folder ``folder``."""
    from lossatlas.loading import named_object

    return named_object("mine.py:objective")


def test_a_spectrum_is_measured_kept_and_drawn(cli):
    command = "spectrum mine.py:objective --top 3 --which both --density --steps 12 --probes 3 --per-layer --subsets 2 --store s.zarr/a"
    done = call(cli, f"{command} -o s.png")
    assert done.code == 0, done.err
    ds = la.open("s.zarr/a")
    truth = dense(objective())
    np.testing.assert_allclose(ds["eigenvalue"], np.r_[truth[::-1][:3], truth[:3][::-1]], rtol=1e-3, atol=1e-5)
    assert "trace" in done.out and "over examples ±" in done.out and "layer 0" in done.out and "not converged" not in done.out
    assert call(cli, "plot s.zarr -o again.png").code == 0 and call(cli, "info s.zarr").code == 0
    again = call(cli, command)
    assert again.code == 0 and la.open("s.zarr/a").attrs["created"] == ds.attrs["created"]


def test_a_map_says_what_converged_and_what_the_plane_sees(cli):
    done = call(cli, "eigenmap mine.py:objective --points 5x3 --range -0.5:0.5 --store m.zarr -o m.png")
    assert done.code == 0, done.err
    assert "15 of 15 points converged" in done.out and "principal curvatures of this plane" in done.out
    ds = la.open("m.zarr")
    plane = la.random_slice(objective(), seed=0)
    for i, j in ((0, 0), (2, 1), (4, 2)):
        truth = dense(objective(), plane(torch.tensor([float(ds["alpha"][i]), float(ds["beta"][j])])))
        assert abs(float(ds["lambda_max"][i, j]) / truth[-1] - 1) < 1e-2
        assert abs(float(ds["lambda_min"][i, j]) - truth[0]) < 1e-2 * np.abs(truth).max()
    assert call(cli, "plot m.zarr --quantity lambda_max -o l.png").code == 0


@pytest.mark.parametrize("which, place", [("hessian", [-1, -2]), ("hessian:both", [-1, 0])])
def test_a_slice_along_eigenvectors_goes_on_along_the_same_ones(cli, which, place):
    command = f"slice mine.py:objective --directions {which} --range -0.01:0.01 --points 3 --store e.zarr/a"
    assert call(cli, command).code == 0
    ds = la.open("e.zarr/a")
    np.testing.assert_allclose(ds.attrs["eigenvalues"], dense(objective())[place], rtol=1e-2)
    again = call(cli, command)
    assert again.code == 0, again.err
    assert call(cli, "info e.zarr/a").code == 0


@pytest.mark.parametrize("command, words", [
    ("spectrum mine.py:objective --top 0", "top is 0"),
    ("spectrum mine.py:objective --subsets 1", "subsets is 1"),
    ("spectrum mine.py:pair --split both", "--split both"),
    ("spectrum mine.py:objective -o s.txt", ".png, .svg or .pdf"),
    ("eigenmap mine.py:objective --points 0", "--points is 0"),
    ("eigenmap mine.py:objective --tol 7", "tol is"),
    ("slice mine.py:objective --directions hessian:top", "hessian:smallest"),
    ("slice mine.py:objective --directions hessian --repeats 2", "--repeats"),
    ("slice mine.py:objective --directions hesian", "did you mean 'hessian'"),
])
def test_bad_options(cli, command, words):
    done = call(cli, command)
    assert done.code == 2 and words in done.err and "Traceback" not in done.err
