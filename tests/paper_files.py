"""Surface files as the paper's own program makes them, imitated from its scripts and independent of the package's reader.

``setup_surface_file`` writes the coordinates, ``crunch`` makes arrays of −1 with the shape (nx, ny) and puts the value of
job number ``k`` (``scheduler.get_unplotted_indices``: the k-th point of ``np.meshgrid(x, y)``) at ``array.ravel()[k]``.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import h5py
import numpy as np

DIRECTIONS = "nets/model_300.t7_weights_xignore=biasbn_xnorm=filter.h5"


def write(
    path: Path, x: np.ndarray, y: np.ndarray | None, functions: dict[str, Callable[..., float]], *, jobs: Iterable[int] | None = None,
) -> Path:
    """A file in which the jobs (default: all) are computed: ``functions[name](x, y)``, or of x on a line."""
    if y is None:
        places = [(float(value),) for value in x]
    else:
        xs, ys = np.meshgrid(x, y)
        places = list(zip(xs.ravel().tolist(), ys.ravel().tolist(), strict=True))
    with h5py.File(path, "w") as file:
        file["dir_file"] = DIRECTIONS
        file["xcoordinates"] = x
        if y is not None:
            file["ycoordinates"] = y
        for name, function in functions.items():
            array = -np.ones(shape=x.shape if y is None else (len(x), len(y)))
            for k in range(len(places)) if jobs is None else jobs:
                array.ravel()[k] = function(*places[k])
            file[name] = array
    return path


def read(path: Path) -> dict[str, np.ndarray]:
    """Every array of a file."""
    with h5py.File(path, "r") as file:
        return {name: file[name][()] for name in file if name != "dir_file"}
