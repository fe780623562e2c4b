"""A2, A4, A6, A7. Small and large batches, with and without weight decay (Li et al. 2018, sections 3 and 4, Figures 2 and 3).

On the straight line between a small-batch and a large-batch solution, the small-batch end looks flat without weight decay and sharp with
it: of two ends the one with smaller weights looks sharp, because a step of the same length is larger for it. Weight decay shrinks the
weights of small batches most, which make more steps in as many epochs, and turns the picture round; where BatchNorm makes the scale of
weights meaningless to the function, nothing keeps them from it. Directions that are normalized filter by filter do not see that scale.

On clean digits all networks are right on 98 % of the test data, and their order cannot be told. So test errors are compared on noisy
digits as well: the same with 20 % of the training labels redrawn. The networks of a seed are trained once for all four studies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from ..family import line, random_slice
from ..fitting import State, fit
from ..lattice import axis
from ..metrics import error
from ..names import Normalize, Scale
from ..objective import Objective
from ..params import Params, norm
from ..probes.loss import loss
from ..run.events import Listener, Note
from ..run.sweep import sweep
from ..seeds import fixed_rng
from ..zoo.data import prepare, read
from ..zoo.networks import build
from ..zoo.recipes import Recipe, augmentation
from .digits import measured
from .drawing import bars
from .finding import Finding, Number, curves


@dataclass(frozen=True)
class Setting:
    """What is trained: data, small and large batch, epochs, the weight decay that is compared with none, the share of training labels that
    are redrawn where test errors are compared, how many examples sharpness is measured on."""

    data: str
    batches: tuple[int, int]
    epochs: int
    decay: float
    noise: float = 0.0
    examples: int | None = None


SETTINGS = {"quick": Setting("digits", (10, 500), 60, 5e-3, noise=0.2),
            "paper": Setting("cifar10:data/cifar10", (128, 8192), 300, 5e-4, examples=5000)}
#: Weight decay of the paper.
PAPER_DECAY = 5e-4
#: Filter radius of sharpness; of directions without normalization, the standard deviation of a weight's change.
RADII: dict[Normalize, float] = {"filter": 0.5, "layer": 0.5, "none": 0.05}
#: Of sharpness: of ten the standard error is as large as what batch sizes make of it on clean digits.
DIRECTIONS = 100
#: Weights that count as small; and by how many % a norm that grows steadily may fall (after the last drops of the rate it stands still).
SMALL, MOST_FALLEN = 0.01, 1.0
#: Of a norm that grows: the end over the start, at least.
GROWN = 1.1


@dataclass(frozen=True, eq=False)
class Solution:
    """A trained network: its objectives, where it stands, the norm of its weights after every epoch, its test error in %."""

    train: Objective = field(repr=False)
    test: Objective = field(repr=False)
    point: Params = field(repr=False)
    norms: tuple[float, ...]
    test_error: float


def _network(scale: Scale, seed: int) -> nn.Module:
    """VGG-9, or at quick 64-64-64-10 with BatchNorm."""
    if scale == "paper":
        return build("vgg9", seed=seed)
    with fixed_rng(seed, "study", "batch size"), torch.device("cpu"):
        hidden = [layer for _ in range(2) for layer in (nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU())]
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(64, 10))


def solutions(scale: Scale, seed: int, *, noisy: bool = False) -> Mapping[tuple[int, float], Solution]:
    """The four networks of a seed, by batch size and weight decay, all from the same first weights; on noisy labels where that is asked."""
    return _solutions(scale, seed, SETTINGS[scale].noise if noisy else 0.0)


@cache
def _solutions(scale: Scale, seed: int, noise: float) -> Mapping[tuple[int, float], Solution]:
    setting = SETTINGS[scale]
    source = read(setting.data)
    train, test = (prepare(part, mean=source.mean, std=source.std, scale=source.scale) for part in (source.train, source.test))
    network = _network(scale, seed)
    found = {}
    for decay in (0.0, setting.decay):
        for batch in setting.batches:
            objective = Objective.from_module(network, train, "cross_entropy", metrics={"error": error}, batch_size=batch,
                                              device="auto" if scale == "paper" else None)
            held = objective.with_data(test, batch_size=1000)
            objective = objective.corrupt("random_labels", noise, seed=seed) if noise else objective
            how = Recipe(batch=batch, weight_decay=decay, epochs=setting.epochs, augment=scale == "paper")
            found[batch, decay] = _trained(objective, held, how, source, setting.examples, seed)
    return found


def _trained(objective: Objective, test: Objective, how: Recipe, source: Any, examples: int | None, seed: int) -> Solution:
    norms: list[float] = []
    steps = how.steps(objective.data.n_examples)
    each = steps // how.epochs

    def look(step: int, point: Params, state: State) -> None:
        if step % each == 0:
            norms.append(norm({name: point[name].detach() for name in state.parameters}))

    view = objective.training(augmentation(source.mean, source.std) if how.augment else None)
    end = fit(view, optimizer=how.descent, schedule=how.schedule(steps), steps=steps, seed=seed, hooks=[look])
    few = objective.data if examples is None else objective.data.take(torch.arange(examples))
    pictured = objective.with_data(few, batch_size=1000)
    return Solution(pictured, test, end.point, tuple(norms), measured(test, end.point)[1])


# ---- A2 ------------------------------------------------------------------------------------------------------------


def flip(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A2: which end of the line looks sharp, with and without weight decay, and which is sharp along filter-normalized directions."""
    setting = SETTINGS[scale]
    at, decays = axis(-0.5, 1.5, 41), (0.0, setting.decay)
    of: dict[tuple[str, int, float], list[float]] = {}
    profiles: dict[float, list[np.ndarray]] = {decay: [] for decay in decays}
    for seed in seeds:
        for decay in decays:
            ends = [solutions(scale, seed)[batch, decay] for batch in setting.batches]
            joined = line(ends[0].point, ends[1].point, buffers=ends[0].train.buffers)
            values = sweep(loss(ends[0].train.with_bn("recompute")), joined, {"alpha": at}, plan="plain")["loss"].values
            profiles[decay].append(values)
            for batch, one, half, end in zip(setting.batches, ends, (at <= 0.5, at >= 0.5), (0.0, 1.0), strict=True):
                row = {"rise": float(values[half].mean() - values[at == end][0]), "sharpness": rise(one, "filter", seed)[0],
                       "norm": one.norms[-1], "clean": one.test_error, "noisy": solutions(scale, seed, noisy=True)[batch, decay].test_error}
                for what, value in row.items():
                    of.setdefault((what, batch, decay), []).append(value)
        rises = {decay: " and ".join(f"{of['rise', batch, decay][-1]:.2g}" for batch in setting.batches) for decay in decays}
        on_event(Note(f"A2, seed {seed}: rise around the two ends " + ", ".join(f"{rises[d]} (weight decay {d:g})" for d in decays)))
    below = {(what, decay): [a < b for a, b in zip(*(of[what, batch, decay] for batch in setting.batches), strict=True)]
             for what in ("rise", "sharpness", "noisy") for decay in decays}
    said = {"the end that looks sharp flips": all(below["rise", 0.0]) and not any(below["rise", setting.decay]),
            "filter normalization undoes it": all(below["sharpness", 0.0] + below["sharpness", setting.decay]),
            "small batches generalize better": all(below["noisy", 0.0] + below["noisy", setting.decay])}
    words = {"rise": "mean rise of the loss on the half of the line around the end", "sharpness": "filter-normalized sharpness",
             "norm": "norm of the weights", "clean": "test error",
             "noisy": f"test error with {100 * setting.noise:g} % of the training labels redrawn"}
    numbers = [Number(f"{words[what]}, {_named((batch, decay))}", values, "%" if what in ("clean", "noisy") else "")
               for (what, batch, decay), values in sorted(of.items(), key=lambda item: list(words).index(item[0][0]))]
    data = curves("alpha", at, {"loss": np.stack([profiles[decay] for decay in decays], axis=1)}, lines=[
        f"decay {decay:g}" for decay in decays], words={"loss": "training loss", "alpha": "α: batch {} at 0, {} at 1".format(
            *setting.batches)}, title="the end that looks sharp changes with weight decay")
    return Finding(
        "Which end of the line between a small-batch and a large-batch solution looks sharp flips with weight decay; filter-normalized "
        "directions undo it; small batches generalize better in both cases (Li et al. 2018, sections 3 and 4)",
        "for every seed: without weight decay the mean rise of the training loss over the half of the line (from -0.5 to 1.5) around the "
        "large-batch end is the larger one, with it that around the small-batch end; filter-normalized sharpness, and the test error"
        + (f" of networks trained with {100 * setting.noise:g} % of the labels redrawn," if setting.noise else ",") + " are "
        "smaller for the small batch in both cases (Li et al. 2018, Figures 2 and 3)", all(said.values()), numbers,
        ("; ".join(f"{words}: {'yes' if seen else 'no'}" for words, seen in said.items()), *_redrawn(scale), _what(scale),
         "BatchNorm statistics are re-estimated at every point of the line: interpolated variances become negative beyond its ends"), data)


