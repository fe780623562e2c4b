"""Two networks on one scale: before and after training longer."""

from _digits import trained

import lossatlas as la

coords = {"alpha": la.axis(-1, 1, 21), "beta": la.axis(-1, 1, 21)}
results = {}
for steps in (100, 1000):
    objective = trained(steps=steps)
    results[f"{steps} steps"] = la.sweep(la.probes.loss(objective), la.random_slice(objective, seed=0), coords)
la.figures.compare(results).save("compare.png")
