"""``lossatlas goldilocks``: how convex the loss is along radii from initializations, and where it is most convex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..analyses.goldilocks import bump, radii_between
from ..analyses.goldilocks import goldilocks as measured
from ..errors import InputError
from ..result.store import split_path
from ..run.events import progress
from .measure import DEFAULT_STORE
from .objectives import Options, single
from .show import check_output, draw_to


def goldilocks(
    objective: str, options: Options, *, radii: str, points: int, d: int, repeats: int | None, weights: Any, store: str | None,
    output: Path | None,
) -> None:
    """``lossatlas goldilocks``."""
    at = radii_of(radii, points)
    check_output(output)
    if store is not None:
        split_path(store, "scan")
    one = single(objective, options, "curvature")
    with progress(f"{len(at)} radii") as bar:
        ds = measured(one, at, d=d, repeats=repeats, weights=weights, seed=options.seed, store=store or DEFAULT_STORE, on_event=bar)
    path = ds.attrs["store"]
    print(f"result: {path}")
    for name, radius in bump(ds).items():
        value = ds[name].sel(radius=radius)
        error = f" ± {float(ds[f'{name}_stderr'].sel(radius=radius)):.2g}" if f"{name}_stderr" in ds else ""
        print(f"{ds[name].attrs['long_name']}: largest at radius {radius:g}, {float(value.mean()):.3g}{error} (d = {d})")
    if output is not None:
        draw_to(ds, output)
        print(f"figure: {output}")
    print(f"draw it again: lossatlas plot {path} -o {output or f'{Path(path).name}.png'}")


def radii_of(text: str, points: int) -> np.ndarray:
    """``A:B`` with so many points on a log scale, or the radii themselves with commas between.

    Raises:
        InputError: what is neither.
    """
    try:
        if ":" in text:
            low, high = map(float, text.split(":"))
            return radii_between(low, high, points)
        return np.array([float(part) for part in text.split(",")])
    except InputError as error:
        raise InputError(f"--radii {text} --points {points}: {error}") from None
    except ValueError:
        raise InputError(f"--radii is {text!r}; expected A:B, such as 0.1:10, or radii with commas between: 0.3,1,3") from None
