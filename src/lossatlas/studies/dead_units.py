"""C7. Training that starts badly gets stuck in suboptimal minima: dead ReLUs (Goldblum et al. 2020, section 2).

One network, one recipe, four initializations: as usual; biases of the hidden layers at −20, where no unit answers to any example; at +20,
where every unit is linear on all data; and all weights of a layer equal with zero biases, where the units of a layer never come to
differ. Beside the loss that training ends with stands what makes a minimum of it: the norm of the gradient and, of dead networks, the
smallest eigenvalue of the Hessian.
"""

from __future__ import annotations

import numpy as np

from ..curvature import hessian
from ..names import Scale
from ..numerics.krylov import eigenpairs
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from ..zoo.suboptimal import dead_relu, gradient_norm
from .digits import pair, sgd, watched, whole
from .finding import Finding, Number, curves

CLAIM = ("From an initialization with dead ReLUs training converges to a minimum far above what the network can reach (Goldblum et al. "
         "2020; Swirszcz et al. 2016)")
SIGNATURE = ("with biases of −20: final training loss within 1 % of the entropy of the labels, training error above 80 %, gradient norm "
             "below 0.01 and no eigenvalue of the Hessian below −0.001, for every seed, while the usual start ends below a tenth of that "
             "loss (METHODS C7: 2.3018, error 89 %)")
#: What happens to biases and weights of the start.
DEAD = ("biases −20", "biases +20")
STARTS = ("usual", "biases −20", "biases +20", "equal weights")
SETTINGS = {"quick": (30, (64, 64, 64, 10)), "paper": (300, (64, 256, 256, 10))}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Train from every start and seed, and look at where it ends."""
    epochs, widths = SETTINGS[scale]
    of: dict[tuple[str, str], list[float]] = {}
    losses: dict[str, list[np.ndarray]] = {}
    entropy = []
    for seed in seeds:
        train, _ = pair(widths, seed=seed)
        everything = whole(train)
        entropy.append(dead_relu(everything).loss)
        for start in STARTS:
            end, seen = watched(train, sgd(0.05, 0.9), epochs, seed=seed, init=started(train, start))
            losses.setdefault(start, []).append(seen[:, 0])
            found = {"loss": seen[-1, 0], "error": seen[-1, 1], "gradient": gradient_norm(everything, end.point)}
            if start in DEAD:
                found["lowest"] = float(eigenpairs(hessian(everything, end.point), k=1, which="smallest", seed=seed).values[0])
            for name, value in found.items():
                of.setdefault((start, name), []).append(value)
        on_event(Note(f"C7, seed {seed}: " + ", ".join(f"{start} {of[start, 'loss'][-1]:.4g}" for start in STARTS)))
    dead = {name: of["biases −20", name] for name in ("loss", "error", "gradient", "lowest")}
    shown = (all(abs(loss / wanted - 1) < 0.01 for loss, wanted in zip(dead["loss"], entropy, strict=True)) and min(dead["error"]) > 80
             and max(dead["gradient"]) < 0.01 and min(dead["lowest"]) > -1e-3 and all(
                 loss < 0.1 * wanted for loss, wanted in zip(of["usual", "loss"], entropy, strict=True)))
    words = {"loss": ("training loss", ""), "error": ("training error", "%"), "gradient": ("norm of the gradient", ""),
             "lowest": ("smallest eigenvalue of the Hessian", "")}
    numbers = [Number("entropy of the labels", tuple(entropy)),
               *(Number(f"{text}, {start}", tuple(of[start, name]), unit) for name, (text, unit) in words.items() for start in STARTS
                 if (start, name) in of)]
    notes = (f"{'-'.join(map(str, widths))} on digits, SGD with rate 0.05, momentum 0.9 and batches of 50, {epochs} epochs",
             "biases of +20 end as those of −20 do where the first steps, which are large, kill all units")
    data = curves("epoch", range(epochs + 1), {"loss": np.stack([losses[start] for start in STARTS], axis=1)}, lines=STARTS,
                  words={"loss": "cross-entropy loss of all training data"}, title="training from bad starts")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def started(objective: Objective, start: str) -> Params:
    """The point from which to train."""
    point = {name: tensor.clone() for name, tensor in objective.point().items()}
    if start == "biases −20":
        return dead_relu(objective, -20, settle=False).point
    last = list(point)[-1]
    for name, tensor in point.items():
        if start == "biases +20" and name.endswith("bias") and name != last:
            tensor.fill_(20.0)
        if start == "equal weights":
            tensor.fill_(1 / tensor.shape[1] if tensor.ndim > 1 else 0.0)  # every unit passes on the mean of its inputs
    return point
