"""What a study found: a claim, the numbers of every seed, and whether they show it. Plain data; a finding that shows nothing is one too."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..names import Scale

if TYPE_CHECKING:
    import xarray as xr

    from ..figures import Figure


@dataclass(frozen=True)
class Number:
    """One thing that was measured, once for every seed.

    Attributes:
        name: in words, ``test error, random labels``.
        values: one a seed, in their order; NaN where it does not exist.
        units: ``%``, ``epochs``; "" for a pure number.
    """

    name: str
    values: tuple[float, ...]
    units: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(map(float, self.values)))

    @property
    def mean(self) -> float:
        """Over the seeds; NaN where one of them is."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds, NaN of a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 and all(map(math.isfinite, self.values)) else math.nan


@dataclass(frozen=True)
class Finding:
    """What a study found.

    Attributes:
        claim: what the literature says, in a sentence, with its source.
        signature: what must be seen for ``shown``, with the threshold and where it comes from.
        shown: whether it was seen.
        numbers: what was measured, a value a seed each.
        notes: what a reader must know: what was shortened, what else would explain it.
        data: the curves behind the numbers, a Dataset of kind "scan" (:func:`curves`); None: the numbers are all.
        figure: a drawing of them; None: ``figures.scan(data)``, or of numbers alone no picture.
        row, scale, seeds, seconds: which study it was, how large, from which seeds, how long it took; filled in by :func:`studies.run`.
    """

    claim: str
    signature: str
    shown: bool
    numbers: tuple[Number, ...]
    notes: tuple[str, ...] = ()
    data: xr.Dataset | None = field(default=None, repr=False)
    figure: Figure | None = field(default=None, repr=False)
    row: str = ""
    scale: Scale = "quick"
    seeds: tuple[int, ...] = ()
    seconds: float = math.nan

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", bool(self.shown))
        object.__setattr__(self, "numbers", tuple(self.numbers))
        object.__setattr__(self, "notes", tuple(self.notes))
        if not self.numbers or len({len(number.values) for number in self.numbers}) != 1:
            raise InputError(f"a finding got numbers of {[len(number.values) for number in self.numbers]} values; expected one or more "
                             "numbers, each with a value for every seed")

    def record(self) -> dict[str, Any]:
        """The finding as plain data, without curves and drawing; NaN is None."""
        numbers = [{"name": n.name, "units": n.units, "values": [_plain(v) for v in n.values], "mean": _plain(n.mean),
                    "spread": _plain(n.spread)} for n in self.numbers]
        return {"row": self.row, "claim": self.claim, "signature": self.signature, "shown": self.shown, "numbers": numbers,
                "notes": list(self.notes), "scale": self.scale, "seeds": list(self.seeds), "seconds": _plain(self.seconds)}


def curves(
    dim: str, at: Sequence[float], quantities: Mapping[str, Any], *, words: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None, lines: Sequence[str] = (), title: str = "",
) -> xr.Dataset:
    """Curves over one coordinate for every seed, as a Dataset of kind "scan" that ``figures.scan`` draws and a store keeps.

    Args:
        dim: the coordinate (``step``, ``epoch``, ``batch_size`` …) and ``at`` its increasing values.
        quantities: name -> values of shape (seeds, coordinate), or (seeds, lines, coordinate) with ``lines``.
        words: name (or ``dim``) -> what stands on the axis; ``units`` likewise.
        lines: names of several curves in one panel, such as the data they were measured on.

    Raises:
        InputError: arrays of other shapes.
    """
    import xarray as xr

    words, units = words or {}, units or {}
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in quantities.items()}
    for name, values in arrays.items():
        inner = (len(lines), len(at)) if lines else (len(at),)
        if values.shape[1:] != inner or values.shape[0] != next(iter(arrays.values())).shape[0]:
            raise InputError(f"curves got {name} of shape {values.shape}; expected (seeds, {', '.join(map(str, inner))})")
    dims = ("repeat", "split", dim) if lines else ("repeat", dim)
    data = {name: (dims, values, {"long_name": words.get(name, name.replace("_", " ")), "units": units.get(name, "")})
            for name, values in arrays.items()}
    coords: dict[str, Any] = {"repeat": np.arange(len(next(iter(arrays.values())))),
                              dim: (dim, np.asarray(at, dtype=np.float64), {"long_name": words.get(dim, dim.replace("_", " ")),
                                                                            "units": units.get(dim, "")})}
    if lines:
        coords["split"] = list(lines)
    return xr.Dataset(data, coords=coords, attrs={"kind": "scan", "title": title, "panels": list(arrays)})


def over_seeds(numbers: Sequence[Number], title: str) -> xr.Dataset:
    """The numbers of a finding without curves, over the seeds."""
    import xarray as xr

    data = {f"number_{k}": ("seed", np.array(n.values), {"long_name": n.name, "units": n.units}) for k, n in enumerate(numbers)}
    return xr.Dataset(data, coords={"seed": np.arange(len(numbers[0].values), dtype=np.float64)},
                      attrs={"kind": "scan", "title": title, "panels": list(data)})


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
