"""Training recipes: how the networks of the literature get their weights.

``sgd`` and ``adam`` are those of Li et al. 2018: 300 epochs in batches of 128 (or 8192) with weight decay 5e-4 (or none), the learning
rate divided by ten after epochs 150, 225 and 275; SGD with Nesterov momentum 0.9 from 0.1, networks without shortcuts from 0.01, Adam from
0.001; pictures cropped and flipped (CIFAR-10). Weights start normal with variance 2 / fan-in (He et al. 2015, ``initialization``); of the
fully connected networks as torch draws them, uniform with variance 1 / (3 fan-in).

At ``scale="quick"`` there are fewer epochs, and of large data sets fewer examples, so that a run takes minutes on two cores; the drops stay
at the same fractions of the run. :meth:`Recipe.changed` says what that changed.

A recipe is plain data, so that a run on disk can say how it was trained and be trained again. ``digits`` is the quick one of the demo: a
cosine instead of the drops.

Source: Li, Xu, Taylor, Studer, Goldstein, "Visualizing the Loss Landscape of Neural Nets", 2018, sections 3, 6 and the appendix; the rates
also in the names of the runs in their code (vgg9_sgd_lr=0.1_bs=8192, vgg9_adam_lr=0.001_bs=128).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from ..errors import InputError
from ..fitting import Fit, Hook, fit
from ..metrics import accuracy
from ..names import Anneal, Precision, RecipeName, Scale, choose
from ..objective import Augment, Objective
from .augment import crop_and_flip
from .data import prepare, read
from .networks import NETWORKS, build

PAPER_EPOCHS, DROPS = 300, (150, 225, 275)
RATES = {"sgd": 0.1, "adam": 0.001}
#: Of SGD on networks without shortcuts, which do not train at 0.1 (Li et al. 2018, section 6).
RATE_WITHOUT_SHORTCUTS = 0.01
#: data -> epochs and examples at scale quick; of other data (a file of the user's) the entry "".
QUICK = {"digits": (60, None), "mnist": (10, 10_000), "fashion-mnist": (10, 10_000), "cifar10": (10, 5_000), "": (10, None)}
#: Pictures that stay what they are when left and right are exchanged.
FLIPPABLE = ("cifar10", "fashion-mnist")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, as plain data.

    Attributes:
        optimizer: ``sgd`` (Nesterov momentum 0.9) or ``adam``.
        rate: the learning rate at the start.
        batch: examples per step; all examples where there are fewer.
        weight_decay: λ of the optimizer, which adds λ·θ to every gradient: on the point, BatchNorm and biases included.
        epochs: passes over the data.
        examples: how many of the training examples; None: all.
        augment: whether pictures are cropped and flipped.
        anneal: ``drops`` (by ten at 1/2, 3/4 and 11/12 of the run) or ``cosine`` (to zero at its end).
        precision: ``float32``, or ``bf16``: the forward pass in bfloat16 where torch holds it safe.
    """

    optimizer: RecipeName = "sgd"
    rate: float = 0.1
    batch: int = 128
    weight_decay: float = 5e-4
    epochs: int = PAPER_EPOCHS
    examples: int | None = None
    augment: bool = False
    anneal: Anneal = "drops"
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        choose(self.optimizer, RecipeName, "the optimizer of a recipe")
        choose(self.anneal, Anneal, "anneal")
        choose(self.precision, Precision, "precision")
        for name in ("batch", "epochs") if self.examples is None else ("batch", "epochs", "examples"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{name} is {value!r}; expected a whole number of at least 1")
        if not (self.rate > 0 and math.isfinite(self.rate)):
            raise InputError(f"the learning rate is {self.rate}; expected a positive number such as 0.1")
        if not (self.weight_decay >= 0 and math.isfinite(self.weight_decay)):
            raise InputError(f"weight decay is {self.weight_decay}; expected 0 or a positive number such as 5e-4")

    def descent(self, tensors: Iterable[torch.Tensor]) -> torch.optim.Optimizer:
        """The optimizer of what is trained: ``fit(…, optimizer=recipe.descent)``."""
        if self.optimizer == "adam":
            return torch.optim.Adam(tensors, lr=self.rate, weight_decay=self.weight_decay)
        return torch.optim.SGD(tensors, lr=self.rate, momentum=0.9, nesterov=True, weight_decay=self.weight_decay)

    def steps(self, examples: int) -> int:
        """How many steps the epochs are; the rest of an epoch that fills no batch is left out, as :func:`~lossatlas.fit` does."""
        return self.epochs * (examples // min(self.batch, examples))

    def schedule(self, steps: int) -> Callable[[int], float]:
        """Step -> factor of the learning rate, for a run of so many steps."""
        return partial(_cosine if self.anneal == "cosine" else _dropped, steps=steps)

    def changed(self, examples: int, there: int) -> list[str]:
        """What differs from 300 epochs on all ``there`` examples, in words; ``examples`` of them are trained on."""
        epochs = f"{self.epochs} epoch{'s' * (self.epochs > 1)}"
        said = [] if self.epochs == PAPER_EPOCHS else [f"{epochs} instead of {PAPER_EPOCHS}, drops at the same fractions"]
        said += [f"{examples:,} of the {there:,} training examples"] if examples < there else []
        return said + ([f"batches of {examples:,}, which are all examples, instead of {self.batch:,}"] if examples < self.batch else [])


def recipe(name: RecipeName, *, network: str = "", data: str = "", scale: Scale = "quick", **given: Any) -> Recipe:
    """A recipe of Li et al. 2018.

    Args:
        name: ``sgd`` or ``adam``.
        network: of the zoo; one without shortcuts (``…_noshort``) has SGD start at 0.01.
        data: ``digits``, ``cifar10:DIR`` … ("": what the network is made for); CIFAR-10 and Fashion-MNIST are cropped and flipped.
        scale: ``paper``, or ``quick``: minutes on two cores.
        given: fields of :class:`Recipe` that are another than the paper's; None leaves one as it is.

    Raises:
        InputError: an unknown name, a number out of range, augmentation of digits, whose mirror images are no digits.
    """
    choose(name, RecipeName, "recipe")
    choose(scale, Scale, "scale")
    kind = data.partition(":")[0] or (NETWORKS[network].data if network in NETWORKS else "")
    rate = RATE_WITHOUT_SHORTCUTS if name == "sgd" and network.endswith("_noshort") else RATES[name]
    made = Recipe(name, rate, augment=kind in FLIPPABLE)
    if scale == "quick":
        epochs, examples = QUICK.get(kind, QUICK[""])
        made = replace(made, epochs=epochs, examples=examples)
    made = replace(made, **{field: value for field, value in given.items() if value is not None})
    if made.augment and kind in ("digits", "mnist"):
        raise InputError(f"augment is True for {kind}, but a mirrored digit is none; expected pictures such as cifar10:DIR: leave it out")
    return made


def augmentation(mean: Sequence[float] = (), std: Sequence[float] = ()) -> Augment:
    """Crop and flip for pictures that were normalized by mean and std per channel: ``objective.training(augment=augmentation(…))``."""
    return partial(crop_and_flip, fill=tuple(-m / s for m, s in zip(mean, std, strict=True)))


def _dropped(step: int, *, steps: int) -> float:
    return 0.1 ** sum(step * PAPER_EPOCHS >= drop * steps for drop in DROPS)


def _cosine(step: int, *, steps: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / steps))


# ------------------------------------------------------------------ the demo

#: Where they differ from 0.1. Li et al. train networks without shortcuts at a tenth; at this depth a third is enough to make them train.
DIGITS_RATES = {"digits_resnet_noshort": 0.03}
DIGITS = Recipe(batch=50, epochs=20, anneal="cosine")


def digits(name: str, *, seed: int = 0, epochs: int = DIGITS.epochs, hooks: Sequence[Hook] = ()) -> Fit:
    """Train a digits network of the zoo from a seeded start; seconds on two cores."""
    source, made = read("digits"), replace(DIGITS, epochs=epochs, rate=DIGITS_RATES.get(name, DIGITS.rate))
    data = prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    objective = Objective.from_module(build(name, seed=seed), data, "cross_entropy", metrics={"accuracy": accuracy}, batch_size=made.batch)
    steps = made.steps(objective.data.n_examples)
    return fit(objective, optimizer=made.descent, steps=steps, seed=seed, hooks=hooks, schedule=made.schedule(steps))
