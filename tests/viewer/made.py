"""Results for the viewer's tests, written into stores as sweeps write them, without a network: quick, and known to the last digit."""

import numpy as np

from lossatlas.result.schema import FLAG, Quantity
from lossatlas.result.store import ZarrStore

QUANTITIES = (Quantity("loss", "cross-entropy loss", "nats"), Quantity("loss_stderr", "standard error of the loss"),
              Quantity("accuracy", "accuracy"), Quantity("right", "all right", FLAG))
PLANE = {"family": "random", "dims": ["alpha", "beta"], "origin": "o1", "axes": ["u1", "v1"]}


def height(alpha, beta):
    return 0.5 + alpha**2 + 2 * beta**2 + 0.1 * alpha


def store(root, name, *, nx=5, ny=3, chunk=4, done=True, spec=None, attrs=None, quantities=QUANTITIES):
    """A slice of nx × ny points in chunks; ``done``: how many chunks, or all."""
    coords = {"alpha": np.linspace(-1, 1, nx), "beta": np.linspace(-0.5, 0.5, ny)}
    indices = np.stack(np.unravel_index(np.arange(nx * ny), (nx, ny)), axis=1)
    found = ZarrStore.create(
        root, name, spec={"family": PLANE, **(spec or {})},
        attrs={"kind": "slice", "title": "Net: random plane", "network": "Net", "family": "random", "created": "today", **(attrs or {})},
        coords=coords, indices=indices, quantities=quantities,
        centre={q.name: np.array(height(0, 0) if q.name == "loss" else 1.0) for q in quantities},
        timing={"chunk": chunk, "seconds_per_point": 0.1})
    for number in range(len(found.chunks) if done is True else done):
        write(found, number)
    return found


def write(found, number):
    """One chunk of a store of :func:`store`."""
    at = found.indices[list(found.chunks[number])]
    alpha, beta = (found.coords[dim][at[:, k]] for k, dim in enumerate(("alpha", "beta")))
    values = {"loss": height(alpha, beta), "loss_stderr": 0.01 + 0 * alpha, "accuracy": np.exp(-height(alpha, beta)), "right": alpha > 0,
              "evaluated": alpha > 0.1}
    found.write(number, {q.name: np.asarray(values[q.name], dtype=float) for q in found.quantities})


def path(root, name, *, kind="trajectory", plane=PLANE, attrs=None, steps=6):
    """A run projected on a plane, or a path (over t)."""
    dim = "step" if kind == "trajectory" else "t"
    names = ("alpha", "beta", "off_slice", "relative_off_slice", "distance", "loss", "loss_stderr", "plane_loss")
    quantities = tuple(Quantity(n, n.replace("_", " ")) for n in names)
    t = np.linspace(1, 0, steps)
    values = {"alpha": 0.8 * t, "beta": 0.3 * t**2, "off_slice": t, "relative_off_slice": 0.4 * t, "distance": 2.5 * t,
              "loss": 0.5 + 3 * t, "loss_stderr": 0.1 + 0 * t, "plane_loss": height(0.8 * t, 0.3 * t**2)}
    coords = {dim: np.arange(0, 10 * steps, 10.0) if dim == "step" else np.linspace(0, 1, steps)}
    found = ZarrStore.create(root, name, spec={"probe": {"probe": "projection", "plane": plane}, "family": {"family": kind}},
                             attrs={"kind": kind, "title": f"Net: {kind}", "network": "Net", **(attrs or {})}, coords=coords,
                             indices=np.arange(steps)[:, None], quantities=quantities,
                             centre={n: np.array(values[n][-1]) for n in names}, timing={"chunk": steps, "seconds_per_point": 0.1})
    found.write(0, {n: values[n] for n in names})
    return found
