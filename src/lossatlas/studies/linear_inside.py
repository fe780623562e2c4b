"""C8. A deep network has the minima of a linear one, far above its own (Goldblum et al. 2020, section 2).

The best linear model of the data is put into a deep ReLU network: hidden layers that pass on the inputs, made positive by a bias, so that
every ReLU is linear on all data. There the gradient is zero and, as nearby the network stays linear, the loss is at a minimum; training
from an ordinary start ends far below. Squared error, whose best linear model is exact; float64.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ..curvature import hessian
from ..metrics import error
from ..names import Scale
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..run.events import Listener, Note
from ..zoo.suboptimal import embedded_linear, gradient_norm
from .digits import pair, sgd, watched
from .finding import Finding, Number, curves

CLAIM = ("The minimum of a linear model is a minimum of a deep ReLU network, with a loss far above what SGD reaches from an ordinary start "
         "(Goldblum et al. 2020)")
SIGNATURE = ("outputs equal to those of the best linear model to 1e-5, gradient norm below 1e-6, gradient descent at a rate "
             "below 2/λmax stays (loss changed by less than 0.1 %), and a loss more than 5 times that of ordinary training, for every seed "
             "(METHODS C8: 0.0208 against 0.0011)")
#: Epochs of 20 steps, of ordinary training and of gradient descent from the constructed point.
SETTINGS = {"quick": 100, "paper": 1000}
STEPS = 20
LINES = ("SGD, usual start", "descent, linear model")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Construct the point, verify it, and train beside it."""
    epochs = SETTINGS[scale]
    losses: dict[str, list[np.ndarray]] = {name: [] for name in LINES}
    of: dict[str, list[float]] = {}
    for seed in seeds:
        train = squared(seed)
        everything = train.with_data(train.data, batch_size=train.data.n_examples)
        found = embedded_linear(everything)
        curved = hessian(everything, found.point)
        largest = float(eigenpairs(curved, k=1, seed=seed).values[0])
        smallest = float(eigenpairs(curved, k=1, which="smallest", seed=seed).values[0])
        for line, part in zip(LINES, ((train, sgd(0.2, 0.9), None), (everything, sgd(1 / largest), found.point)), strict=True):
            losses[line].append(watched(part[0], part[1], epochs, seed=seed, init=part[2], per_epoch=STEPS)[1][:, 0])
        trained, after = (float(losses[line][-1][-1]) for line in LINES)
        for name, value in {
            "loss of the constructed point": found.loss, "loss of ordinary training": trained,
            "constructed over ordinary": found.loss / trained,
            "norm of the gradient at the constructed point": found.gradient_norm,
            "norm of the gradient at the ordinary start": gradient_norm(everything, everything.point()),
            "largest difference of outputs, relative": found.checks["largest difference of outputs, relative"],
            "largest eigenvalue of the Hessian": largest, "smallest eigenvalue of the Hessian": smallest,
            f"loss after {epochs * STEPS} steps of gradient descent from there": after,
        }.items():
            of.setdefault(name, []).append(value)
        on_event(Note(f"C8, seed {seed}: constructed {found.loss:.4g}, ordinary {trained:.4g}"))
    numbers = [Number(name, tuple(values)) for name, values in of.items()]
    moved = [abs(b / a - 1) for a, b in zip(of["loss of the constructed point"], numbers[-1].values, strict=True)]
    shown = (all(value < 1e-5 for value in of["largest difference of outputs, relative"])
             and all(value < 1e-6 for value in of["norm of the gradient at the constructed point"])
             and all(value < 1e-3 for value in moved) and all(value > 5 for value in of["constructed over ordinary"]))
    notes = (f"64-64-64-10 on digits, squared error of one-hot labels, float64; ordinary: SGD with rate 0.2, momentum 0.9, batches of 50, "
             f"{epochs} epochs", "the constructed point is the same for every seed, as there is one best linear model; it is sharp, "
             "and a rate above 2/λmax leaves it")
    data = curves("step", range(0, epochs * STEPS + 1, STEPS), {"loss": np.stack([losses[line] for line in LINES], axis=1)}, lines=LINES,
                  words={"loss": "squared error of all training data"}, title="training from an ordinary start and from a linear model")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def squared(seed: int) -> Objective:
    """The digits network under the squared error of one-hot labels."""
    train, _ = pair(seed=seed)
    inputs, labels = train.data.whole()
    targets = F.one_hot(labels, 10).to(inputs.dtype)
    return Objective.from_module(train.module, (inputs, targets), "mse", metrics={"error": error}, batch_size=50, dtype=torch.float64)
