"""C1. Random labels are fitted perfectly (Zhang et al. 2017, "Understanding deep learning requires rethinking generalization").

One network, one recipe, five versions of the data: true labels, random labels, shuffled pixels, random pixels, Gaussian noise, and labels
of which a part is random. No augmentation and no weight decay, so that nothing but the network and SGD is looked at. The paper's
Figure 1: every version is fitted; random labels take a small factor longer; test errors are those of chance where nothing can be learnt,
and rise with the share of random labels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..names import Scale
from ..objective import Objective
from ..run.events import Listener, Note
from .digits import measured, pair, sgd, watched
from .finding import Finding, Number, curves

CLAIM = ("A network fits random labels to zero training error, with chance on test data, in a small factor more epochs than true labels "
         "(Zhang et al. 2017)")
SIGNATURE = ("with random labels: training error 0 % for every seed, mean test error within 5 points of chance (90 %), and more epochs to "
             "the first training error of 0 % than with true labels, for every seed (Zhang et al. 2017, Figure 1 and Table 1)")
#: What is done to the data, by the name of its line.
VERSIONS = {"true labels": None, "random labels": "random_labels", "shuffled pixels": "shuffled_pixels", "random pixels": "random_pixels",
            "Gaussian noise": "gaussian"}
SHARES = (0.2, 0.5, 0.8)
#: Of quick and paper: data, widths, batch, learning rate, epochs. Paper: the 3 x 512 MLP of Table 1, on whole CIFAR-10 pictures.
SETTINGS: dict[str, Any] = {
    "quick": ("digits", (64, 256, 256, 10), 50, 0.1, 100),
    "paper": ("cifar10:data/cifar10", (3072, 512, 512, 512, 10), 128, 0.01, 300)}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train on every version of the data from every seed."""
    source, widths, batch, rate, epochs = SETTINGS[scale]
    of: dict[str, list[tuple[np.ndarray, float]]] = {}
    for seed in seeds:
        train, test = pair(widths, batch=batch, seed=seed, source=source)
        for name, kind in VERSIONS.items():
            changed = (train, test) if kind is None else (train.corrupt(kind, seed=seed), _tested(test, kind, seed))
            of.setdefault(name, []).append(_trained(*changed, rate, epochs, seed))
        for share in SHARES:
            name = f"{100 * share:.0f} % random labels"
            of.setdefault(name, []).append(_trained(train.corrupt("random_labels", share, seed=seed), test, rate, epochs, seed))
        on_event(Note(f"C1, seed {seed}: random labels {of['random labels'][-1][0][-1]:.3g} % training error, "
                      f"{of['random labels'][-1][1]:.3g} % test error"))
    errors = {name: np.array([error for error, _ in runs]) for name, runs in of.items()}  # (seeds, epochs + 1)
    tests = {name: [test for _, test in runs] for name, runs in of.items()}
    first = {name: [_first_zero(row) for row in rows] for name, rows in errors.items()}
    ratio = [slow / quick for slow, quick in zip(first["random labels"], first["true labels"], strict=True)]
    numbers = [Number("training error, random labels", tuple(errors["random labels"][:, -1]), "%"),
               Number("training error, worst of all versions", tuple(np.max([rows[:, -1] for rows in errors.values()], axis=0)), "%"),
               Number("epochs to fit, random over true labels", tuple(ratio)),
               *(Number(f"epochs to fit, {name}", tuple(first[name]), "epochs") for name in of),
               *(Number(f"test error, {name}", tuple(tests[name]), "%") for name in of)]
    shown = bool((errors["random labels"][:, -1] == 0).all()) and abs(np.mean(tests["random labels"]) - 90) <= 5 and all(
        slow > quick for slow, quick in zip(first["random labels"], first["true labels"], strict=True))
    data = curves("epoch", range(epochs + 1), {"error": np.stack([errors[name] for name in VERSIONS], axis=1)}, lines=list(VERSIONS),
                  words={"error": "training error"}, units={"error": "%"}, title="a network fits what cannot be learnt")
    notes = ("test error of shuffled pixels is that of test pictures shuffled by the same permutation, of random pixels and noise of such "
             "pictures; of random labels of the true ones; fitted is: training error 0 %",
             f"{'-'.join(map(str, widths))} on {source.partition(':')[0]}, SGD with momentum 0.9, rate {rate:g}, batches of {batch}, "
             f"{epochs} epochs, no weight decay, no augmentation")
    return Finding(CLAIM, SIGNATURE, shown, numbers, notes, data)


def _tested(test: Objective, kind: str, seed: int) -> Objective:
    """Test data for a network trained on this version: pictures changed alike, labels never."""
    return test if kind == "random_labels" else test.corrupt(kind, seed=seed)  # type: ignore[arg-type]


def _trained(train: Objective, test: Objective, rate: float, epochs: int, seed: int) -> tuple[np.ndarray, float]:
    """Training error after every epoch, in %, and the test error at the end."""
    end, seen = watched(train, sgd(rate, 0.9), epochs, seed=seed)
    return seen[:, 1], measured(test, end.point)[1]


def _first_zero(errors: np.ndarray) -> float:
    zero = np.flatnonzero(errors == 0)
    return float(zero[0]) if len(zero) else math.nan
