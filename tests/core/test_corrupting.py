"""Objective.corrupt: what is redrawn, what stays, and that it is drawn once (Zhang et al. 2017; METHODS C1)."""

import cases
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.corrupting import parsed
from lossatlas.names import Corruption

KINDS = Corruption.__args__


def pictures(n=600, channels=3, seed=0, classes=5, **options):
    x = torch.randn(n, channels, 4, 4, generator=cases.gen(seed)) * torch.arange(1.0, channels + 1).reshape(-1, 1, 1) + 2
    y = torch.randint(classes, (n,), generator=cases.gen(seed + 1))
    model = cases.seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(16 * channels, classes)))
    return la.Objective.from_module(model, (x, y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy}, batch_size=100, **options)


def columns(objective):
    return objective.data.whole()


def test_random_labels_are_uniform_over_the_classes_and_a_share_stays_right_by_chance():
    objective = pictures(n=6000)
    x, y = columns(objective)
    for share in (0.0, 0.3, 1.0):
        new_x, new_y = columns(view := objective.corrupt("random_labels", share, seed=1))
        assert torch.equal(new_x, x)
        differ = float((new_y != y).float().mean())
        assert differ == pytest.approx(share * 4 / 5, abs=0.02)
        assert f"({int((new_y != y).sum()):,} of 6,000 labels differ)" in view.data.words
    counts = torch.bincount(columns(objective.corrupt("random_labels"))[1], minlength=5)
    assert float((counts - 1200).abs().max()) < 5 * (6000 * 0.2 * 0.8) ** 0.5
    assert view.metrics.keys() == objective.metrics.keys() and view.loss_name == "cross_entropy"


@pytest.mark.parametrize("kind", KINDS)
def test_the_draw_is_fixed_by_the_seed_and_a_smaller_share_is_part_of_a_larger_one(kind):
    objective = pictures()
    whole, half, again, other = (columns(objective.corrupt(kind, share, seed=seed))
                                 for share, seed in ((1.0, 0), (0.5, 0), (0.5, 0), (0.5, 1)))
    at = 1 if kind == "random_labels" else 0
    assert all(torch.equal(a, b) for a, b in zip(half, again, strict=True)) and not torch.equal(half[at], other[at])
    moved = (half[at] != columns(objective)[at]).reshape(600, -1).any(1)
    assert torch.equal(half[at][moved], whole[at][moved])
    assert int(moved.sum()) == 300 if at == 0 else 180 < int(moved.sum()) < 300
    assert torch.equal(half[1 - at], columns(objective)[1 - at])


@pytest.mark.parametrize("kind", KINDS)
def test_batches_and_precision_do_not_change_the_draw(kind):
    ours, other = pictures(), pictures(dtype=torch.float64)
    assert ours.with_data(ours.data.rebatch(7)).corrupt(kind, 0.4).data.digest() == ours.corrupt(kind, 0.4).data.digest()
    for a, b in zip(columns(ours.corrupt(kind, 0.4)), columns(other.corrupt(kind, 0.4)), strict=True):
        assert torch.allclose(a.double(), b.double(), rtol=1e-6, atol=1e-6)
    assert ours.corrupt(kind).data.sizes == ours.data.sizes


def test_shuffled_pixels_are_one_permutation_of_whole_pixels_also_for_test_data():
    objective = pictures()
    positions = torch.arange(16.0).reshape(1, 1, 4, 4).expand(600, 3, 4, 4).contiguous()
    marked = objective.with_data((positions, columns(objective)[1]))
    order = columns(marked.corrupt("shuffled_pixels"))[0].reshape(600, 3, 16)
    assert torch.equal(order, order[:1, :1].expand_as(order)) and sorted(order[0, 0].tolist()) == list(range(16))
    assert order[0, 0].tolist() != list(range(16))
    test = marked.with_data((positions[:50], columns(objective)[1][100:150]))
    assert torch.equal(columns(test.corrupt("shuffled_pixels"))[0].reshape(50, 3, 16)[0], order[0])


def test_random_pixels_are_a_permutation_of_its_own_for_every_image():
    objective = pictures()
    positions = torch.arange(16.0).reshape(1, 1, 4, 4).expand(600, 3, 4, 4).contiguous()
    order = columns(objective.with_data((positions, columns(objective)[1])).corrupt("random_pixels"))[0].reshape(600, 3, 16)
    assert torch.equal(order.sort(2).values, positions.reshape(600, 3, 16)) and torch.equal(order[:, :1].expand_as(order), order)
    assert len(order[:, 0].unique(dim=0)) == 600
    counts = torch.bincount(order[:, 0, 0].long(), minlength=16)
    assert float((counts - 37.5).abs().max()) < 5 * 37.5**0.5


def test_gaussian_inputs_have_the_mean_and_variance_of_each_channel_and_nothing_else_of_the_data():
    objective = pictures(n=3000)
    x, new = columns(objective)[0], columns(objective.corrupt("gaussian"))[0]
    assert torch.allclose(new.mean((0, 2, 3)), x.mean((0, 2, 3)), atol=0.1)
    assert torch.allclose(new.std((0, 2, 3)), x.std((0, 2, 3)), rtol=0.03)
    together = torch.corrcoef(torch.stack([x.flatten(), new.flatten()]))  # the channels differ in scale, not in mean
    assert abs(float(together[0, 1])) < 0.01
    test = objective.with_data((x[:500], columns(objective)[1][:500]))
    assert not torch.equal(columns(test.corrupt("gaussian"))[0][0], new[0]), "training and test data have noise of their own"


