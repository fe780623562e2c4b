"""The mistakes of this field's research code (../shared/STYLE.md), one test each where the core could make them."""

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import cases
import numpy as np
import oracles
import pytest
import torch

import lossatlas as la
from lossatlas.identity import code_digest

SOURCE = Path(la.__file__).parent
COORDS = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 2)}


def objective(name="mlp", **options):
    return la.Objective.from_module(*cases.every()[name], **options)


def run(o, coords=COORDS, **options):
    return la.sweep(la.probes.loss(o), la.random_slice(o, dims=tuple(coords)), coords, **options)


def test_01_a_grid_that_is_not_square_is_not_scrambled():
    o = la.Objective.from_module(oracles.Rows((0.0, 0.0)), oracles.bowl_data((0.0, 0.0)), "mse")
    axes = ({"row.weight": torch.tensor([[1.0, 0.0]]).double()}, {"row.weight": torch.tensor([[0.0, 10.0]]).double()})
    ds = la.sweep(la.probes.loss(o), la.Slice(o.point(), axes), {"alpha": la.axis(1, 5, 5), "beta": la.axis(1, 3, 3)})
    assert np.allclose(ds["loss"], [[a**2 + 100 * b**2 for b in (1, 2, 3)] for a in (1, 2, 3, 4, 5)])


def test_02_a_loss_of_zero_or_minus_one_is_done(tmp_path):
    counted = []

    def value(u, v, x):
        counted.append(float(u.detach()))
        return x * 0 + u.round()

    o = la.Objective.from_module(oracles.Surface(value), (torch.ones(3).double(),) * 2, oracles.itself, layout={"uv": None})
    family = la.Slice(o.point(), ({"uv": torch.tensor([1.0, 0.0]).double()},), ("alpha",))
    first = la.sweep(la.probes.loss(o), family, {"alpha": [-1.0, 0.0, 1.0]}, store=tmp_path / "a.zarr/x")
    assert first["loss"].values.tolist() == [-1, 0, 1]
    counted.clear()
    again = la.sweep(la.probes.loss(o), family, {"alpha": [-1.0, 0.0, 1.0]}, store=tmp_path / "a.zarr/x")
    assert again["loss"].equals(first["loss"]) and not counted


@pytest.mark.parametrize("a,b,n", [(0, 1, 3), (-1, 0, 3), (0, 0, 1)])
def test_03_a_range_that_starts_or_ends_at_zero_is_a_range(a, b, n):
    ds = run(objective(), {"alpha": la.axis(a, b, n)})
    assert len(ds["alpha"]) == n and np.isfinite(ds["loss"]).all()


def test_04_another_model_under_the_same_name_is_refused(tmp_path):
    store = tmp_path / "a.zarr/x"
    run(objective(), store=store)
    other = la.Objective.from_module(cases.mlp(seed=1), cases.blobs(), "cross_entropy")
    shifted = la.Objective.from_module(cases.mlp(), (cases.blobs()[0] + 1, cases.blobs()[1]), "cross_entropy")
    for o, difference in ((other, "params"), (shifted, "data")):
        with pytest.raises(la.SpecMismatch, match=difference):
            run(o, store=store)
    with pytest.raises(la.SpecMismatch, match="seed"):
        la.sweep(la.probes.loss(objective()), la.random_slice(objective(), seed=1), COORDS, store=store)


def test_05_an_unknown_option_does_not_fall_through():
    for call in (
        lambda: la.random_slice(objective(), normalize="Filter"),
        lambda: objective(bn="train"),
        lambda: run(objective(), plan="fast"),
        lambda: la.random_slice(objective(), ignore=("biasbn",)),
    ):
        with pytest.raises(la.InputError, match="expected"):
            call()
    with pytest.raises(TypeError):
        la.random_slice(objective(), normalise="filter")


def test_06_random_entries_are_random_and_variances_never_move():
    o = objective("convbn")
    d = la.random_direction(o.params, o.layout, ignore=())
    for name, theta in o.params.items():
        assert abs(torch.nn.functional.cosine_similarity(d[name].flatten(), theta.flatten(), dim=0)) < 0.999
    assert not any("running" in name for name in d)
    ds = la.sweep(la.probes.loss(o), la.random_slice(o, ignore=()), {"alpha": [-10.0, 10.0], "beta": [-10.0]})
    assert np.isfinite(ds["loss"]).all()


def test_07_no_rounding_accumulates_and_the_centre_is_sampled():
    o = objective()
    ds = run(o, {"alpha": la.axis(-1, 1, 301)})
    assert ds["loss"].sel(alpha=0).item() == float(o.value()) == ds["center_loss"].item()
    again = run(o, {"alpha": [ds["alpha"].values[217]]})
    assert again["loss"].item() == ds["loss"].values[217]


def test_08_results_carry_their_coordinates(tmp_path):
    run(objective(), store=tmp_path / "a.zarr/x")
    ds = la.open(tmp_path / "a.zarr/x")
    assert ds["loss"].dims == ("alpha", "beta") and all(np.array_equal(ds[d], v) for d, v in COORDS.items())


def test_12_no_device_is_written_into_the_code():
    for path in SOURCE.rglob("*.py"):
        assert ".cuda()" not in path.read_text(), path
    assert "device" in inspect.signature(la.Objective.from_module).parameters


