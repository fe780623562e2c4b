"""The table: on the same function rescaled, measures that see the scale of weights move and the others do not (METHODS B6)."""

from typing import get_args

import cases
import digits
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.cli import main
from lossatlas.cli.flatness import table
from lossatlas.names import FlatnessName
from lossatlas.params import unravel
from lossatlas.probes.sharpness import KINDS, QUICK

#: What the definition says: moved by one factor per layer, or not.
MOVE = {"lambda_max", "trace", "sam", "keskar", "keskar_subspace", "noise_tolerance", "level_width"}
STAY = {"asam", "worst_case", "average_case", "noise_tolerance_magnitude", "fisher_rao", "basin_radius", "basin_volume"}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    objective, _, good, _ = digits.minima()
    said = []
    store = tmp_path_factory.mktemp("flat") / "a.zarr" / "flat"
    return la.flatness(objective, point=good, store=store, on_event=said.append), said, store


def test_which_measures_move_when_the_same_function_is_rescaled(result):
    ds, _, _ = result
    moved = dict(zip(ds["measure"].values, ds["moved"].values, strict=True))
    assert set(ds["measure"].values) == set(QUICK) == MOVE | STAY | {"entropy_gradient"}
    assert {name for name, did in moved.items() if did} - {"entropy_gradient"} == MOVE
    stay = ds["factor"].sel(measure=sorted(STAY - {"basin_volume"}))
    assert np.allclose(stay, 1, rtol=0.01)
    assert ds.attrs["difference"] < 1e-5 and ds.attrs["rescaled"] == "1.weight times c, 3.weight over c"
    assert float(ds["factor"].sel(measure="keskar")) > 20 and float(ds["factor"].sel(measure="lambda_max")) > 10


def test_cost_is_said_first_and_every_measure_as_it_is_made(result):
    ds, said, _ = result
    words = [event.message for event in said]
    assert words[0].startswith("flatness: 15 measures of 2 points on 200 examples, about") and "s" in words[0]
    assert sum("rescaled" in word for word in words) == 15 and any(word.startswith("lambda_max: ") for word in words)
    assert bool(ds["converged"].sel(measure="asam").all()) and not bool(ds["converged"].sel(measure="basin_volume").any())


def test_what_stands_beside_a_measure_is_there(result):
    ds, _, store = result
    assert {"basin_volume_mean_log", "basin_volume_effective_sample_size", "basin_volume_log10"} <= set(ds)
    both = ds["value"].sel(function="original")
    assert float(ds["low"].sel(measure="lambda_max", function="original")) <= float(both.sel(measure="lambda_max"))
    again = la.open(store)
    assert float(again["asam"].sel(log10_factor=0)) == float(both.sel(measure="asam"))
    assert np.isfinite(ds["value"]).all() and ds.attrs["kind"] == "flatness" and ds.attrs["n_examples"] == 200


def test_a_store_is_gone_on_with_and_not_measured_again(result):
    _, _, store = result
    objective, _, good, _ = digits.minima()
    said = []
    la.flatness(objective, point=good, store=store, on_event=said.append)
    assert not any(event.message.startswith("keskar: ") for event in said)


def test_lambda_max_and_trace_are_those_of_the_hessian():
    x, y = cases.blobs(dtype=torch.float64)
    net = cases.seeded(lambda: nn.Sequential(nn.Linear(6, 4), nn.Softplus(), nn.Linear(4, 3))).double()
    objective = la.Objective.from_module(net, (x, y), "cross_entropy", penalty=3.0, batch_size=20)
    flat = torch.cat([p.reshape(-1) for p in objective.params.values()])
    plain = la.Objective.from_module(net, (x, y), "cross_entropy")
    dense = torch.autograd.functional.hessian(lambda v: plain.value(unravel(v, plain.params)), flat)
    ds = la.flatness(objective, measures=("lambda_max", "trace"))
    assert float(ds["value"][0, 0]) == pytest.approx(float(torch.linalg.eigvalsh(dense)[-1]), rel=1e-3)
    error = float(ds["stderr"][1, 0]) or 1e-9
    assert abs(float(ds["value"][1, 0]) - float(dense.trace())) < 4 * error + 1e-6  # the penalty is left out
    assert list(ds["function"].values) == ["original"] and "no two layers" in ds.attrs["rescaled"] and not ds["moved"].any()