def test_it_is_a_view_that_says_what_it_is():
    objective = pictures()
    before, state = objective.spec(), torch.get_rng_state()
    view = objective.corrupt("random_labels", 0.5, seed=3).corrupt("gaussian")
    assert torch.equal(torch.get_rng_state(), state) and objective.spec() == before
    assert {k for k, v in view.spec().items() if v != before[k]} == {"data"}
    words = "random labels in a share of 0.5, seed 3 ("
    assert view.data.words.startswith(words) and view.data.words.endswith("gaussian, seed 0")
    small = view.with_data(view.data.take(torch.arange(20)), batch_size=5).to("cpu")
    ds = la.sweep(la.probes.loss(small), la.random_slice(small), {"alpha": [0.0, 1.0], "beta": [0.0]})
    assert ds.attrs["corrupted"].startswith(words) and "Corrupted data: random labels" in la.figures.slice(ds, draw="heatmap").caption
    plain = la.sweep(la.probes.loss(pair := {"train": small, "test": objective}), la.random_slice(small), {"alpha": [0.0], "beta": [0.0]})
    assert plain.attrs["corrupted"] == {"train": small.data.words} and len(pair) == 2
    assert "corrupted" not in la.sweep(la.probes.loss(objective), la.random_slice(objective), {"alpha": [0.0], "beta": [0.0]}).attrs


class Scored(nn.Module):
    """Takes a dict batch, as a network of Hugging Face does."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(12, 3)

    def forward(self, pixel_values, attention_mask=None):
        return {"logits": self.inner(pixel_values.flatten(1))}


def test_dict_batches_and_batches_of_uneven_shapes():
    y = torch.randint(3, (40,), generator=cases.gen())
    x = torch.randn(40, 3, 2, 2, generator=cases.gen())
    mask = torch.ones(40, 5, dtype=torch.int64)
    objective = la.Objective.from_module(cases.seeded(Scored), {"pixel_values": x, "attention_mask": mask, "labels": y}, "cross_entropy")
    labels = columns(objective.corrupt("random_labels"))
    assert torch.equal(labels["pixel_values"], x) and not torch.equal(labels["labels"], y) and labels["labels"].dtype == torch.int64
    scrambled = columns(objective.corrupt("random_pixels"))
    assert not torch.equal(scrambled["pixel_values"], x) and torch.equal(scrambled["labels"], y)
    assert torch.equal(scrambled["attention_mask"], mask)

    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(2, 3)

        def forward(self, x):
            return self.head(x.mean(1))

    padded = [(torch.randn(n, length, 2, generator=cases.gen(n)), torch.arange(n) % 3) for n, length in ((8, 3), (5, 7), (9, 2))]
    uneven = la.Objective.from_module(cases.seeded(Mean), padded, "cross_entropy").corrupt("random_labels")
    assert uneven.data.sizes == (8, 5, 9) and uneven.value().isfinite() and not torch.equal(uneven.data.targets()[:8], padded[0][1])


def test_labels_that_do_not_count_stay_and_those_of_bce_are_redrawn():
    objective = pictures()
    x, y = columns(objective)
    y = torch.where(torch.arange(600) % 4 == 0, -100, y)
    new = columns(objective.with_data((x, y)).corrupt("random_labels"))[1]
    assert torch.equal(new == -100, y == -100) and not torch.equal(new, y)
    model = cases.seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(48, 1)))
    binary = la.Objective.from_module(model, (x, (y > 2).float()[:, None]), "bce")
    found = columns(binary.corrupt("random_labels"))[1]
    assert found.shape == (600, 1) and set(found.unique().tolist()) == {0, 1} and found.dtype == torch.float32


def made(model, x, y, loss="cross_entropy"):
    return la.Objective.from_module(model, (x, y), loss)


@pytest.mark.parametrize(("make", "words"), [
    (lambda o: o.corrupt("random_label"), "did you mean 'random_labels'"), (lambda o: o.corrupt("gaussian", 1.5), "share is 1.5"),
    (lambda o: o.corrupt("gaussian", float("nan")), "share is nan"), (lambda o: o.corrupt("gaussian", seed=0.5), "seed is 0.5"),
    (lambda o: o.with_data((columns(o)[0], torch.softmax(torch.randn(600, 5), 1))).corrupt("random_labels"), "write y.argmax"),
    (lambda o: o.with_data((columns(o)[0], torch.zeros(600, dtype=torch.int64))).corrupt("random_labels"), "single class"),
    (lambda o: o.poison((columns(o)[0][:40], columns(o)[1][:40])).corrupt("gaussian"), "first, .poison"),
    (lambda o: made(nn.Linear(1, 2), torch.randn(9, 1), torch.arange(9) % 2).corrupt("gaussian"), "without pixels"),
    (lambda o: made(nn.Embedding(9, 2), torch.arange(9), torch.arange(9) % 2).corrupt("random_pixels"), "without pixels"),
    (lambda o: made(nn.Linear(3, 2), torch.randn(9, 3), torch.randn(9, 2), "mse").corrupt("random_labels"), "under the loss 'mse'"),
    (lambda o: parsed("random_lables:0.2"), "did you mean 'random_labels'"), (lambda o: parsed("gaussian:much"), "after the colon"),
    (lambda o: parsed("gaussian:1.2"), "after the colon"), (lambda o: parsed("gaussian:"), "after the colon")])
def test_what_cannot_be_corrupted_is_refused(make, words):
    with pytest.raises(la.InputError, match=words):
        make(pictures())


def test_the_text_of_commands():
    assert parsed("random_labels:0.2") == ("random_labels", 0.2) and parsed("gaussian") == ("gaussian", 1.0)
