"""Iterates of a training run over the plane through its start, middle and end: how far off the surface they are (A15)."""

from _digits import trained

import lossatlas as la

saved = []
objective = trained(hooks=(lambda step, point, state: step % 40 == 0 and saved.append({k: v.detach().clone() for k, v in point.items()}),))
plane = la.plane(objective.point(), saved[0], saved[2])
ds = la.sweep(la.probes.loss(objective), plane, plane.frame(25, margin=0.5))
points = la.faithfulness(objective, plane, saved)
la.figures.slice(ds, points=points).save("points.png")
print(points[["alpha", "beta", "relative_off_slice", "loss", "plane_loss"]].to_dataframe().round(3))
