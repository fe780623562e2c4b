"""Parameters as they lie in memory: not contiguous, views of one storage, expanded, tied through their memory, computed."""

import copy
import warnings

import cases
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la
from lossatlas.network import copy_of
from lossatlas.params import digest


def gen(seed=0):
    return torch.Generator().manual_seed(seed)


class TwoLayers(nn.Module):
    """6 -> 4 -> 3 with weights made by the caller."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = nn.Linear(6, 4), nn.Linear(4, 3)
        self.first.weight, self.second.weight = first, second

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def transposed():
    return TwoLayers(nn.Parameter(torch.randn(6, 4, generator=gen()).t()), nn.Parameter(torch.randn(3, 8, generator=gen(1))[:, ::2]))


def pieces_of_one_storage():
    flat = torch.randn(36, generator=gen())
    return TwoLayers(nn.Parameter(flat[:24].view(4, 6)), nn.Parameter(flat[24:].view(3, 4)))


def interleaved():
    wide = torch.randn(36, 2, generator=gen())
    return TwoLayers(nn.Parameter(wide[:24, 0].view(4, 6)), nn.Parameter(wide[:12, 1].view(3, 4)))


def expanded():
    return TwoLayers(nn.Parameter(torch.randn(4, 1, generator=gen()).expand(4, 6)), nn.Parameter(torch.randn(3, 4, generator=gen(1))))


KINDS = {"transposed": transposed, "pieces": pieces_of_one_storage, "interleaved": interleaved, "expanded": expanded}


def plain(make):
    """The same network with ordinary memory."""
    model = cases.seeded(make)
    return TwoLayers(*[nn.Parameter(w.detach().clone(memory_format=torch.contiguous_format))
                       for w in (model.first.weight, model.second.weight)]), model


@pytest.mark.parametrize("name", KINDS)
def test_values_are_those_of_the_same_network_in_ordinary_memory(name, tmp_path):
    ordinary, model = plain(KINDS[name])
    for layer in ("first", "second"):
        getattr(ordinary, layer).bias = nn.Parameter(getattr(model, layer).bias.detach().clone())
    before = [(p, p.detach().clone(), p.stride(), p.data_ptr(), p._version) for p in model.parameters()]
    strange, usual = (la.Objective.from_module(m, cases.blobs(), "cross_entropy", batch_size=20) for m in (model, ordinary))
    a, b = (la.random_slice(o, seed=2) for o in (strange, usual))
    assert [digest(axis) for axis in a.axes] == [digest(axis) for axis in b.axes] and a.spec() == b.spec()
    assert strange.spec()["params"] == usual.spec()["params"]
    coords = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 3)}
    one, two = (la.sweep(la.probes.loss(o), f, coords) for o, f in ((strange, a), (usual, b)))
    assert one["loss"].values == pytest.approx(two["loss"].values, rel=1e-6) and float(one["loss"].std()) > 1e-3
    assert one["center_loss"].item() == pytest.approx(F.cross_entropy(model(cases.blobs()[0]), cases.blobs()[1]).item(), rel=1e-6)
    for p, values, stride, address, version in before:
        assert torch.equal(p, values) and (p.stride(), p.data_ptr(), p._version) == (stride, address, version)
    back = la.load_point(la.save_point(strange.point(), tmp_path / "a.safetensors"))
    assert digest(back) == digest(strange.point())
    moved = a(torch.tensor([0.5, 0.5]))
    assert digest(la.load_point(la.save_point(moved, tmp_path / "b.safetensors"))) == digest(moved)


@pytest.mark.parametrize("name", ["pieces", "interleaved", "expanded"])
def test_memory_is_not_shared_by_what_is_moved(name):
    """One weight moves alone, whatever lies beside it."""
    objective = la.Objective.from_module(cases.seeded(KINDS[name]), cases.blobs(), "cross_entropy")
    second = objective.params["second.weight"].clone()
    first = objective.params["first.weight"]
    others = first[1:].clone(), first[0, 1:].clone()
    first[0, 0] += 1.0
    assert torch.equal(objective.params["second.weight"], second)
    assert torch.equal(first[1:], others[0]) and torch.equal(first[0, 1:], others[1])


class TiedByData(nn.Module):
    """As older code ties: two Parameters, one memory."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(7, 5), nn.Linear(5, 7, bias=False)
        self.head.weight.data = self.embed.weight.data

    def forward(self, input_ids):
        return {"logits": self.head(torch.tanh(self.embed(input_ids)))}


class Tied(TiedByData):
    def __init__(self):
        super().__init__()
        self.head.weight = self.embed.weight


def test_parameters_tied_through_their_memory_are_one():
    batch = cases.token_batch(words=7)
    one, two = (la.Objective.from_module(cases.seeded(make), batch, "causal_lm") for make in (TiedByData, Tied))
    assert list(one.params) == ["embed.weight"] == list(two.params)
    coords = {"alpha": [0.0, 0.5], "beta": [0.3]}
    a, b = (la.sweep(la.probes.loss(o), la.random_slice(o), coords)["loss"].values for o in (one, two))
    assert (a == b).all() and a.std() > 1e-3
    state = cases.seeded(TiedByData).state_dict()
    assert float(one.value(one.conform(state))) == float(one.value())


class Overlapping(nn.Module):
    def __init__(self, second):
        super().__init__()
        self.first = nn.Parameter(torch.randn(6, 6, generator=gen()))
        self.second = nn.Parameter(second(self.first.data))

    def forward(self, x):
        return (x @ self.first @ self.second.reshape(6, -1))[:, :3]


@pytest.mark.parametrize("second", [lambda w: w.t(), lambda w: w[:, :3], lambda w: w.view(-1)[6:24], lambda w: w.view(36)])
def test_views_that_share_a_part_of_their_memory_are_refused(second):
    """Neither could move alone, and as one they have no shape."""
    with pytest.raises(la.InputError, match=r"'first' \(6, 6\) and 'second' .* are different views of the same memory.*clone") as caught:
        la.Objective.from_module(Overlapping(second), cases.blobs(), "cross_entropy")
    assert "\n" not in str(caught.value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        la.Objective.from_module(Overlapping(lambda w: second(w).clone()), cases.blobs(), "cross_entropy")


# ---- computed weights -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("wrap", [nn.utils.weight_norm, nn.utils.spectral_norm, lambda m: nn.utils.prune.l1_unstructured(m, "weight", 0.5)])
def test_a_loaded_state_is_computed_from_before_the_first_forward_pass(wrap):
    """weight_norm and its like keep a computed weight that loading a state dict leaves stale."""
    trained, fresh = (wrap(cases.seeded(lambda: nn.Linear(6, 3), seed)) for seed in (0, 1))
    fresh.load_state_dict(trained.state_dict())
    stale = fresh.weight.detach().clone()
    copied = copy_of(fresh)
    with torch.no_grad():
        trained.eval()(cases.blobs()[0])
    assert torch.equal(copied.weight, trained.weight) and not torch.equal(copied.weight, stale)
    assert torch.equal(fresh.weight, stale) and fresh.training
    one, two = (la.Objective.from_module(m, cases.blobs(), "cross_entropy") for m in (trained, fresh))
    assert one.spec() == two.spec()
    assert float(one.to("cpu").value()) == float(one.value()) == float(two.value())


def test_a_copy_has_a_life_of_its_own():
    model = cases.seeded(pieces_of_one_storage)
    twin = copy.deepcopy(model)
    copied = copy_of(model)
    with torch.no_grad():
        for p in copied.parameters():
            p.zero_()
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), twin.parameters(), strict=True))
