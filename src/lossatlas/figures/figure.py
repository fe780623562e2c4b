"""A drawing as plain data.

A ``Figure`` is a grid of panels above a caption; a ``Panel`` is a pair of axes, a colour or height axis ``z``,
and marks; a mark is a handful of arrays. Nothing here knows how to draw: ``lossatlas.render`` turns a figure into
ink, tests read the numbers, and ``to_dict`` makes strict JSON of it for anything else that wants to draw.

One convention rules every mark over a plane: ``z[i, j]`` is the value at ``(x[i], y[j])``, so ``z`` has the shape
``(len(x), len(y))``, the order of the dims ("alpha", "beta") of the results. The scale of ``z`` (linear or log,
its limits, its ticks) belongs to the panel, so that panels with equal ``z`` axes share colours and a colour bar.
Values are stored raw, never logged, clipped or filled: that is the renderer's business.
"""

import dataclasses
import math
import pathlib
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from ..errors import InputError
from ..names import suggest

Scale = Literal["linear", "log", "symlog"]
Dash = Literal["solid", "dashed", "dotted"]
SUFFIXES = (".png", ".svg", ".pdf")
#: Fields of marks that hold arrays, by name, in every mark.
ARRAYS = dict.fromkeys(("x", "y", "z", "low", "high", "shade"), np.float64) | {"mask": np.bool_}
_NONFINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True, eq=False)
class Mark:
    """Base of the marks: arrays become read-only numpy arrays, and the shape over a plane is checked."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            kind, value = ARRAYS.get(item.name), getattr(self, item.name)
            if kind is not None and value is not None:
                array = np.array(value, dtype=kind)
                array.setflags(write=False)
                object.__setattr__(self, item.name, array)
            elif isinstance(value, list):
                object.__setattr__(self, item.name, tuple(value))

    def _check_plane(self, values: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
        expected = (len(x), len(y))
        if values.shape != expected:
            raise InputError(
                f"{type(self).__name__} got values of shape {values.shape}; expected (len(x), len(y)) = {expected}; "
                "transpose them so that values[i, j] lies at x[i], y[j]"
            )


@dataclass(frozen=True, eq=False)
class Contour(Mark):
    """Lines of equal ``z`` at ``levels`` over a light fill; an empty string in ``labels`` leaves a line unlabelled."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    levels: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_plane(self.z, self.x, self.y)
        if len(self.labels) != len(self.levels):
            raise InputError(f"Contour got {len(self.labels)} labels for {len(self.levels)} levels; expected one each")


@dataclass(frozen=True, eq=False)
class Heatmap(Mark):
    """One coloured cell per point, the point at its middle."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_plane(self.z, self.x, self.y)


@dataclass(frozen=True, eq=False)
class Surface(Mark):
    """A surface in 3D, coloured by height; facets exist only where all four corners are finite."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_plane(self.z, self.x, self.y)


@dataclass(frozen=True, eq=False)
class Holes(Mark):
    """Where there is no value to draw, hatched: ``mask[i, j]`` at ``(x[i], y[j])``, or ``mask[i]`` if ``y`` is None.

    ``why`` is "bad" (not finite, or without a place on a log scale), "missing" (not computed yet) or "doubtful" (a value that is
    drawn below the hatching, and did not converge).
    """

    x: np.ndarray
    mask: np.ndarray
    y: np.ndarray | None = None
    label: str = ""
    why: Literal["bad", "missing", "doubtful"] = "bad"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.y is not None:
            self._check_plane(self.mask, self.x, self.y)
        elif self.mask.shape != self.x.shape:
            raise InputError(f"Holes got a mask of shape {self.mask.shape}; expected one entry per x, {self.x.shape}")


@dataclass(frozen=True, eq=False)
class Veil(Mark):
    """Where values are predicted and not measured, paler: ``mask[i, j]`` at ``(x[i], y[j])``, or ``mask[i]`` if ``y`` is None."""

    x: np.ndarray
    mask: np.ndarray
    y: np.ndarray | None = None
    label: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.y is not None:
            self._check_plane(self.mask, self.x, self.y)
        elif self.mask.shape != self.x.shape:
            raise InputError(f"Veil got a mask of shape {self.mask.shape}; expected one entry per x, {self.x.shape}")


@dataclass(frozen=True, eq=False)
class Line(Mark):
    """A curve; NaN breaks it. ``color`` counts through the renderer's palette."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    color: int = 0
    dash: Dash = "solid"
    width: float = 1.5


@dataclass(frozen=True, eq=False)
class Band(Mark):
    """The area between two curves."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray
    label: str = ""
    color: int = 0