@cache
def rise(one: Solution, normalize: Normalize, seed: int) -> tuple[float, float]:
    """Mean rise of the training loss over random directions at the radius of this normalization, and its standard error."""
    rays = random_slice(one.train, dims=("alpha",), normalize=normalize, seed=seed, point=one.point, repeats=DIRECTIONS)
    ds = sweep(loss(one.train), rays, {"alpha": [RADII[normalize]]}, plan="plain")
    values = (ds["loss"].isel(alpha=0) - ds["center_loss"]).values
    return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)


def _what(scale: Scale) -> str:
    setting = SETTINGS[scale]
    network = "VGG-9 on CIFAR-10" if scale == "paper" else "64-64-64-10 with BatchNorm on digits"
    return (f"{network}, {setting.epochs} epochs of SGD with Nesterov momentum 0.9 from rate 0.1, divided by ten at 1/2, 3/4 and 11/12 of "
            f"them; the recipe of the paper, but for what is smaller here{_more_decay(setting.decay)}")


def _more_decay(decay: float) -> str:
    return "" if decay == PAPER_DECAY else f", and a weight decay of {decay:g}, which is {decay / PAPER_DECAY:g} times the paper's"


def _redrawn(scale: Scale) -> tuple[str, ...]:
    noise = SETTINGS[scale].noise
    return (f"test errors are compared of networks trained with {100 * noise:g} % of the training labels redrawn: without that they do not "
            "differ",) if noise else ()


