"""The same plane as a surface (Li et al. 2018, Figure 1), and as a heat map of another quantity."""

from _digits import trained

import lossatlas as la

objective = trained()
coords = {"alpha": la.axis(-1, 1, 31), "beta": la.axis(-1, 1, 31)}
ds = la.sweep(la.probes.loss(objective), la.random_slice(objective, seed=0), coords)
la.figures.slice(ds, draw="surface").save("surface.png")
la.figures.slice(ds, draw="heatmap", quantity="accuracy").save("heatmap.png")
