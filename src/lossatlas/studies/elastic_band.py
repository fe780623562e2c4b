"""G2. Minima are connected by paths on which the loss hardly rises (Draxler, Veschgini, Salmhofer and Hamprecht 2018, "Essentially no
barriers in neural network energy landscape").

Two networks are trained from different weights. Beside the straight line between them stand an elastic band of six segments and AutoNEB,
which adds pivots where they are missing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..analyses.barrier import comparing
from ..analyses.elastic import autoneb, neb
from ..family import Path
from ..fitting import fit
from ..names import Scale
from ..objective import Objective
from ..params import Params
from ..probes import loss
from ..run.events import Listener, Note
from ..run.sweep import sweep
from ..zoo import build
from .digits import pair, sgd, whole
from .finding import Finding, Number, curves
from .instability import cifar10

CLAIM = ("Between minima there are paths on which the loss hardly rises, where it does so steeply on the straight line (Draxler et al. "
         "2018)")
SIGNATURE = ("for every seed the training loss rises above the chord of its ends by at most 5 % of what it does on the straight line "
             "(issue 6; METHODS G2: a band of 6 segments and 250 steps, .539 to .011), on a path at most 1.5 times as long")
#: Share of the linear barrier, and of the length of the line.
RISE, LENGTH = 0.05, 1.5
#: Places on every path.
PLACES = 61
WAYS = ("line", "NEB", "AutoNEB")


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Connect two networks of every seed."""
    losses, found, notes = [], [], ()
    for seed in seeds:
        objectives, ends, notes = {"quick": digits, "paper": resnets}[scale](seed)
        bands = [neb(objectives, *ends, seed=seed), autoneb(objectives, *ends, scale=scale, seed=seed)]
        paths = [Path(ends, "polychain"), *(band.path for band in bands)]
        losses.append([profile(objectives, path) for path in paths])
        found.append([(band.record["length_ratio"], len(band.path.controls) - 2, band.converged) for band in bands])
        on_event(Note(f"G2, seed {seed}: barriers on training data: "
                      + ", ".join(f"{way} {rise(each[0]):.3g}" for way, each in zip(WAYS, losses[-1], strict=True))))
    values = np.array(losses)  # (seeds, ways, splits, places)
    rises = np.apply_along_axis(rise, -1, values)
    lengths = np.array([[band[0] for band in each] for each in found])
    shown = bool((rises[:, 2, 0] <= RISE * rises[:, 0, 0]).all() and (lengths[:, 1] <= LENGTH).all())
    numbers = [Number(f"{split} loss barrier, {way}", tuple(rises[:, k, s]))
               for s, split in enumerate(("training", "test")) for k, way in enumerate(WAYS)]
    numbers += [Number("barrier of AutoNEB over that of the line, training", tuple(100 * rises[:, 2, 0] / rises[:, 0, 0]), "%"),
                *(Number(f"length of the path over the distance, {way}", tuple(lengths[:, k])) for k, way in enumerate(WAYS[1:])),
                Number("pivots of AutoNEB", tuple(each[1][1] for each in found)),
                Number("AutoNEB converged", tuple(float(each[1][2]) for each in found))]
    data = curves("t", np.linspace(0, 1, PLACES), {"training_loss": values[:, :, 0], "test_loss": values[:, :, 1]}, lines=WAYS,
                  words={"t": "t along the path"}, title="paths between two minima")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), (f"a barrier is the largest rise above the chord at {PLACES} places",
                                                             "t is not proportional to length where segments differ",
                                                             "the schedules were made with such networks in view", *notes), data)


def digits(seed: int) -> tuple[dict[str, Objective], tuple[Params, ...], tuple[str, ...]]:
    """Two networks 64-64-64-10 on digits."""
    objectives, points = solutions(seed, 2)
    return objectives, points, ("64-64-64-10 on 1,000 digits, 600 steps of 50 at a rate of 0.1, momentum 0.9",)


def solutions(seed: int, count: int) -> tuple[dict[str, Objective], tuple[Params, ...]]:
    """So many networks on digits, from different weights and in different orders of the data, and what they were trained on."""
    train, test = pair(seed=seed)
    points = []
    for k in range(count):
        own = 1000 * k + seed
        points.append(fit(train, init=pair(seed=own)[0].point(), optimizer=sgd(0.1, 0.9), steps=600, seed=own).point)
    return {"train": train, "test": test}, tuple(points)


def resnets(seed: int) -> tuple[dict[str, Objective], tuple[Params, ...], tuple[str, ...]]:
    """Two ResNet-20 on CIFAR-10, trained as Frankle et al. do."""
    problem = cifar10(seed)
    points = tuple(fit(problem.train, init=_fresh(problem.train, own), optimizer=problem.optimizer, schedule=problem.schedule,
                       steps=problem.total, seed=own).point for own in (seed, 1000 + seed))
    return {"train": problem.train, "test": problem.test}, points, (f"ResNet-20, {problem.total:,} steps of 128",)


def _fresh(objective: Objective, seed: int) -> Params:
    """Fresh weights of the network on the objective's device."""
    return objective.conform(build("resnet20a", seed=seed).state_dict(), what="fresh weights")


def profile(objectives: dict[str, Objective], path: Any) -> np.ndarray:
    """Losses along a path, shape (splits, PLACES)."""
    measured = {name: whole(one) if not one.has_batchnorm else one for name, one in comparing(objectives).items()}
    ds = sweep(loss(measured), path, {"t": np.linspace(0, 1, PLACES)}, plan="plain")
    return ds["loss"].transpose("split", "t").values


def rise(losses: np.ndarray) -> float:
    """The largest rise above the chord of the ends; NaN where a loss is not finite."""
    t = np.linspace(0, 1, len(losses))
    return float((losses - (1 - t) * losses[0] - t * losses[-1]).max()) if np.isfinite(losses).all() else float("nan")
