"""Which classes and which layers make the landscape steep? The same plane, taken apart in two ways."""

from _digits import trained

import lossatlas as la

objective = trained(steps=100)
plane = la.random_slice(objective, seed=0)
coords = {"alpha": la.axis(-1, 1, 11), "beta": la.axis(-1, 1, 9)}
classes = la.sweep(la.probes.loss(objective, per="class"), plane, coords)
la.figures.slice(classes, quantity="class_loss").save("classes.png")
layers = la.sweep(la.probes.loss(objective), la.per_layer(plane), coords)
la.figures.slice(layers).save("layers.png")
