"""G8. Three solutions lie on one low piece of parameter space (Fort and Jastrzebski 2019, "Large scale structure of neural network loss
landscapes").

The centre of three networks is trained so that the straight ways from all of them to it are low; then, with an inner point for every two of
them as well, so that the triangle between them is.
"""

from __future__ import annotations

import numpy as np

from ..analyses.connectors import Connector, m_connector
from ..names import Scale
from ..run.events import Listener, Note
from .digits import sgd
from .elastic_band import solutions
from .finding import Finding, Number, curves

CLAIM = "More than two solutions are connected at once: a centre exists from which all of them are reached at a low loss (Fort et al. 2019)"
SIGNATURE = ("for every seed the loss at the centre of three networks falls to at most 2 % of what it is at their mean, and stays below "
             "5 % of that on all three spokes (METHODS G8: centre 1.21 to .0007, spokes at most .013)")
CENTRE, SPOKES = 0.02, 0.05


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """A star without and with faces of the networks of every seed."""
    count, steps = {"quick": (3, 1500), "paper": (5, 20_000)}[scale]
    stars: list[Connector] = []
    filled: list[Connector] = []
    for seed in seeds:
        objectives, points = solutions(seed, count)
        for faces, listed in ((False, stars), (True, filled)):
            listed.append(m_connector(objectives, points, faces=faces, steps=steps, optimizer=sgd(0.05, 0.9), seed=seed))
        on_event(Note(f"G8, seed {seed}: centre {stars[-1].mean:.3g} to {stars[-1].centre:.3g}, spokes up to {stars[-1].highest:.3g}"))
    shown = all(star.centre <= CENTRE * star.mean and star.highest <= SPOKES * star.mean for star in stars)
    of = f"{count} networks"
    numbers = [Number(f"training loss at the mean of {of}", tuple(star.mean for star in stars)),
               Number("training loss at the centre", tuple(star.centre for star in stars)),
               Number("largest training loss on the spokes", tuple(star.highest for star in stars)),
               Number("largest training loss inside, which was not trained", tuple(star.highest_inside for star in stars)),
               Number("largest training loss on the spokes, faces trained", tuple(star.highest for star in filled)),
               Number("largest training loss inside, faces trained", tuple(star.highest_inside for star in filled)),
               Number("largest training loss of a network", tuple(float(star.ends.max()) for star in stars))]
    data = curves("t", np.linspace(0, 1, stars[0].spokes.shape[1]), {"loss": np.stack([star.spokes for star in stars])},
                  lines=tuple(f"spoke {k + 1}" for k in range(count)), words={"t": "from a network (0) to the centre (1)"},
                  title="spokes of a star between solutions")
    notes = (f"64-64-64-10 on 1,000 digits; {steps:,} steps of 50 at a rate of 0.05, momentum 0.9; inside: {len(stars[0].inside)} random "
             "places", "thresholds were written after centres of such networks had been seen once, and were not changed since")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)
