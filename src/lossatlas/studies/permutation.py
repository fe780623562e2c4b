"""H4. The barrier between two networks is mostly that their neurons have other names (Entezari et al. 2022; Ainsworth, Hayase and Srinivasa
2023, "Git Re-Basin").

Two networks of one width are trained from different seeds; the barrier on the straight line between them is measured before and after the
second is matched to the first, by weights and by activations. The literature says that what is left vanishes with width.
"""

from __future__ import annotations

import numpy as np

from ..analyses.barrier import barrier
from ..fitting import fit
from ..names import Scale
from ..run.events import Listener, Note
from ..symmetry import match
from .digits import pair, sgd, whole
from .finding import Finding, Number, curves

CLAIM = "Renaming the hidden units of one of two networks removes most of the barrier between them (Ainsworth et al. 2023)"
SIGNATURE = ("matched by weights, the barrier in training loss is at most a quarter of that before at every width from 64 on, and "
             "lower than before at 16, for every seed (METHODS H4: 1.21 to .12, .54 to .028, .43 to .030, .33 to .038 at widths 16, 64, "
             "256, 1024)")
WIDTHS = (16, 64, 256, 1024)
#: What is left of a barrier, at most.
LEFT = 0.25


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Two networks of every width and seed, before and after."""
    epochs, source = {"quick": (40, "digits"), "paper": (60, "mnist:data/mnist")}[scale]
    found = np.full((len(seeds), len(WIDTHS), 3, 4), np.nan)  # before, weights, activations: loss and error (%), train and test
    for i, seed in enumerate(seeds):
        for j, width in enumerate(WIDTHS):
            found[i, j] = _barriers(width, seed, epochs, source)
            before, weights, activations = found[i, j, :, 0]
            on_event(Note(f"H4, seed {seed}, width {width}: barrier in training loss {before:.3g}, matched by weights {weights:.3g}, by "
                          f"activations {activations:.3g}"))
    loss = found[..., 0]  # (seeds, widths, ways)
    wide = np.array(WIDTHS) >= 64
    shown = bool((loss[:, wide, 1] <= LEFT * loss[:, wide, 0]).all() and (loss[:, ~wide, 1] < loss[:, ~wide, 0]).all())
    ways = ("before", "matched by weights", "matched by activations")
    numbers = [Number(f"barrier in {what}, width {width}, {way}", tuple(found[:, j, k, m]), unit)
               for m, (what, unit) in enumerate((("training loss", ""), ("test loss", ""), ("training error", "%"), ("test error", "%")))
               if m in (0, 3) for j, width in enumerate(WIDTHS) for k, way in enumerate(ways)]
    drawn = {"train_loss_barrier": found[..., 0].transpose(0, 2, 1), "test_error_barrier": found[..., 3].transpose(0, 2, 1)}
    data = curves("width", WIDTHS, drawn,
                  lines=ways, words={"train_loss_barrier": "barrier in training loss", "test_error_barrier": "barrier in test error",
                                     "width": "units of each hidden layer"}, units={"test_error_barrier": "%"},
                  title="barriers before and after matching")
    notes = (f"two hidden layers, {epochs} epochs of SGD (rate 0.1, batches of 50), 15 points on the line; at scale paper of MNIST",
             "the error barrier is the largest error on the line minus the mean of its ends",
             "that what is left vanishes with width is not part of the signature; the share of the barrier that weight matching leaves, "
             f"mean over seeds: {', '.join(f'{left:.2g}' for left in (loss[..., 1] / loss[..., 0]).mean(0))}")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def _barriers(width: int, seed: int, epochs: int, source: str) -> np.ndarray:
    """Barriers of two networks before and after matching, shape (3, 4)."""
    points = []
    for k in (0, 1):
        train, test = pair(_widths(width, source), seed=1000 * k + seed, source=source)
        steps = epochs * (train.data.n_examples // 50)
        points.append(fit(train, optimizer=sgd(0.1), steps=steps, seed=1000 * k + seed).point)
    both = {"train": whole(train), "test": whole(test)}
    a, b = points
    ends = [b, *(match(both["train"], a, b, method, seed=seed).point for method in ("weights", "activations"))]
    out = []
    for end in ends:
        ds = barrier(both, a, end, points=15)
        loss, error = ds["loss_barrier"], ds["error_barrier"]
        out.append([float(loss.sel(split="train")), float(loss.sel(split="test")), 100 * float(error.sel(split="train")),
                    100 * float(error.sel(split="test"))])
    return np.array(out)


def _widths(width: int, source: str) -> tuple[int, ...]:
    return (64 if source == "digits" else 784, width, width, 10)
