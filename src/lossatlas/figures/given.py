"""The points that a plane was laid through: marked, named and told the values that the picture has there.

These are the solutions' own losses where the lattice contains them and the sweep moved all that they hold. Under BatchNorm
policy "eval" it moves their weights alone, with the running statistics of the objective, and legend and caption say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import caption as words
from .figure import Mark, Points
from .reading import Sheet, given_points
from .scales import drawable, short

if TYPE_CHECKING:
    from .slice import Look, Plane

#: More sheets than this, and their values at the given points are left to the store.
MOST_SHEETS = 4


def given_marks(plane: Plane, sheet: Sheet, look: Look, first: bool) -> list[Mark]:
    """A star with its name at every given point in the picture; none for a plane along directions."""
    shown = []
    for name, (a, b) in _places(plane).items():
        value = value_at(plane, sheet, a, b)
        hidden = look.draw == "surface" and not drawable(np.array([value]), look.z.scale)[0]
        if plane.x[0] <= a <= plane.x[-1] and plane.y[0] <= b <= plane.y[-1] and not hidden:
            shown.append((a, b, value, name))
    if not shown:
        return []
    x, y, z, names = zip(*shown, strict=True)
    return [Points(x, y, z, texts=names, label=_legend(plane, shown) if first else "", marker="star")]  # type: ignore[arg-type]


def value_at(plane: Plane, sheet: Sheet, a: float, b: float) -> float:
    """The sheet's value at a point of its lattice, bit for bit; NaN beside the lattice."""
    row, column = np.flatnonzero(plane.x == a), np.flatnonzero(plane.y == b)
    if len(row) and len(column) and sheet.done[row[0], column[0]]:
        return float(sheet.values[row[0], column[0]])
    return sheet.center if a == b == 0 else float("nan")


def given_words(plane: Plane) -> list[str]:
    """Where the given points stand and what their values are; whether the axes keep distances."""
    places, said = _places(plane), []
    for letter, (name, (a, b)) in zip("ABC", places.items(), strict=False):
        text = f"{letter if letter == name else f'{letter} = {name}'} at ({short(a)}, {short(b)})".replace("-", "−")
        values = [(sheet.name, value_at(plane, sheet, a, b), _lacking(plane, sheet, a, b)) for sheet in plane.sheets[:: plane.repeats]]
        if not (plane.x[0] <= a <= plane.x[-1] and plane.y[0] <= b <= plane.y[-1]):
            text += ", outside the picture"
        elif len(values) <= MOST_SHEETS:
            text += f", {plane.name} {', '.join(f'{of} {short(v) if np.isfinite(v) else why}'.strip() for of, v, why in values)}"
        said.append(text)
    if not said:
        return []
    ends = [str(end) for end in plane.ds.attrs.get("ends", ())]
    listed = zip(places, ends, strict=True) if ends and set(places) == set("ABC") else ()
    files = [f"Files: {text}." for text in [", ".join(f"{n} {e}" for n, e in listed)] if text]
    own = [] if _own_statistics(plane) else ["BatchNorm ran with the objective's statistics: these are not their own losses."]
    return [*_axes_words(plane), "Plane through " + "; ".join(said) + ".", *own, *files]


def _legend(plane: Plane, shown: list[tuple[float, float, float, str]]) -> str:
    if not _own_statistics(plane):
        return "given points (weights; BatchNorm statistics of the objective)"
    hit = all(a in plane.x and b in plane.y for a, b, _, _ in shown)
    return "given points, hit exactly" if hit else "given points"


def _own_statistics(plane: Plane) -> bool:
    """Whether the given points were evaluated with all that they hold; a result that does not record it says it in its notes."""
    told = any("running statistics stay at the objective's own" in str(note) for note in words.notes(plane.ds))
    return bool(plane.ds.attrs.get("given_exact", not told))


def _lacking(plane: Plane, sheet: Sheet, a: float, b: float) -> str:
    """Why a point has no finite value."""
    row, column = np.flatnonzero(plane.x == a), np.flatnonzero(plane.y == b)
    if not (len(row) and len(column)):
        return "not finite" if a == b == 0 and f"center_{plane.name}" in plane.ds else "unknown (not on the lattice)"
    return "not finite" if sheet.done[row[0], column[0]] else "not computed yet"


def _axes_words(plane: Plane) -> list[str]:
    attrs = plane.ds.attrs
    if attrs.get("coordinates") != "orthogonal":
        return ["Affine coordinates: the picture distorts distances and angles."]
    kept = "distances are those of parameter space" if equal(plane) else "the two axes are drawn on different scales"
    return [f"Orthogonal axes in units of ‖B − A‖ = {short(float(attrs['unit']))}: {kept}."]


def equal(plane: Plane) -> bool:
    """Whether a unit of x is drawn as long as one of y: where the shape allows it, and rather where it is a distance."""
    x, y = plane.x, plane.y
    if min(len(x), len(y)) < 2:
        return False
    most = 5 if plane.ds.attrs.get("coordinates") == "orthogonal" or "of_motion" in plane.ds.attrs else 2.5
    return bool(1 / most <= (x[-1] - x[0]) / (y[-1] - y[0]) <= most)


def _places(plane: Plane) -> dict[str, tuple[float, float]]:
    return {name: (place[0], place[1]) for name, place in given_points(plane.ds).items() if len(place) == 2}
