"""The contour plot of Li et al. 2018 (Figure 5): one network, one filter-normalized random plane."""

from _digits import trained

import lossatlas as la

objective = trained()
plane = la.random_slice(objective, seed=0)
ds = la.sweep(la.probes.loss(objective), plane, {"alpha": la.axis(-1, 1, 31), "beta": la.axis(-1, 1, 31)})
la.figures.slice(ds).save("contour.png")
print(f"sharpness {float(la.sharpness(objective).sharpness):.3f}, non-convexity {float(la.nonconvexity(ds).nonconvexity):.2f}")
