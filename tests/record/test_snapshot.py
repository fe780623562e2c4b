"""Copies of many tensors in one piece, as files that the safetensors library reads."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from lossatlas.checkpoint import read_checkpoint
from lossatlas.record.snapshot import Form, Snapshot

MANY = {"b": torch.randn(3, 4), "a": torch.randn(5, dtype=torch.float64), "n": torch.tensor(7), "empty": torch.zeros(0, 2),
        "half": torch.randn(3).half(), "bf": torch.randn(2, 2).bfloat16(), "flag": torch.tensor([True, False, True]),
        "ü \"x\"": torch.randn(1), "u8": torch.arange(5, dtype=torch.uint8), "i32": torch.arange(3, dtype=torch.int32),
        "t": torch.randn(4, 6).T, "scalar": torch.tensor(2.5)}


@pytest.mark.parametrize("names", [list(MANY), ["n"], []])
def test_files_are_read_by_the_library(names, tmp_path):
    tensors = {name: MANY[name] for name in names}
    size = Snapshot(tensors).write(tmp_path / "a.safetensors", {"step": "3", "text": 'quotes " and ü'})
    found = load_file(tmp_path / "a.safetensors")
    assert found.keys() == tensors.keys() and size == (tmp_path / "a.safetensors").stat().st_size
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), name
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        assert file.metadata() == {"step": "3", "text": 'quotes " and ü'}
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
    assert size <= Snapshot(tensors).nbytes


def test_complex_and_conjugate_tensors_come_back(tmp_path):
    tensors = {"c": torch.randn(3, dtype=torch.complex128).conj(), "d": torch.randn(2, 2, dtype=torch.complex64), "r": torch.randn(2)}
    Snapshot(tensors).write(tmp_path / "a.safetensors", {})
    found, _ = read_checkpoint(tmp_path / "a.safetensors")
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_a_snapshot_is_a_copy_and_its_form_is_used_again_only_where_it_fits():
    weights = {"w": torch.randn(4, requires_grad=True), "n": torch.tensor(1)}
    first = Snapshot(weights)
    before = weights["w"].detach().clone()
    with torch.no_grad():
        weights["w"].add_(1)
    assert torch.equal(first.weights(frozenset("w")), before)
    again = Snapshot(weights, first.form)
    assert again.form is first.form and torch.equal(again.weights(frozenset("w")), before + 1) and not again.flat[0].requires_grad
    n = torch.tensor(1)
    for other in ({"w": torch.randn(2, 2), "n": n}, {"w": torch.randn(4).double(), "n": n}, {"w": torch.randn(4)}):
        assert Snapshot(other, first.form).form is not first.form


def test_weights_stand_in_one_order_whatever_the_order_of_names():
    tensors = {"b": torch.randn(3), "a": torch.randn(2, 2), "buffer": torch.randn(5)}
    expected = torch.cat([tensors["a"].reshape(-1), tensors["b"]])
    for order in (list(tensors), sorted(tensors, reverse=True)):
        assert torch.equal(Snapshot({name: tensors[name] for name in order}).weights(frozenset("ab")), expected)
    assert Form(tensors).names == sorted(tensors)
