"""H5. Half way between two deep networks without normalization, hidden units hardly vary any more; REPAIR gives it back (Jordan et al. 2023,
"REPAIR: REnormalizing Permuted Activations for Interpolation Repair").

A fully connected network of 5 hidden layers, trained from two seeds, the second matched to the first: the variance of pre-activations half
way, relative to the ends, layer by layer, and the error there before and after REPAIR.
"""

from __future__ import annotations

import numpy as np

from ..fitting import fit
from ..names import Scale
from ..params import lincomb
from ..run.events import Listener, Note
from ..symmetry import match, repair, variance_ratio
from .digits import measured, pair, sgd, whole
from .finding import Finding, Number, curves

CLAIM = ("Between two deep networks the variance of hidden units collapses with depth, even where they are matched; giving it back repairs "
         "what is half way (Jordan et al. 2023)")
SIGNATURE = ("half way between matched networks the variance of the last hidden layer, relative to the ends, is at most half of the first "
             "layer's, and REPAIR leaves at most half of the test error, for every seed (METHODS H5: .67 to .03, error .72 to .17)")
DEPTH = 5


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Two networks of every seed, matched, and what is half way."""
    width, epochs, source = {"quick": (64, 60, "digits"), "paper": (512, 20, "mnist:data/mnist")}[scale]
    ratios = np.full((len(seeds), 3, DEPTH), np.nan)  # not matched, matched, repaired
    errors, losses = np.full((len(seeds), 5), np.nan), np.full((len(seeds), 5), np.nan)
    for i, seed in enumerate(seeds):
        ratios[i], errors[i], losses[i] = _half_way(width, epochs, source, seed)
        on_event(Note(f"H5, seed {seed}: variance ratio of matched networks {', '.join(f'{r:.2g}' for r in ratios[i, 1])}; test error half way "
                      f"{errors[i, 2]:.3g} %, repaired {errors[i, 3]:.3g} %"))
    shown = bool((ratios[:, 1, -1] <= ratios[:, 1, 0] / 2).all() and (errors[:, 3] <= errors[:, 2] / 2).all())
    where = ("at the ends (mean)", "half way, not matched", "half way, matched", "half way, matched and repaired", "half way, repaired only")
    numbers = [Number(f"test error {words}", tuple(errors[:, k]), "%") for k, words in enumerate(where)]
    numbers += [Number(f"test loss {words}", tuple(losses[:, k])) for k, words in enumerate(where)]
    numbers += [Number(f"variance ratio, {words}, hidden layer {layer + 1}", tuple(ratios[:, k, layer]))
                for k, words in enumerate(("not matched", "matched", "matched and repaired")) for layer in range(DEPTH)]
    data = curves("layer", range(1, DEPTH + 1), {"variance_ratio": ratios}, lines=("not matched", "matched", "matched and repaired"),
                  words={"variance_ratio": "variance of pre-activations half way / at the ends", "layer": "hidden layer"},
                  title="variance between two networks")
    notes = (f"{DEPTH} hidden layers of {width}, {epochs} epochs of SGD (rate 0.05, batches of 50); half way: the mean of both networks' "
             "weights, statistics on training data", "the ratio is Σ Var / Σ (½(σ_a + σ_b))² over the units of a layer")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def _half_way(width: int, epochs: int, source: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variance ratios (3, layers), and test error (%) and loss: ends, not matched, matched, both, repaired only."""
    points = []
    for k in (0, 1):
        train, test = pair((64 if source == "digits" else 784, *[width] * DEPTH, 10), seed=1000 * k + seed, source=source)
        points.append(fit(train, optimizer=sgd(0.05), steps=epochs * (train.data.n_examples // 50), seed=1000 * k + seed).point)
    train, test = whole(train), whole(test)
    a, b = points
    matched = match(train, a, b, seed=seed).point
    middles = [lincomb([0.5, 0.5], [a, b]), lincomb([0.5, 0.5], [a, matched]), repair(train, a, matched), repair(train, a, b)]
    ratios = [list(variance_ratio(train, a, end, point=point).values()) for end, point in zip((b, matched, matched), middles, strict=False)]
    ends = np.mean([measured(test, point) for point in points], axis=0)
    losses, errors = np.array([ends, *(measured(test, point) for point in middles)]).T
    return np.array(ratios), errors, losses
