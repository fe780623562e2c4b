"""Three solutions on one plane, with orthogonal axes and exact at all three: walls between them (Garipov et al. 2018, Figure 1)."""

from _digits import trained

import lossatlas as la

a, b, c = (trained(seed=seed, steps=200) for seed in range(3))
plane = la.plane(a.point(), b.point(), c.point())
ds = la.sweep(la.probes.loss(a), plane, plane.frame(25))
la.figures.slice(ds).save("plane.png")
print(f"the points stand at {plane.given.round(3).tolist()}, in units of {plane.about['unit']:.1f}")
