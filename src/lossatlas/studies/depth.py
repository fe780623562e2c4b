"""A9, A10. Depth, width and skip connections (Li et al. 2018, section 6, Figures 5 and 6).

The paper's landscapes of networks without skip connections turn from convex to chaotic as they get deeper; skip connections and width
prevent it, and what looks chaotic trains badly. Here the networks are small enough for minutes: fully connected residual blocks with
BatchNorm on digits, with and without the skips, or at paper scale the ResNets on CIFAR-10. Non-convexity is the share of cells of a random
plane whose smaller principal curvature is clearly negative. A picture of it is one plane of very many: the score is given with its spread
over seeds, and a short recipe may well show no chaos at all.

A10 reads the same planes for the height at which they stop being convex, and asks whether a fresh network starts below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..analyses import nonconvexity, sharpness
from ..family import random_slice
from ..fitting import fit
from ..lattice import axis
from ..metrics import error
from ..names import Scale
from ..objective import Objective
from ..probes.loss import loss
from ..run.events import Listener, Note
from ..run.sweep import sweep
from ..seeds import fixed_rng
from ..subsets import subset
from ..zoo.data import prepare, read
from ..zoo.networks import build
from ..zoo.recipes import RATE_WITHOUT_SHORTCUTS, Recipe, augmentation
from .digits import measured
from .drawing import bars
from .finding import Finding, Number, curves


class Blocks(nn.Module):
    """64 inputs, blocks of two linear layers with BatchNorm and perhaps a skip around them, 10 outputs; He's initialization.

    Args:
        depth: layers with weights, an even number from 4.
    """

    def __init__(self, depth: int, width: int, *, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.first, self.last = nn.Linear(64, width), nn.Linear(width, 10)
        self.layers = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(depth - 2))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(depth - 2))
        for layer in (self.first, *self.layers):
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x.flatten(1)))  # (B, 1, 8, 8) -> (B, width)
        for k in range(0, len(self.layers), 2):
            y = F.relu(self.norms[k](self.layers[k](x)))
            y = self.norms[k + 1](self.layers[k + 1](y))
            x = F.relu(y + x if self.skip else y)
        return self.last(x)  # (B, 10)


@dataclass(frozen=True)
class Setting:
    """Depths at the usual width, and widths at the greatest depth (as multiples of the usual one); epochs, points of a plane, examples."""

    depths: tuple[int, ...]
    widths: tuple[int, ...]
    epochs: int
    points: int
    examples: int


SETTINGS = {"quick": Setting((6, 20, 40), (1, 4), 20, 15, 500), "paper": Setting((20, 56, 110), (1, 2, 4, 8), 300, 51, 5000)}
#: Units of a hidden layer at width 1.
UNITS = 32


@dataclass(frozen=True)
class Look:
    """What was seen of one network: errors in %, losses, sharpness; of a plane the share that is not convex, and the lowest loss there."""

    test_error: float
    train_loss: float
    initial_loss: float
    sharpness: float
    nonconvex: float
    height: float
    highest: float


def _made(scale: Scale, depth: int, width: int, skip: bool, seed: int) -> nn.Module:
    if scale == "paper":
        shortcut = "" if skip else "_noshort"
        return build(f"resnet{depth}{shortcut}" if width == 1 else f"wrn56_{width}{shortcut}", seed=seed)
    with fixed_rng(seed, "study", "depth", depth, width), torch.device("cpu"):  # a network and its twin without skips start alike
        return Blocks(depth, UNITS * width, skip=skip)


@cache
def seen(scale: Scale, depth: int, width: int, skip: bool, seed: int) -> Look:
    """Train one network and look at it."""
    setting = SETTINGS[scale]
    source = read("digits" if scale == "quick" else "cifar10:data/cifar10")
    train, test = (prepare(part, mean=source.mean, std=source.std, scale=source.scale) for part in (source.train, source.test))
    how = Recipe(rate=0.1 if skip else RATE_WITHOUT_SHORTCUTS, batch=50 if scale == "quick" else 128, epochs=setting.epochs,
                 augment=scale == "paper")
    objective = Objective.from_module(_made(scale, depth, width, skip, seed), train, "cross_entropy", metrics={"error": error},
                                      batch_size=how.batch, device="auto" if scale == "paper" else None)
    steps = how.steps(objective.data.n_examples)
    view = objective.training(augmentation(source.mean, source.std) if how.augment else None)
    end = fit(view, optimizer=how.descent, schedule=how.schedule(steps), steps=steps, seed=seed).point
    few = objective.with_data(subset(objective.data, setting.examples, seed=0), batch_size=500)
    grid = {dim: axis(-1, 1, setting.points) for dim in ("alpha", "beta")}
    plane = sweep(loss(few), random_slice(few, seed=seed, point=end), grid)
    curved = nonconvexity(plane)
    values = plane["loss"].values
    inner, rough = values[1:-1, 1:-1], curved["nonconvex"].values
    return Look(measured(objective.with_data(test, batch_size=500), end)[1], measured(few, end)[0], float(few.with_bn("batch").value()),
                float(sharpness(few, point=end, seed=seed)["sharpness"]), 100 * float(curved["nonconvexity"]),
                float(inner[rough].min()) if rough.any() else float("nan"), float(values.max()))


def _all(scale: Scale, seeds: tuple[int, ...], on_event: Listener, row: str) -> Mapping[tuple[int, int, bool], list[Look]]:
    """Every network (depth, width, skip), one look a seed."""
    setting = SETTINGS[scale]
    deepest = setting.depths[-1] if scale == "quick" else 56
    keys = [(depth, 1, skip) for skip in (True, False) for depth in setting.depths]
    keys += [(deepest, width, False) for width in setting.widths if width != 1]
    found: dict[tuple[int, int, bool], list[Look]] = {key: [] for key in keys}
    for seed in seeds:
        for key, looks in found.items():
            looks.append(seen(scale, *key, seed))
        shares = ", ".join(f"{looks[-1].nonconvex:.0f} % ({_named(key)})" for key, looks in found.items())
        on_event(Note(f"{row}, seed {seed}: not convex {shares}"))
    return found


def _named(key: tuple[int, int, bool]) -> str:
    depth, width, skip = key
    return f"{depth} layers, {'' if width == 1 else f'width x {width}, '}{'skips' if skip else 'no skips'}"


def architectures(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A9: non-convexity, sharpness and test error against depth, width and skip connections."""
    setting, of = SETTINGS[scale], _all(scale, seeds, on_event, "A9")
    low, high = setting.depths[0], setting.depths[-1]
    wide = (high if scale == "quick" else 56, setting.widths[-1], False)

    def values(key: tuple[int, int, bool], what: str = "nonconvex") -> np.ndarray:
        return np.array([getattr(look, what) for look in of[key]])

    narrow = (wide[0], 1, False)
    said = {"without skips non-convexity grows with depth": bool((values((high, 1, False)) > values((low, 1, False))).all()),
            "skips prevent it": bool((values((high, 1, True)) < values((high, 1, False))).all()),
            "width prevents it": bool((values(wide) < values(narrow)).all()),
            "the network without skips has the larger test error": bool((values((high, 1, True), "test_error") < values(
                (high, 1, False), "test_error")).all())}
    words = {"nonconvex": ("part of the plane that is not convex", "%"), "test_error": ("test error", "%"), "sharpness": ("sharpness", ""),
             "train_loss": ("training loss", "")}
    numbers = [Number(f"{text}, {_named(key)}", values(key, what), unit) for what, (text, unit) in words.items() for key in of]
    data = curves("depth", setting.depths, {what: np.stack([[values((depth, 1, skip), what) for depth in setting.depths] for skip in (
        True, False)]).transpose(2, 0, 1) for what in ("nonconvex", "test_error")}, lines=["skips", "no skips"],
        words={what: words[what][0] for what in words} | {"depth": "layers"}, units={what: words[what][1] for what in words},
        title="depth with and without skip connections")
    return Finding(
        "Without skip connections landscapes turn from convex to chaotic with depth; skips and width prevent it, and test errors follow "
        "(Li et al. 2018, section 6)",
        f"for every seed: the share of a filter-normalized random plane that is not convex is larger at {high} layers than at {low} "
        "without skips, smaller with skips than without at the greatest depth, and smaller at the greatest width; and the test error is "
        "smaller with skips than without there (Li et al. 2018, Figures 5 and 6, Table 1)", all(said.values()), numbers,
        ("; ".join(f"{claim}: {'yes' if true else 'no'}" for claim, true in said.items()),
         "what hardly trains ends high up, where planes are rougher: a deep network without skips is looked at before it has fitted",
         _what(scale)), data)


