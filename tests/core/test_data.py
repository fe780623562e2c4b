"""Data in every form that people have them, and the forms that no landscape can be drawn of."""

import random

import cases
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, WeightedRandomSampler

import lossatlas as la

X, Y = cases.blobs(n=37)


class Items(Dataset):
    """Items (x, y) with y a plain int, changed by ``augment``."""

    def __init__(self, augment=lambda x: x, n=37):
        self.augment, self.n = augment, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError
        return self.augment(X[i]), int(Y[i])


class Stream(IterableDataset):
    def __iter__(self):
        return iter([(x, int(y)) for x, y in zip(X, Y, strict=True)])


FORMS = {
    "tensors": (X, Y),
    "arrays": (X.numpy(), Y.numpy()),
    "double": (X.double().numpy(), Y),
    "dataset": TensorDataset(X, Y),
    "items": Items(),
    "stream": Stream(),
    "loader": DataLoader(TensorDataset(X, Y), batch_size=10),
    "workers": DataLoader(Items(), batch_size=10, num_workers=1),
    "item list": [(x, int(y)) for x, y in zip(X, Y, strict=True)],
    "batch list": [(X[:10], Y[:10]), (X[10:], Y[10:])],
    "list of lists": [[X[:10], Y[:10]], [X[10:], Y[10:]]],
    "batches": la.Batches.of((X, Y)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_data_is_the_same_objective(form):
    objective = la.Objective.from_module(cases.mlp(), FORMS[form], "cross_entropy", batch_size=8)
    reference = la.Objective.from_module(cases.mlp(), (X, Y), "cross_entropy", batch_size=8)
    assert objective.data.sizes == (8, 8, 8, 8, 5) and objective.data.n_examples == 37
    assert float(objective.value()) == float(reference.value())
    assert objective.data.digest() == reference.data.digest()


def test_a_loaders_own_batches_are_kept_unless_asked():
    loader = DataLoader(TensorDataset(X, Y), batch_size=10)
    assert la.Batches.of(loader).sizes == (10, 10, 10, 7) and la.Batches.of(loader).batch_size == 10
    assert la.Batches.of(loader, batch_size=16).sizes == (16, 16, 5)
    assert la.Batches.of((X, Y)).sizes == (37,) and la.Batches.of((X, Y), batch_size=36).sizes == (36, 1)
    uneven = la.Batches.of([(X[:3], Y[:3]), (X[3:30], Y[3:30]), (X[30:], Y[30:])])
    assert uneven.batch_size == [3, 27, 7]


def test_dicts_several_inputs_and_nested_inputs():
    assert la.Batches.of({"input_ids": Y, "labels": Y}, batch_size=10).sizes == (10, 10, 10, 7)
    assert len(la.Batches.of((X, X, Y)).whole()) == 3
    nested = la.Batches.of(({"a": X, "b": X}, Y), batch_size=10)
    assert nested.n_examples == 37 and set(nested.whole()[0]) == {"a", "b"}
    items = [{"input_ids": np.arange(4) + i, "labels": i} for i in range(5)]
    assert la.Batches.of(items, batch_size=2).sizes == (2, 2, 1)
    with pytest.warns(UserWarning, match=r"\['text'\] are not tensors and are left out"):
        la.Batches.of([{"x": X, "labels": Y, "text": ["a"] * 37}])


def test_the_digest_depends_on_values_and_order_not_on_batching():
    digests = {la.Batches.of((X, Y), batch_size=size).digest() for size in (1, 5, 37)}
    assert len(digests) == 1
    changed = X.clone()
    changed[20, 3] += 1e-6
    flipped = la.Batches.of((X.flip(0), Y.flip(0))).digest()
    assert len({*digests, la.Batches.of((changed, Y)).digest(), flipped, la.Batches.of((X.double(), Y)).digest()}) == 4


def test_iterating_twice_gives_the_same_with_the_number_of_every_example():
    data = la.Batches.of((X, Y), batch_size=10)
    assert [(b.start, b.size) for b in data] == [(0, 10), (10, 10), (20, 10), (30, 7)]
    for b, c in zip(data, data, strict=True):
        assert torch.equal(b.value[0], c.value[0]) and torch.equal(b.value[0], X[b.start : b.start + b.size])
    taken = data.take(torch.tensor([5, 3, 36]))
    assert torch.equal(taken.whole()[1], Y[[5, 3, 36]])


def test_ragged_batches_work_and_say_what_they_cannot():
    ids = [torch.randint(11, (n, t), generator=cases.gen(t)) for n, t in ((4, 7), (3, 5))]
    data = [{"input_ids": i, "labels": i} for i in ids]
    objective = la.Objective.from_module(cases.seeded(cases.Tied), data, "causal_lm")
    total = sum(
        float(la.Objective.from_module(cases.seeded(cases.Tied), d, "causal_lm").value()) * d["labels"][:, 1:].numel() for d in data
    )
    assert float(objective.value()) == pytest.approx(total / (24 + 12), rel=1e-6)
    with pytest.raises(la.InputError, match="different shapes"):
        la.Batches.of(data).rebatch(2)
    assert la.Batches.of(data).digest() != la.Batches.of(data[::-1]).digest()


# ---- what is random ------------------------------------------------------------------------------------------------

RANDOM = {
    "shuffle": lambda: DataLoader(TensorDataset(X, Y), batch_size=10, shuffle=True),
    "weighted sampler": lambda: DataLoader(TensorDataset(X, Y), batch_size=10, sampler=WeightedRandomSampler(torch.ones(37), 37)),
    "torch augmentation": lambda: Items(lambda x: x + 0.1 * torch.randn(6)),
    "numpy augmentation": lambda: Items(lambda x: x * np.random.choice([1, -1])),
    "python augmentation": lambda: DataLoader(Items(lambda x: x + random.random()), batch_size=10),
    "shuffle of one example": lambda: DataLoader(TensorDataset(X[:1], Y[:1]), shuffle=True),
}


@pytest.mark.parametrize("kind", RANDOM)
def test_shuffling_and_augmentation_are_refused_with_the_reason(kind):
    with pytest.raises(la.InputError, match=r"the loss would change from point to point.*freeze=True") as caught:
        la.Objective.from_module(cases.mlp(), RANDOM[kind](), "cross_entropy")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [k for k in RANDOM if "one" not in k])
def test_freezing_keeps_one_draw_that_the_seed_decides(kind):
    digests = []
    for seed in (0, 0, 1):
        torch.manual_seed(len(digests))
        digests.append(la.Batches.of(RANDOM[kind](), freeze=True, seed=seed).digest())
    assert digests[0] == digests[1] != digests[2]


def test_the_seed_decides_also_for_a_loader_with_its_own_generator():
    def loader():
        return DataLoader(TensorDataset(X, Y), batch_size=10, shuffle=True, generator=torch.Generator().manual_seed(5))

    a, b, c = (la.Batches.of(loader(), freeze=True, seed=seed).digest() for seed in (0, 0, 1))
    assert a == b != c


def test_a_numpy_generator_of_the_datasets_own_is_found():
    own = np.random.default_rng(0)
    with pytest.raises(la.InputError, match="random"):
        la.Batches.of(Items(lambda x: x + float(own.normal())))


# ---- what is no data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data,message",
    [
        ((X[:0], Y[:0]), "data are empty: 0 examples"),
        ([], "data are empty"),
        (TensorDataset(X[:0], Y[:0]), "data are empty"),
        (DataLoader(TensorDataset(X[:0], Y[:0])), "data are empty"),
        ((X, Y[:5]), r"shapes \(37, 6\), \(5,\); expected one first dimension"),
        ((X,), "tuple of length 1; expected"),
        (X, "a batch is a Tensor"),
        ("data", "a batch holds a str"),
        (None, "data are a NoneType"),
        (5, "data are a int"),
        ((b for b in [(X, Y)]), "generator can be read only once"),
        ([(torch.ones(3), 1), (torch.ones(4), 1)], "do not stack"),
        ({"a": "x"}, "no tensors"),
        ((torch.tensor(1.0), torch.tensor(1)), "expected one first dimension"),
    ],
)
@pytest.mark.filterwarnings("ignore:batch entries")
def test_what_is_no_data_is_refused_in_one_line(data, message):
    with pytest.raises(la.InputError, match=message) as caught:
        la.Batches.of(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, -1, True, 2.5, "8"])
def test_batch_sizes_that_are_none(size):
    for data in ((X, Y), la.Batches.of((X, Y))):
        with pytest.raises(la.InputError, match="batch_size is"):
            la.Batches.of(data, batch_size=size)
