"""The minefield on a map: the path of training, and beside every iterate the bad minimum that was searched from it.

The map keeps neighbours and no distances (:func:`lossatlas.embedding`), so it has no scale; its caption says what it kept.
Markers are filled from white, where test data are answered by chance or worse, to their full colour where all answers are right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from . import caption as words
from .figure import Axis, Figure, Line, Mark, Panel, Points
from .reading import expect_kind, title
from .scales import short

if TYPE_CHECKING:
    import xarray as xr

#: Room around the points, in shares of their spread.
_MARGIN = 0.08
_PATH, _BAD = 0, 1


def minefield(ds: xr.Dataset) -> Figure:
    """Draw the map of a result of :func:`lossatlas.minefield`.

    Raises:
        InputError: another result, one that was opened again without its map, or of too few points for one.
    """
    expect_kind(ds, "scan")
    if "weights" not in ds or "update" not in ds.dims:
        raise InputError("figures.minefield got another scan; expected a result of la.minefield")
    if "map" not in ds:
        raise InputError("this minefield has no map; expected 6 points or more, and the result of la.minefield itself: called again with "
                         "the same store, it measures nothing anew")
    places = ds["map"].transpose("step", "update", "axis").values  # (steps, 2, 2)
    shade, what = _shades(ds)
    path, bad = places[:, 0], places[:, 1]
    joints: list[Mark] = [Line(*np.stack([path[k], bad[k]], 1), "", 6, "dotted", 0.7) for k in range(len(places))
                          if np.isfinite(places[k]).all()]
    marks = [*joints,
             Points(path[:, 0], path[:, 1], shade=shade[:, 0], label="iterates of the run", marker="step", joined=True, color=_PATH),
             Points(bad[:, 0], bad[:, 1], shade=shade[:, 1], label="bad minimum from there", marker="step", color=_BAD),
             *_ends(path, ds["step"].values)]
    x, y = (_axis(places[..., k]) for k in (0, 1))
    text = words.join([*words.setting(ds), *_said(ds, what), *words.notes(ds)])
    return Figure((Panel(tuple(marks), x, y, equal=True),), title(ds), text, 1)


def _shades(ds: xr.Dataset) -> tuple[np.ndarray, str]:
    """How full markers are, (steps, 2): from chance to no errors at all, of test data where there are some; and whose errors."""
    name = "test_error" if "test_error" in ds else "error"
    errors = ds[name].transpose("step", "update").values
    worst = max(float(np.nanmax(errors)), 1e-9)
    return np.nan_to_num(1 - errors / worst), f"{ds[name].attrs.get('long_name', name)}s, white: {short(100 * worst, 3)} %, the largest"


def _ends(path: np.ndarray, steps: np.ndarray) -> list[Mark]:
    """The first and the last iterate that are on the map, by their steps."""
    there = np.flatnonzero(np.isfinite(path).all(1))
    if len(there) < 2:
        return []
    first, last = there[0], there[-1]
    return [Points(path[[k], 0], path[[k], 1], texts=(f"step {int(steps[k]):,}",), marker=marker, color=_PATH)
            for k, marker in ((first, "ring"), (last, "star"))]


def _axis(values: np.ndarray) -> Axis:
    """An axis without numbers, which would mean nothing."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    pad = _MARGIN * max(high - low, 1e-9)
    return Axis("", "linear", (low - pad, high + pad), (low - pad,), ("",))


def _said(ds: xr.Dataset, what: str) -> list[str]:
    """What the map is, what it kept and lost, and how near the minima are."""
    about = ds.attrs["map"]
    dropped = len(about["dropped"])
    said = [f"Markers are filled by {what}.",
            f"Map: t-SNE (perplexity {short(about['perplexity'], 3)}, seed {about['seed']}) of {about['components']} principal components; "
            f"it keeps neighbours (trustworthiness {short(about['trustworthiness'], 2)}) and not distances (rank correlation "
            f"{short(about['distance_correlation'], 2)}); the plane of the first two components holds "
            f"{short(100 * about['pca_share'], 2)} % of the variance."]
    if dropped:
        said.append(f"{dropped} of {about['points']} points, far from all others, are left out.")
    near = ds["relative_distance"].values
    if np.isfinite(near).any():
        said.append(f"Distance of a bad minimum from its iterate over the length of the path: {short(float(np.nanmin(near)), 2)} to "
                    f"{short(float(np.nanmax(near)), 2)}.")
    return said
