"""A training path on the plane of its principal components, beside a random plane of the same units, which sees none of it (A13)."""

from _digits import trained

import lossatlas as la

saved = {}


def keep(step, point, state):
    if step % 20 == 0:
        saved[step] = {name: tensor.detach().clone() for name, tensor in point.items()}


objective = trained(hooks=(keep,))
run = la.Trajectory.of(saved, name="SGD")
plane = la.pca_slice(run, objective=objective)
random = la.random_beside(plane, run, objective=objective)
path = la.projected(run, plane, objective)
coords = la.frame_paths([path], points=17)
drawn = {name: (la.sweep(la.probes.loss(objective), on, coords), {run.name: la.projected(run, on, objective)})
         for name, on in {"PCA plane": plane, "Random plane": random}.items()}
la.figures.paths(drawn).save("path.png")
la.figures.trajectory(path).save("along.png")
print(f"the PCA plane holds {plane.about['of_motion']:.1%} of the motion, the random one {random.about['of_motion']:.2%}")