def _what(scale: Scale) -> str:
    setting = SETTINGS[scale]
    quick = f"fully connected blocks of {UNITS} units with BatchNorm on digits, batches of 50"
    network = quick if scale == "quick" else "ResNets on CIFAR-10"
    return (f"{network}, {setting.epochs} epochs of SGD from 0.1 with skips and {RATE_WITHOUT_SHORTCUTS:g} without (the paper's recipe); "
            f"one random plane a seed, {setting.points} x {setting.points} points from -1 to 1, {setting.examples:,} examples")


def attractor(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A10: the loss at initialization against the height at which the plane through the minimum stops being convex."""
    of = _all(scale, seeds, on_event, "A10")
    heights = {key: [look.highest if np.isnan(look.height) else look.height for look in looks] for key, looks in of.items()}
    starts = {key: [look.initial_loss for look in looks] for key, looks in of.items()}
    inside = {key: [start < height for start, height in zip(starts[key], heights[key], strict=True)] for key in of}
    good = [key for key in of if key[2]]
    shown = all(all(inside[key]) for key in good)
    numbers = [number for key in of for number in (
        Number(f"loss at initialization, {_named(key)}", starts[key]),
        Number(f"lowest loss that is not convex on the plane, {_named(key)}", heights[key]),
        Number(f"initialized below it, {_named(key)}", inside[key]))]
    convex = [_named(key) for key, looks in of.items() if all(np.isnan(look.height) for look in looks)]
    return Finding(
        "Good networks are initialized within the convex region around the minimum that they find (Li et al. 2018, section 6)",
        "for every network with skips and every seed: the loss of the fresh network is below the lowest loss at which the random plane "
        "through its minimum is not convex (Li et al. 2018: initial losses below 2.5, non-convex from 4 on)", shown, numbers,
        (*([f"nowhere clearly non-convex, so the highest loss of the plane stands for the height: {'; '.join(convex)}"] if convex else []),
         "losses at initialization are those of mini-batch statistics (fresh running statistics normalize nothing); the plane is one of "
         "very many, and does not hold the initialization", _what(scale)),
        figure=bars([_named(key) for key in of], {"loss at initialization": np.array(list(starts.values())).T,
                                                  "height of the convex region": np.array(list(heights.values())).T},
                    title="where networks start, and how high the convex region reaches", log=True))