def test_the_probe_goes_with_any_family():
    objective, _, good, bad = digits.minima()
    probe = la.probes.flatness(objective, ("asam", "fisher_rao"))
    ds = la.sweep(probe, la.line(good, bad), {"alpha": [0.0, 0.5, 1.0]})
    assert float(ds["asam"][2]) > 5 * float(ds["asam"][0]) and ds["asam_converged"].dtype == bool
    assert float(ds["loss"][1]) > float(ds["loss"][0])
    assert set(KINDS) == set(get_args(FlatnessName))


@pytest.mark.parametrize(("options", "words"), [
    ({"measures": ("sharpnes",)}, "measures is 'sharpnes'"), ({"measures": ()}, "expected names"), ({"factor": 1}, "other than 1"),
    ({"factor": -2.0}, "factor is"), ({"rise": -1.0}, "rise is"), ({"measures": "asam"}, "expected names")])
def test_bad_options_are_refused(options, words):
    objective, _, good, _ = digits.minima()
    with pytest.raises(la.InputError, match=words):
        la.flatness(objective, point=good, **{"measures": ("basin_radius",), **options})


def test_what_is_not_defined_for_an_objective_is_nan_unless_it_was_asked_for():
    x = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    objective = la.Objective.from_module(cases.seeded(lambda: nn.Linear(4, 2)), (x, x[:, :2] * 2), "mse")
    said = []
    ds = la.flatness(objective, on_event=said.append)
    missing = ds["measure"].values[np.isnan(ds["value"].values[:, 0])]
    assert set(missing) == {"noise_tolerance", "noise_tolerance_magnitude"} and not ds["converged"].sel(measure=missing).any()
    assert any("noise_tolerance: left out: the 0-1 error needs" in event.message for event in said)
    said.clear()
    with pytest.raises(la.InputError, match="0-1 error"):
        la.flatness(objective, measures=("asam", "noise_tolerance"), on_event=said.append)
    assert not said  # before anything was measured


def test_a_bfloat16_network_is_measured_around_its_own_weights():
    x, y = cases.blobs()
    short, plain = (la.flatness(la.Objective.from_module(cases.mlp(), (x, y), "cross_entropy", dtype=dtype),
                                measures=("asam", "basin_radius")) for dtype in (torch.bfloat16, torch.float32))
    assert np.allclose(short["value"].values[:, 0], plain["value"].values[:, 0], rtol=0.3)


def test_settings_of_every_measure_are_recorded(result):
    settings = result[0].attrs["settings"]
    assert set(settings) == set(QUICK) and settings["keskar"]["epsilon"] == 1e-3 and settings["keskar_subspace"]["dims"] == 100
    assert settings["asam"] == {"rho": 0.5, "adaptive": True, "shard": None} and settings["basin_volume"]["rise"] == 0.1


def test_the_users_model_and_rng_are_left_alone():
    net, data = cases.mlp(dropout=0.2).train(), cases.blobs()
    objective = la.Objective.from_module(net, data, "cross_entropy")
    before, state = {n: t.clone() for n, t in net.state_dict().items()}, torch.get_rng_state()
    la.flatness(objective, measures=("lambda_max", "asam", "keskar", "worst_case", "fisher_rao", "level_width"))
    assert net.training and all(torch.equal(t, before[n]) for n, t in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state) and all(p.grad is None for p in net.parameters())


def test_the_command_prints_the_table(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import torch\nimport lossatlas as la\nfrom torch import nn\n"
        "def objective():\n    torch.manual_seed(0)\n    x = torch.randn(60, 5)\n"
        "    net = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3))\n"
        "    return la.Objective.from_module(net, (x, x[:, :3].argmax(1)), 'cross_entropy', penalty=0.1)\n")
    with pytest.raises(SystemExit) as ended:
        main(["flatness", "mine.py:objective", "--measures", "asam,lambda_max,basin_volume", "--factor", "4"])
    out = capsys.readouterr().out
    assert ended.value.code == 0, out
    assert "rescaled by 4" in out and "lambda_max" in out and "MOVED" in out and "0.weight times c, 2.weight over c" in out
    assert "the mean-log is" in out and "effective sample size" in out and "the penalty of the objective is left out" in out
    assert (tmp_path / "lossatlas.zarr").is_dir()


def test_the_table_says_what_did_not_converge(result):
    lines = table(result[0])
    assert any(line.startswith("basin_volume ") and " ~" in line for line in lines) and any("not converged" in line for line in lines)
    assert sum(line.endswith("MOVED") for line in lines) >= len(MOVE)
