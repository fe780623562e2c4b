"""C8. A deep network has the minima of a linear one, far above its own (Goldblum et al. 2020, section 2).

The best linear model of the data is put into a deep ReLU network: hidden layers that pass on the inputs, made positive by a bias, so that
every ReLU is linear on all data. There the gradient is zero and, as nearby the network stays linear, the loss is at a minimum; training
from an ordinary start ends far below. Squared error, whose best linear model is exact; float64.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ..curvature import hessian
from ..fitting import fit
from ..names import Scale
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..run.events import Listener, Note
from ..zoo.suboptimal import embedded_linear, gradient_norm
from .digits import pair, sgd
from .finding import Finding, Number

CLAIM = ("The minimum of a linear model is a minimum of a deep ReLU network, with a loss far above what SGD reaches from an ordinary start "
         "(Goldblum et al. 2020)")
SIGNATURE = ("outputs equal to those of the best linear model to 1e-5, gradient norm below 1e-6, gradient descent at a rate "
             "below 2/λmax stays (loss changed by less than 0.1 %), and a loss more than 5 times that of ordinary training, for every seed "
             "(METHODS C8: 0.0208 against 0.0011)")
#: Epochs of ordinary training, and steps of gradient descent from the constructed point.
SETTINGS = {"quick": (100, 100), "paper": (1000, 1000)}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Construct the point, verify it, and train beside it."""
    epochs, stays = SETTINGS[scale]
    of: dict[str, list[float]] = {}
    for seed in seeds:
        train = squared(seed)
        everything = train.with_data(train.data, batch_size=train.data.n_examples)
        found = embedded_linear(everything)
        curved = hessian(everything, found.point)
        largest = float(eigenpairs(curved, k=1, seed=seed).values[0])
        smallest = float(eigenpairs(curved, k=1, which="smallest", seed=seed).values[0])
        after = fit(everything, init=found.point, optimizer=sgd(1 / largest), steps=stays, seed=seed)
        ordinary = fit(train, optimizer=sgd(0.2, 0.9), steps=epochs * len(train.data), seed=seed)
        trained = float(everything.value(ordinary.point))
        for name, value in {
            "loss of the constructed point": found.loss, "loss of ordinary training": trained,
            "constructed over ordinary": found.loss / trained,
            "norm of the gradient at the constructed point": found.gradient_norm,
            "norm of the gradient at the ordinary start": gradient_norm(everything, everything.point()),
            "largest difference of outputs, relative": found.checks["largest difference of outputs, relative"],
            "largest eigenvalue of the Hessian": largest, "smallest eigenvalue of the Hessian": smallest,
            f"loss after {stays} steps of gradient descent from there": float(everything.value(after.point)),
        }.items():
            of.setdefault(name, []).append(value)
        on_event(Note(f"C8, seed {seed}: constructed {found.loss:.4g}, ordinary {trained:.4g}"))
    numbers = [Number(name, tuple(values)) for name, values in of.items()]
    moved = [abs(b / a - 1) for a, b in zip(of["loss of the constructed point"], numbers[-1].values, strict=True)]
    shown = (max(of["largest difference of outputs, relative"]) < 1e-5 and max(of["norm of the gradient at the constructed point"]) < 1e-6
             and max(moved) < 1e-3 and min(of["constructed over ordinary"]) > 5)
    notes = (f"64-64-64-10 on digits, squared error of one-hot labels, float64; ordinary: SGD with rate 0.2, momentum 0.9, batches of 50, "
             f"{epochs} epochs", "the constructed point is the same for every seed, as there is one best linear model; it is sharp, "
             "and a rate above 2/λmax leaves it")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes)


def squared(seed: int) -> Objective:
    """The digits network under the squared error of one-hot labels."""
    train, _ = pair(seed=seed)
    inputs, labels = train.data.whole()
    return Objective.from_module(train.module, (inputs, F.one_hot(labels, 10).to(inputs.dtype)), "mse", batch_size=50, dtype=torch.float64)
