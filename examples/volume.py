"""Three random directions, as planes at values of the third; the range is chosen by the loss itself."""

from _digits import trained

import lossatlas as la

objective = trained(steps=200)
probe = la.probes.loss(objective)
volume = la.random_slice(objective, dims=("alpha", "beta", "gamma"), seed=0)
found = la.auto_range(probe, volume, multiple=100)
points = {"alpha": 11, "beta": 11, "gamma": 5}
ds = la.sweep(probe, volume, {dim: la.axis(*found["ranges"][dim], points[dim]) for dim in points})
la.figures.volume(ds).save("volume.png")
print(f"100 times the loss {found['center']:.4f} of the trained point is reached at {found['radii']}")
