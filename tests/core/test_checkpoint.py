"""Points on disk: what is read, what is refused, and that a crash leaves the old file."""

import pickle

import cases
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.checkpoint import fit_state, read_checkpoint


def test_a_point_survives_the_disk_bit_for_bit(tmp_path):
    objective = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy")
    path = la.save_point(objective.point(), tmp_path / "a.safetensors", metadata={"epoch": "3"})
    point = la.load_point(path)
    assert point.keys() == objective.point().keys() and all(torch.equal(t, objective.point()[n]) for n, t in point.items())
    assert read_checkpoint(path)[1] == {"epoch": "3"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]
    line = la.line(point, {n: t + 1 for n, t in point.items()})
    ds = la.sweep(la.probes.loss(objective), line, {"alpha": [0.0]})
    assert ds["loss"].item() == float(objective.value())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"model": s},
        lambda s: {f"module.{n}": t for n, t in s.items()},
        lambda s: {"state_dict": {f"_orig_mod.{n}": t for n, t in s.items()}},
    ],
)
def test_torch_files_in_their_usual_wrappings(tmp_path, wrap):
    state = cases.convbn().state_dict()
    torch.save(wrap(state), tmp_path / "a.pt")
    point = la.load_point(tmp_path / "a.pt")
    assert set(point) == {n for n in state if "num_batches" not in n}
    assert all(torch.equal(t, state[n]) for n, t in point.items())


class Evil:
    def __reduce__(self):
        import os

        return os.system, ("echo ran > /tmp/lossatlas-evil",)


def test_a_pickle_that_could_run_code_is_refused_with_the_reason(tmp_path):
    torch.save({"a": Evil()}, tmp_path / "a.pt")
    torch.save(cases.mlp(), tmp_path / "whole.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Evil()))
    for name in ("a.pt", "whole.pt", "plain.pt"):
        with pytest.raises(la.InputError, match="could run code") as caught:
            la.load_point(tmp_path / name)
        assert "\n" not in str(caught.value) and "save_file" in str(caught.value)
    from pathlib import Path

    assert not Path("/tmp/lossatlas-evil").exists()


def test_files_that_are_none(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"no")
    (tmp_path / "a.pt").write_bytes(b"no")
    torch.save({"epoch": 3}, tmp_path / "empty.pt")
    for name, message in (
        ("a.safetensors", "not a readable safetensors"),
        ("missing.pt", "no checkpoint at"),
        ("a.pt", "not a readable checkpoint|could run code"),
        ("empty.pt", "without tensors; expected a state dict"),
    ):
        with pytest.raises(la.InputError, match=message) as caught:
            la.load_point(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(la.InputError, match=r"write 'a.safetensors'"):
        la.save_point({"x": torch.ones(1)}, tmp_path / "a.pt")
    with pytest.raises(la.LossAtlasError, match="cannot write"):
        la.save_point({"x": torch.ones(1)}, tmp_path / "no" / "a.safetensors")


def test_nan_weights_are_named(tmp_path):
    state = cases.mlp().state_dict()
    state["3.weight"][0, 0] = float("nan")
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(la.InputError, match=r"1 of 64 values of '3.weight' are NaN"):
        la.load_point(tmp_path / "a.pt")
    with pytest.raises(la.InputError, match="NaN"):
        la.save_point(state, tmp_path / "b.safetensors")
    model = cases.mlp()
    model.load_state_dict(state)
    with pytest.raises(la.InputError, match=r"1 of 64 values of '3.weight' are NaN"):
        la.Objective.from_module(model, cases.blobs(), "cross_entropy")


def test_a_missing_counter_is_fine_and_another_architecture_is_not():
    state = {n: t for n, t in cases.convbn(seed=1).state_dict().items() if "num_batches" not in n}
    model = cases.convbn()
    fit_state(model, state, what="a.pt")
    assert torch.equal(model[0].weight, state["0.weight"])
    with pytest.raises(
        la.InputError, match=r"another architecture than Sequential: tensors 1 missing \(8.bias\); 1 unknown \(x\); 1 of another shape"
    ):
        fit_state(model, {**{n: t for n, t in state.items() if n != "8.bias"}, "x": torch.ones(1), "8.weight": torch.ones(1)}, what="a.pt")


def test_points_of_another_network_are_told_by_name():
    objective = la.Objective.from_module(cases.mlp(), cases.blobs(), "cross_entropy")
    with pytest.raises(la.InputError, match=r"'0.weight' has shape \(9, 6\); expected \(8, 6\)"):
        objective.conform(cases.mlp(h=9).state_dict())
    with pytest.raises(la.InputError, match=r"lacks '3.weight'.*has unknown 'x'"):
        objective.conform({**{n: t for n, t in objective.params.items() if n != "3.weight"}, "x": torch.ones(2)})
    convbn = la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy")
    with pytest.raises(la.InputError, match=r"'1.running_mean' has shape"):
        convbn.conform({**convbn.point(), "1.running_mean": torch.zeros(9)})


def test_tied_weights_come_under_any_of_their_names():
    model, data, loss = cases.every()["tied"]
    objective = la.Objective.from_module(model, data, loss)
    full = model.state_dict()
    assert {"embed.weight", "head.weight"} <= set(full)
    for point in (full, {n: t for n, t in full.items() if n != "head.weight"}, {n: t for n, t in full.items() if n != "embed.weight"}):
        assert set(objective.conform(point)) == set(objective.params)
        assert float(objective.value(objective.conform(point))) == float(objective.value())
    with pytest.raises(la.InputError, match="one tensor here but differ there"):
        objective.conform({**full, "head.weight": full["head.weight"] + 1})


def test_half_precision_checkpoints_take_the_networks_dtype():
    objective = la.Objective.from_module(nn.Linear(6, 3), cases.blobs(), "cross_entropy")
    point = objective.conform({n: t.half() for n, t in objective.params.items()})
    assert all(t.dtype == torch.float32 for t in point.values())
