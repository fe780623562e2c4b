"""B3. What small batches are good for happens early: small first, then large (Keskar et al. 2017, section 4).

A network is trained for k epochs with small batches and from there on with large ones. Keskar et al. find that large batches from the start
end in sharp minima that generalize worse, and that after enough epochs of small batches they end as flat and as well as small batches
do. Runs are compared where the loss of all training data first reaches one and the same value: a lower loss alone would look flatter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from ..fitting import fit
from ..measures import keskar
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from .digits import measured, pair, sgd, whole
from .finding import Finding, Number, curves
from .temperature import rank, sharpest

CLAIM = ("Large batches after k epochs of small ones end in flatter minima that generalize better, the later the switch (Keskar et al. "
         "2017, Figure 5)")
SIGNATURE = ("with Adam, as in the paper, at one training loss: rank correlation of k with ε-sharpness of −0.8 or less for every seed, and "
             "a test error after the last switch below that of large batches from the start by more than two standard errors (thresholds "
             "ours: the paper shows curves)")
#: Epochs of small batches before the switch, for each optimizer.
SETTINGS: dict[str, dict[str, tuple[int, ...]]] = {
    "quick": {"Adam": (0, 2, 4, 8, 16), "SGD": (0, 4, 16)}, "paper": {"Adam": (0, 1, 2, 4, 8, 12, 16), "SGD": (0, 1, 2, 4, 8, 12, 16)}}
OPTIMIZERS: dict[str, Any] = {"Adam": partial(torch.optim.Adam, lr=1e-3), "SGD": sgd(0.1)}
#: Training loss at which runs are compared: below what any switch starts from.
TARGETS = {"Adam": 0.002, "SGD": 0.01}
SMALL, LARGE, MOST, LOOK = 10, 500, 20_000, 10
WORDS = {"λmax": ("λmax", ""), "sharpness": ("ε-sharpness", ""), "test": ("test error", "%")}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Switch at every k from every seed, by both optimizers."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, switches in SETTINGS[scale].items():
        values = np.array([[_one(name, k, seed) for k in switches] for seed in seeds])  # (seeds, switches, 3)
        found[name] = dict(zip(WORDS, values.transpose(2, 0, 1), strict=True))
        on_event(Note(f"B3, {name}: λmax after switches at {', '.join(map(str, switches))} epochs: "
                      f"{', '.join(f'{v:.3g}' for v in found[name]['λmax'].mean(0))} (means over seeds)"))
    ranks = {(name, what): [rank(np.array(SETTINGS[scale][name], dtype=float), row) for row in found[name][what]]
             for name in found for what in ("λmax", "sharpness")}
    gains = {name: of["test"][:, 0] - of["test"][:, -1] for name, of in found.items()}
    shown = all(r <= -0.8 for r in ranks["Adam", "sharpness"]) and clear(gains["Adam"])
    numbers = [Number(f"rank correlation of k and {WORDS[what][0]}, {name}", tuple(values)) for (name, what), values in ranks.items()]
    numbers += [Number(f"test error, large from the start minus last switch, {name}", tuple(values), "%") for name, values in gains.items()]
    numbers += [Number(f"{WORDS[what][0]}, {name}, switch after {k} epochs", tuple(values[:, i]), WORDS[what][1])
                for name, of in found.items() for what, values in of.items() for i, k in enumerate(SETTINGS[scale][name])]
    data = curves("k", SETTINGS[scale]["Adam"], {"sharpness": found["Adam"]["sharpness"], "error": found["Adam"]["test"]},
                  words={"sharpness": "ε-sharpness", "error": "test error", "k": "epochs of small batches before"},
                  units={"error": "%"}, title="small batches first, then large ones (Adam)")
    notes = (f"64-64-64-10 on digits, batches of {SMALL} then {LARGE}; Adam with rate 0.001 to a training loss of {TARGETS['Adam']:g}, "
             f"SGD with rate 0.1 to {TARGETS['SGD']:g}", "the verdict is on Adam and ε-sharpness, as the paper has them; λmax and "
             "SGD stand beside")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def clear(gains: np.ndarray) -> bool:
    """Whether a mean over seeds is above zero by more than two of its standard errors; a single seed cannot tell."""
    return len(gains) > 1 and bool(gains.mean() > 2 * gains.std(ddof=1) / len(gains) ** 0.5)


class _Reached(Exception):
    """The training loss is where runs are compared."""


def _one(name: str, k: int, seed: int) -> tuple[float, float, float]:
    """λmax, ε-sharpness and test error where the loss is reached, NaN where it never is."""
    train, test = pair(batch=SMALL, seed=seed)
    everything = whole(train)
    begun = fit(train, optimizer=OPTIMIZERS[name], steps=k * len(train.data), seed=seed).point if k else None
    large = train.with_data(train.data, batch_size=LARGE)
    point = reached(large, everything, begun, OPTIMIZERS[name], TARGETS[name], seed)
    if point is None:
        return np.nan, np.nan, np.nan
    return sharpest(everything, point), keskar(everything, point=point, seed=seed).value, measured(whole(test), point)[1]


def reached(
    train: Objective, everything: Objective, start: Params | None, optimizer: Callable[..., Any], target: float, seed: int,
) -> Params | None:
    """The point at which training first has this loss of all data, looked for every few steps; None where it never has."""
    found: list[Params] = []

    def look(step: int, point: Params, state: Any) -> None:
        if step % LOOK == 0 and measured(everything, point)[0] <= target:
            found.append({name: tensor.detach().clone() for name, tensor in point.items()})
            raise _Reached

    try:
        fit(train, init=start, optimizer=optimizer, steps=MOST, seed=seed, hooks=[look])
    except _Reached:
        return found[0]
    return None