@dataclass(frozen=True, eq=False)
class Points(Mark):
    """Markers at ``(x, y)``, at height ``z`` in 3D; ``shade`` in 0..1 fills them from white to black; specks are small and black.

    With a ``color``, which counts through the renderer's palette, it fills them from white to that colour, and joins them in it. A
    "word" is its text alone, in the middle of a cell whose value is ``z``.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray | None = None
    shade: np.ndarray | None = None
    texts: tuple[str, ...] = ()
    label: str = ""
    marker: Literal["star", "dot", "speck", "ring", "step", "trace", "word"] = "dot"
    joined: bool = False
    color: int | None = None


@dataclass(frozen=True, eq=False)
class Ticks(Mark):
    """Stems at ``x`` from ``base`` to ``y`` with a head, open where they are doubtful; ``low`` to ``high`` is the error of ``of``."""

    x: np.ndarray
    y: np.ndarray
    base: float = 0.0
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    of: Literal["x", "y"] = "y"
    label: str = ""
    color: int = 0
    filled: bool = True


@dataclass(frozen=True, eq=False)
class Bars(Mark):
    """Horizontal bars from zero to ``x`` in the rows ``y``, open where they are doubtful; ``low`` to ``high`` is their error."""

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    label: str = ""
    color: int = 0
    filled: bool = True


@dataclass(frozen=True, eq=False)
class Rule(Mark):
    """A line at ``at`` with a word beside it: across ``x`` it is vertical, across ``y`` horizontal."""

    at: float
    label: str = ""
    across: Literal["x", "y"] = "x"


MARKS: dict[str, type[Mark]] = {
    kind.__name__: kind for kind in (Contour, Heatmap, Surface, Holes, Veil, Line, Band, Points, Ticks, Bars, Rule)
}


@dataclass(frozen=True)
class Axis:
    """A label with its units, a scale, limits (None: as the data), and hand-set round ticks (empty: automatic).

    A "symlog" scale is linear within ``threshold`` of zero and logarithmic on both sides beyond; colours of an axis with a
    ``center`` diverge from there.
    """

    label: str = ""
    scale: Scale = "linear"
    limits: tuple[float, float] | None = None
    ticks: tuple[float, ...] = ()
    tick_labels: tuple[str, ...] = ()
    threshold: float | None = None
    center: float | None = None

    def __post_init__(self) -> None:
        if (self.scale == "symlog") != (self.threshold is not None):
            raise InputError(f"an axis of scale {self.scale!r} got threshold {self.threshold!r}; expected one with scale 'symlog' alone")


@dataclass(frozen=True, eq=False)
class Panel:
    """Marks between axes, drawn in their order; ``equal`` asks for one unit of x to be as long as one of y.

    A panel that spans several columns is followed by panels without marks, whose places it takes.
    """

    marks: tuple[Mark, ...]
    x: Axis
    y: Axis
    z: Axis | None = None
    title: str = ""
    equal: bool = False
    span: int = 1

    def find(self, kind: type[Mark]) -> list[Any]:
        """The marks of one kind, in drawing order."""
        return [mark for mark in self.marks if isinstance(mark, kind)]


@dataclass(frozen=True, eq=False)
class Figure:
    """Panels, row by row in ``columns`` columns, under a title and above a caption."""

    panels: tuple[Panel, ...]
    title: str = ""
    caption: str = ""
    columns: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON: NaN and infinities are the strings "NaN", "Infinity" and "-Infinity"."""
        return _encode(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_dict``."""
        try:
            panels = tuple(_decode_panel(panel) for panel in data["panels"])
            return cls(panels, data["title"], data["caption"], data["columns"])
        except (KeyError, TypeError) as error:
            raise InputError(f"this is no figure: {error!r}; expected what Figure.to_dict returned") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Figure) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def save(self, path: str | pathlib.Path, *, dpi: int = 150) -> pathlib.Path:
        """Draw into a file; its suffix, .png, .svg or .pdf, chooses the format.

        Raises:
            InputError: for another suffix, a folder that does not exist, or a file that cannot be written.
        """
        target = pathlib.Path(path)
        if target.suffix.lower() not in SUFFIXES:
            came = repr(target.suffix) if target.suffix else "no suffix"
            hint = suggest(target.suffix.lower(), SUFFIXES) or f"; write {target.stem or 'figure'}.png"
            raise InputError(f"figure file {str(target)!r} has {came}; expected one of {', '.join(SUFFIXES)}{hint}")
        if not target.parent.is_dir():
            raise InputError(
                f"folder {str(target.parent)!r} of figure file {target.name!r} does not exist; expected an existing "
                f"folder; write mkdir -p {target.parent} first"
            )
        from ..render import mpl

        try:
            mpl.save(self, target, dpi=dpi)
        except OSError as error:
            raise InputError(f"cannot write figure file {str(target)!r}: {error}; write another path") from error
        return target

    def _repr_png_(self) -> bytes:
        from ..render import mpl

        return mpl.to_bytes(self, "png", dpi=110)


def _encode(value: Any) -> Any:
    if isinstance(value, Mark):
        return {"mark": type(value).__name__} | _encode_fields(value)
    if dataclasses.is_dataclass(value):
        return _encode_fields(value)
    if isinstance(value, np.ndarray):
        return _encode(value.tolist())
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    if isinstance(value, np.generic):
        return _encode(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _encode_fields(value: Any) -> dict[str, Any]:
    return {item.name: _encode(getattr(value, item.name)) for item in dataclasses.fields(value)}


def _decode_numbers(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_decode_numbers(item) for item in value]
    return _NONFINITE.get(value, value) if isinstance(value, str) else value


def _decode_mark(data: dict[str, Any]) -> Mark:
    values = dict(data)
    name = values.pop("mark")
    if name not in MARKS:
        raise InputError(f"mark {name!r} is unknown; expected one of {', '.join(MARKS)}{suggest(name, MARKS)}")
    for item in dataclasses.fields(MARKS[name]):
        if item.name in ARRAYS:
            values[item.name] = _decode_numbers(values[item.name])
    return MARKS[name](**values)


def _decode_axis(data: dict[str, Any] | None) -> Axis | None:
    if data is None:
        return None
    return Axis(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})


def _decode_panel(data: dict[str, Any]) -> Panel:
    values = dict(data, marks=tuple(_decode_mark(mark) for mark in data["marks"]))
    return Panel(**values | {axis: _decode_axis(data[axis]) for axis in ("x", "y", "z")})