def test_14_the_mean_is_over_examples_not_over_batches():
    x, y = cases.blobs(n=33)
    x[32] *= 100
    o = la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", batch_size=32)
    each = o.losses().double()
    assert float(o.value()) == pytest.approx(each.mean().item(), rel=1e-12)
    assert abs(float(o.value()) - (each[:32].mean() + each[32]).item() / 2) > 0.1 * float(o.value())


def test_15_no_graph_is_left_anywhere():
    model, data, loss = cases.every()["mlp"]
    o = la.Objective.from_module(model, data, loss)
    la.slice_hessian(o, la.random_slice(o))
    la.expected_curvature(o)
    assert all(p.grad is None for p in [*model.parameters(), *o.module.parameters()])
    assert not any(t.requires_grad for t in o.point().values()) and not o.losses().requires_grad


def test_16_what_decides_the_landscape_stands_in_the_result():
    o = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", bn="batch", batch_size=8, penalty=0.1)
    ds = run(o)
    assert ds.attrs["bn"] == "batch" and ds.attrs["batch_size"] == 8 and ds.attrs["n_examples"] == 24 and ds.attrs["seed"] == 0
    spec = ds.attrs["spec"]["probe"]["objective"]
    assert spec["penalty"] == 0.1 and spec["batch_size"] == 8 and len(spec["data"]) == 16 and len(spec["params"]) == 16


def test_17_trajectories_are_in_the_units_of_the_surface():
    """A point at 0.5 of an axis that is 16 times as long as another is drawn at 0.5, not at 8."""
    o = la.Objective.from_module(oracles.Rows((0.0, 0.0)), oracles.bowl_data((1.0, 1.0)), "mse")
    axes = ({"row.weight": torch.tensor([[16.0, 0.0]]).double()}, {"row.weight": torch.tensor([[1.0, 1.0]]).double()})
    plane = la.Slice(o.point(), axes)
    ds = la.faithfulness(o, plane, [plane(torch.tensor([0.5, 0.25]).double())])
    assert ds["alpha"].item() == pytest.approx(0.5) and ds["beta"].item() == pytest.approx(0.25)
    assert ds["plane_loss"].item() == pytest.approx(ds["loss"].item(), rel=1e-12)


def test_18_importing_has_no_side_effects():
    code = (
        "import random, sys, numpy as np; s = random.getstate(), np.random.get_state()[1].tobytes(); import lossatlas as la; "
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules; "
        "import torch; t = torch.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype(); la.Objective, la.fit, la.sharpness; "
        "assert torch.equal(t[0], torch.get_rng_state()) and t[1:] == (torch.get_num_threads(), torch.get_default_dtype()); "
        "assert s == (random.getstate(), np.random.get_state()[1].tobytes())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_19_raw_numbers_are_stored():
    o = la.Objective.from_module(
        oracles.Surface(lambda u, v, x: x * torch.exp(40 * u)), (torch.ones(3).double(),) * 2, oracles.itself, layout={"uv": None}
    )
    ds = la.sweep(
        la.probes.loss(o), la.Slice(o.point(), ({"uv": torch.tensor([1.0, 0.0]).double()},), ("alpha",)), {"alpha": [-1.0, 0.0, 1.0]}
    )
    assert ds["loss"].values.tolist() == pytest.approx([np.exp(-40), 1, np.exp(40)])


def test_20_versions_and_seeds_are_in_the_result():
    attrs = run(objective()).attrs
    assert (
        attrs["seed"] == 0
        and any("version" in key or key == "lossatlas" for key in attrs)
        and attrs["digest_params"]
        and attrs["digest_data"]
    )


def test_21_a_single_plane_says_that_it_is_one():
    attrs = run(objective()).attrs
    assert attrs["n_parameters"] == sum(p.numel() for p in cases.mlp().parameters()) and -1 < attrs["axes_cosine"] < 1
    repeated = la.sweep(la.probes.loss(objective()), la.random_slice(objective(), repeats=3), COORDS).attrs
    assert len(set(repeated["axes_cosine"])) == 3 and repeated["repeats"] == 3


def test_a_public_function_is_not_hidden_by_a_module_of_its_name():
    """Importing ``lossatlas.fit`` would put the module where the function was: no module bears the name of a function."""
    modules = {path.stem for path in SOURCE.iterdir()} - {"__init__"}
    functions = {name for name in la.__all__ if name not in ("probes", "metrics", "measures", "figures", "zoo", "studies")}
    assert not modules & functions


def test_a_loss_with_modules_and_libraries_in_its_closure_has_one_identity_in_every_process(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "def make():\n"
        "    import numpy as np\n    import torch\n    import torch.nn.functional as F\n"
        "    class Scale:\n        by = 2\n        def __call__(self, x):\n            return x * self.by\n"
        "    def loss(outputs, targets):\n"
        "        return F.cross_entropy(outputs, targets, reduction='none') * np.float32(Scale()(1)) * torch.ones(1)\n"
        "    return loss\n")
    code = "import mine; from lossatlas.identity import code_digest; print(code_digest(mine.make()), hash('a'))"
    digest, hashed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": "1"},
                                    capture_output=True, text=True, check=True).stdout.split()
    assert int(hashed) != hash("a"), "sets and dicts of the two processes are ordered alike"

    def here(folder: Path) -> str:
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(folder))
            patch.delitem(sys.modules, "mine", raising=False)
            return code_digest(importlib.import_module("mine").make())

    assert here(tmp_path) == digest and len(digest) >= 8
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "mine.py").write_text((tmp_path / "mine.py").read_text().replace("return x * self.by", "return x + self.by"))
    assert here(changed) != digest
    sys.modules.pop("mine")
