"""Is the picture a matter of the plane? Three independent ones side by side, and their spread."""

from _digits import trained

import lossatlas as la

objective = trained()
planes = la.random_slice(objective, seed=0, repeats=3)
ds = la.sweep(la.probes.loss(objective), planes, {"alpha": la.axis(-1, 1, 21), "beta": la.axis(-1, 1, 21)})
la.figures.slice(ds).save("repeats.png")