def _named(key: tuple[int, float]) -> str:
    return f"batch {key[0]}, weight decay {key[1]:g}"


def _keys(scale: Scale) -> list[tuple[int, float]]:
    return [(batch, decay) for decay in (0.0, SETTINGS[scale].decay) for batch in SETTINGS[scale].batches]


# ---- A4 ------------------------------------------------------------------------------------------------------------


def weights(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A4: norms over epochs, and how many weights are small at the end."""
    keys = _keys(scale)
    of = {key: [solutions(scale, seed)[key] for seed in seeds] for key in keys}
    shares = {key: [100 * _small(one) for one in ones] for key, ones in of.items()}
    falls = {key: [_fall(np.array(one.norms)) for one in ones] for key, ones in of.items()}
    grows = all(fall < MOST_FALLEN and one.norms[-1] > GROWN * one.norms[0]
                for key in keys if key[1] == 0 for fall, one in zip(falls[key], of[key], strict=True))
    more = all(a > b for a, b in zip(shares[keys[2]], shares[keys[3]], strict=True))
    ends = {key: [one.norms[-1] for one in of[key]] for key in keys}
    on_event(Note("A4: norms at the end " + ", ".join(f"{np.mean(ends[key]):.3g} ({_named(key)})" for key in keys)))
    numbers = [number for key in keys for number in (
        Number(f"norm at the end, {_named(key)}", ends[key]),
        Number(f"largest fall of the norm below an earlier one, {_named(key)}", falls[key], "%"),
        Number(f"weights within {SMALL:g} of zero, {_named(key)}", shares[key], "%"))]
    data = curves("epoch", range(SETTINGS[scale].epochs + 1), {"norm": np.stack([[one.norms for one in of[key]] for key in keys], axis=1)},
                  lines=[_named(key) for key in keys], words={"norm": "norm of the weights"},
                  title="weights grow where no decay holds them")
    return Finding(
        "Without weight decay the norm of the weights grows steadily; with it small batches, which make more steps, end with more small "
        "weights than large ones (Li et al. 2018, Figure 2)",
        f"for every seed: without weight decay the norm ends above {GROWN:g} times that of the start and never falls by "
        f"more than {MOST_FALLEN:g} % below that of an earlier epoch, for both batch sizes; with it more weights of matrices lie within "
        f"{SMALL:g} of zero for the small batch than for the large one (Li et al. 2018, Figure 2 b, c, e, f)",
        grows and more, numbers,
        (f"grows steadily: {'yes' if grows else 'no'}; more small weights: {'yes' if more else 'no'}", _what(scale)), data)


def _fall(norms: np.ndarray) -> float:
    """By how many % the norm falls below an earlier one, at most."""
    return 100 * float((1 - norms / np.maximum.accumulate(norms)).max())


def _small(one: Solution) -> float:
    """The share of the weights of matrices and filters that are small."""
    flat = torch.cat([one.point[name].flatten() for name, tensor in one.train.params.items() if tensor.ndim > 1])
    return float((flat.abs() < SMALL).double().mean())


# ---- A6 and A7 -----------------------------------------------------------------------------------------------------


def filterwise(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A6: the order of filter-normalized sharpness is that of the test error, and that without normalization is not."""
    ranks, numbers, figure = _orders(scale, seeds, on_event, "A6")
    shown = ranks["filter", "mean"] == 1 and ranks["none", "mean"] < 1
    return Finding(
        "Filter-normalized sharpness orders networks as their test errors do; without normalization it does not (Li et al. 2018, section "
        "4)", "over the four networks, by means over the seeds: rank correlation with the test error 1 for filter-normalized sharpness, "
        "and below 1 without normalization", shown, numbers, _rank_notes(scale, ranks), figure=figure)


def layerwise(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A7: normalized layer by layer, sharpness and test error are correlated less."""
    ranks, numbers, figure = _orders(scale, seeds, on_event, "A7")
    shown = float(np.mean(ranks["layer", "each"])) < float(np.mean(ranks["filter", "each"]))
    return Finding(
        "Sharpness along layer-normalized directions is correlated less with the test error than along filter-normalized ones (Li et al. "
        "2018, appendix A)", "over the four networks of each seed: a smaller rank correlation with the test error, by the mean over the "
        "seeds; any difference counts", shown, numbers, _rank_notes(scale, ranks), figure=figure)


def _orders(scale: Scale, seeds: tuple[int, ...], on_event: Listener, row: str) -> tuple[dict[tuple[str, str], Any], list[Number], Any]:
    """Rank correlations of sharpness and test error by normalization: of each seed, and of the means over seeds."""
    keys = _keys(scale)
    of = [[solutions(scale, seed, noisy=True)[key] for key in keys] for seed in seeds]
    errors = np.array([[one.test_error for one in row] for row in of])  # (seeds, networks)
    numbers = [Number(f"test error, {_named(key)}", errors[:, k], "%") for k, key in enumerate(keys)]
    ranks: dict[tuple[str, str], Any] = {}
    sharp = {}
    for how in RADII:
        sharp[how] = np.array([[rise(one, how, seed)[0] for one in row] for row, seed in zip(of, seeds, strict=True)])
        ranks[how, "each"] = [_spearman(a, b) for a, b in zip(sharp[how], errors, strict=True)]
        ranks[how, "mean"] = _spearman(sharp[how].mean(axis=0), errors.mean(axis=0))
        numbers += [Number(f"sharpness ({how}), {_named(key)}", sharp[how][:, k]) for k, key in enumerate(keys)]
        numbers.append(Number(f"rank correlation with the test error ({how})", ranks[how, "each"]))
        on_event(Note(f"{row}, {how}: rank correlation of sharpness and test error {ranks[how, 'mean']:.2g}, of means over seeds"))
    columns = {"test error, %": errors} | {f"sharpness ({how})": values for how, values in sharp.items()}
    return ranks, numbers, bars([_named(key) for key in keys], columns, title="sharpness and test error of four networks")


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(spearmanr(a, b).statistic) if np.ptp(a) and np.ptp(b) else float("nan")


def _rank_notes(scale: Scale, ranks: Mapping[tuple[str, str], Any]) -> tuple[str, ...]:
    means = ", ".join(f"{how} {ranks[how, 'mean']:.2g}" for how in RADII)
    return (f"rank correlations of the means over seeds: {means}; four networks have 24 orders: by chance 1 comes about in one case of 24",
            *_redrawn(scale), _what(scale))
