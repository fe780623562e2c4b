"""``--params``: which parameters a random slice moves, from the command line."""

import pytest

import lossatlas as la

LORA = '''
class LoRA(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.base = torch.nn.Linear(4, 3).requires_grad_(False)
        self.lora_A, self.lora_B = torch.nn.Linear(4, 2, bias=False), torch.nn.Linear(2, 3, bias=False)
    def forward(self, x):
        return self.base(x) + self.lora_B(self.lora_A(x))
def lora(dtype=None):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return of(LoRA(), dtype=dtype)
def half():
    return lora(torch.bfloat16)
'''


@pytest.fixture
def mine(folder):
    (folder / "mine.py").write_text((folder / "mine.py").read_text() + LORA)
    scope: dict = {}
    exec((folder / "mine.py").read_text(), scope)
    return scope


@pytest.mark.parametrize(("given", "moved"), [
    ([], {"lora_A.weight", "lora_B.weight"}),
    (["--params", "base.*,lora_A.weight"], {"base.weight", "lora_A.weight"}),
    (["--params", "*", "--ignore", ""], {"base.weight", "base.bias", "lora_A.weight", "lora_B.weight"})])
def test_only_these_move(cli, folder, mine, given, moved):
    answer = cli("slice", "mine.py:lora", "--points", "3", *given)
    assert answer.code == 0, answer.err
    ds = la.open(folder / "lossatlas.zarr/slice-1")
    assert {name for name, rule in ds.attrs["rules"].items() if "zero" not in rule} == moved
    objective = mine["lora"]()
    params = tuple(given[1].split(",")) if given else None
    plane = la.random_slice(objective, params=params, ignore=() if "--ignore" in given else ("bias", "norm"))
    direct = la.sweep(la.probes.loss(objective), plane, {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 3)})
    assert (direct["loss"].values == ds["loss"].values).all()
    said = cli("info", "lossatlas.zarr/slice-1").out
    assert ("are frozen by the network and stay" in said) == (not given)
    assert not given or f"{list(params)}" in said


def test_a_volume_and_a_half_precision_network(cli, folder, mine):
    assert cli("volume", "mine.py:half", "--points", "2", "--params", "lora_*").code == 0
    ds = la.open(folder / "lossatlas.zarr/volume-1")
    assert ds.attrs["params"] == ["lora_*"] and ds.attrs["n_moved"] == 14


@pytest.mark.parametrize(("given", "message"), [
    (["--params", "lorra_A.*"], "no parameter matches 'lorra_A.*'; did you mean 'lora_A.weight'"),
    (["--params", ""], "expected patterns of parameter names"),
    (["--params", "base.*,"], "expected patterns of parameter names"),
    (["--params", "*.bias"], "write ignore=() to move these"),
    (["--params", "*", "--directions", "u.safetensors,v.safetensors"], "--params chooses what random directions move"),
])
def test_what_cannot_move(cli, folder, mine, given, message):
    answer = cli("slice", "mine.py:lora", "--points", "3", *given)
    assert answer.code == 2 and message in answer.err and "Traceback" not in answer.err


def test_given_directions_of_a_half_precision_network_keep_their_precision(cli, folder, mine):
    objective = mine["half"]()
    u, v = (la.random_slice(objective).axes[i] for i in (0, 1))
    la.save_point(u, folder / "u.safetensors")
    la.save_point(v, folder / "v.safetensors")
    assert cli("slice", "mine.py:half", "--points", "3", "--directions", "u.safetensors,v.safetensors", "--store", "given.zarr/x").code == 0
    assert cli("slice", "mine.py:half", "--points", "3", "--store", "random.zarr/x").code == 0
    a, b = (la.open(folder / name)["loss"].values for name in ("given.zarr/x", "random.zarr/x"))
    assert (a == b).all()
