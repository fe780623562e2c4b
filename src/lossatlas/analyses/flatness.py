"""Is it flat, or is it written down so? Measures of flatness beside themselves on the same function, rescaled (Dinh et al. 2017).

A network with ReLUs computes one function at many points: one layer times c, the next one over c. So a minimum can be made as sharp as one
likes by a measure that sees the scale of weights, and comparing two networks by it compares their scales. Here every measure is taken at
the point and at its rescaled twin, which is verified to be the same function on the data, and the table says which ones moved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from ..errors import InputError
from ..execution.forward import NotApplicable
from ..family.symmetry import Rescaled
from ..measures.record import Measure
from ..measures.rescaling import rescaling, verify
from ..measures.surface import Surface
from ..names import FlatnessName
from ..probes.sharpness import KINDS, FlatnessProbe
from ..probes.sharpness import flatness as probe_of
from ..run.events import Listener, Note, duration, ignore
from ..run.sweep import sweep

#: A measure moved where it changed by more than this share of itself, and by more than its own two standard errors.
MOVED = 0.05


def flatness(
    objective: Any, *, measures: Sequence[FlatnessName] | None = None, factor: float = 10.0, rise: float = 0.1, point: Any = None,
    seed: int = 0, store: str | Path | None = None, on_event: Listener = ignore,
) -> xr.Dataset:
    """Measures of flatness at a point and at its rescaled twin, side by side.

    Args:
        measures: names, as for ``la.probes.flatness``; the default leaves out ``llc`` and ``local_entropy``, which take thousands
            of gradients, and makes NaN of what is not defined for the objective.
        factor: c of the twin, other than 1.
        rise: how far above the loss of the point the rim of a basin is.
        point: where (default: where the network stood).
        seed: of all that is drawn.
        store: ``PATH.zarr/GROUP`` to keep what was measured, at both points along ``log10_factor``.
        on_event: is told of the cost before, and of every measure as it is made.

    Returns:
        A Dataset on ``measure`` and ``function`` (original, rescaled): ``value``, ``stderr``, ``low``, ``high``, ``converged``; on
        ``measure``: ``factor`` (rescaled over original; of logarithms the exponential of the difference), ``moved``, ``words``; what stands
        beside a measure as ``<measure>_<name>`` on ``function``; ``loss``. attrs: ``rescaled`` (which layers, or why none), ``difference``
        (the largest of an example's loss, relative). Without layers that can be rescaled there is only ``original``.

    Raises:
        InputError: not one objective, an unknown name, a factor that is not positive or 1.
        LossAtlasError: the rescaled network is another function on the data.
    """
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < math.inf or factor == 1:
        raise InputError(f"factor is {factor!r}; expected a positive number other than 1, e.g. 10")
    told = _Told(on_event)
    probe = probe_of(objective, measures, rise=rise, seed=seed, say=told)
    surface = Surface(probe.objective, point)
    family, why, difference = _twins(probe, surface, math.log10(factor))
    coords = {"log10_factor": sorted([0.0, math.log10(factor)]) if family.powers else [0.0]}
    on_event(Note(_cost(probe, surface, len(coords["log10_factor"]))))
    ds = sweep(probe, family, coords, store=store, plan="plain", on_event=_without_bar(on_event))
    return _table(ds, probe, {"rescaled": why, "difference": difference, "asked_factor": float(factor)})


def _twins(probe: FlatnessProbe, surface: Surface, log_factor: float) -> tuple[Rescaled, str, float]:
    """The family of the function, what is rescaled or why nothing is, and how much losses of examples differ."""
    try:
        family = rescaling(probe.objective, surface.centre)
    except NotApplicable as reason:
        return Rescaled(surface.centre, {}), f"nothing: {reason}", math.nan
    return family, family.words, verify(probe.objective, family, log_factor)


def _cost(probe: FlatnessProbe, surface: Surface, points: int) -> str:
    """A sentence with the time that all will take, from one pass of each kind."""
    for _ in range(2):  # the first ones warm up
        began = perf_counter()
        surface.loss({})
        loss, began = perf_counter() - began, perf_counter()
        surface.gradient({})
        gradient = perf_counter() - began
    losses, gradients = probe.passes
    return (f"flatness: {len(probe.names)} measures of {points} point{'s' if points > 1 else ''} on {probe.objective.data.n_examples:,} "
            f"examples, about {losses:.0f} evaluations and {gradients:.0f} gradients each: about "
            f"{duration(points * (losses * loss + gradients * gradient))}")


def _without_bar(on_event: Listener) -> Listener:
    """Notes pass; the sweep's own estimate would come after half of the work."""
    return lambda event: on_event(event) if isinstance(event, Note) else None


class _Told:
    """Says every measure as it is made, of the original first."""

    def __init__(self, on_event: Listener) -> None:
        self._on_event, self._made = on_event, set[str]()

    def __call__(self, name: str, seconds: float, found: Measure) -> None:
        of = f"{name}, rescaled" if name in self._made else name
        self._made.add(name)
        bad = "" if found.converged else ", not converged"
        self._on_event(Note(f"{of}: {found.value:.4g}{bad} ({duration(seconds)})"))
        for sentence in found.notes:
            self._on_event(Note(f"{of}: {sentence}"))


def _table(ds: xr.Dataset, probe: FlatnessProbe, about: Mapping[str, Any]) -> xr.Dataset:
    """The sweep's result by measure and function."""
    ds = ds.isel(log10_factor=np.argsort(np.abs(ds["log10_factor"].values)))  # the original first
    names, points = list(probe.names), ["original", "rescaled"][: ds.sizes["log10_factor"]]

    def column(ending: str) -> np.ndarray:
        nothing = np.full(len(points), np.nan)
        return np.array([ds[name + ending].values if name + ending in ds else nothing for name in names])

    value, stderr = column(""), column("_stderr")
    ratio, moved = _movement(value, stderr, np.array([KINDS[name].logarithm for name in names]))
    both, each = ("measure", "function"), ("measure",)
    variables: dict[str, Any] = {
        "value": (both, value), "stderr": (both, stderr), "low": (both, column("_low")), "high": (both, column("_high")),
        "converged": (both, column("_converged").astype(bool)), "factor": (each, ratio), "moved": (each, moved),
        "words": (each, [KINDS[name].words for name in names]), "loss": (("function",), ds["loss"].values),
        **{f"{name}_{extra}": (("function",), ds[f"{name}_{extra}"].values) for name in names for extra in KINDS[name].extras}}
    kept = {key: value for key, value in ds.attrs.items() if key not in ("kind", "title", "rescaled")}
    title = f"{ds.attrs['network']}: flatness of one function" + (" at two points" if len(points) > 1 else "")
    return xr.Dataset(variables, coords={"measure": names, "function": points}, attrs={**kept, **about, "kind": "flatness", "title": title})


def _movement(value: np.ndarray, stderr: np.ndarray, logarithm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By which factor every measure changed, and whether that is more than 5 % and two standard errors."""
    if value.shape[1] < 2:
        return np.full(len(value), np.nan), np.zeros(len(value), dtype=bool)
    before, after = value.T
    with np.errstate(all="ignore"):
        ratio = np.where(logarithm, np.exp(np.clip(after - before, -700, 700)), after / before)
        error = np.nan_to_num(np.hypot(*stderr.T))
        far = np.where(logarithm, np.abs(after - before) > math.log1p(MOVED), np.abs(after - before) > MOVED * np.abs(before))
    return ratio, far & (np.abs(after - before) > 2 * error) | (np.isfinite(before) != np.isfinite(after))
