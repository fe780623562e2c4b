"""The straight line between two solutions, train and test (Goodfellow et al. 2015): a wall between them."""

from _digits import data, trained

import lossatlas as la

a, b = trained(seed=0), trained(seed=1)
probe = la.probes.loss({"train": a, "test": a.with_data(data("test"))})
ds = la.sweep(probe, la.line(a.point(), b.point()), {"alpha": la.axis(-0.5, 1.5, 81)})
la.figures.profile(ds).save("line.png")
