"""What a person wants to know of a result, in a few lines: for ``lossatlas info`` and for the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    from .store import ZarrStore

FLAGS = {"eigen_converged": "eigenvalues", "layer_converged": "layers", "converged": "cells"}


@dataclass(frozen=True, eq=False)
class _Held:
    """A result from a store or from memory: arrays flat, one row a point; ``missing`` says in words what is not done."""

    place: str
    attrs: Mapping[Any, Any]
    coords: Mapping[str, np.ndarray]
    quantities: tuple[str, ...]
    arrays: Mapping[str, np.ndarray]
    done: np.ndarray
    missing: str = ""


def summary(store: ZarrStore) -> dict[str, str]:
    """What a stored result is: kind, dims, how much is done, policies, provenance; in order."""
    arrays, done = store.read()
    missing = len({int(i) // store.chunk for i in (~done).nonzero()[0]})
    return _told(_Held(f"{store.root}/{store.name}", store.attrs, store.coords, tuple(q.name for q in store.quantities), arrays, done,
                       f", {missing} of {len(store.chunks)} chunks missing" if missing else ""))


def summary_of(ds: xr.Dataset) -> dict[str, str]:
    """The same of a Dataset; one that was selected from, or made by hand, says what it has."""
    names = tuple(str(name) for name in ds.data_vars if name != "done" and not str(name).startswith("center_"))
    coords = {str(dim): ds[dim].values for dim in ds.dims if dim in ds.coords and ds[dim].dtype.kind in "iuf" and ds.sizes[dim]}
    done = ds["done"].values.ravel().astype(bool) if "done" in ds else np.ones(0, dtype=bool)
    return _told(_Held(str(ds.attrs.get("store", "")), ds.attrs, coords, names,
                       {name: ds[name].values.ravel() for name in names}, done))


def of_a_log(ds: Any) -> dict[str, str]:
    """What a person wants to know of the log of a watched run, in order."""
    attrs, steps = ds.attrs, ds["step"].values
    state = "finished" if attrs["finished"] else "running" if attrs["live"] else "ended before its time, or was stopped"
    measured = [f"{name} ({int(np.isfinite(ds[name].values).sum())})" for name in ds.data_vars]
    out = {"result": attrs["store"], "title": attrs.get("title"), "kind": "trajectory, the log of a watched run",
           "state": f"{state}, {len(steps)} records" + (f" of steps {steps[0]}…{steps[-1]}" if len(steps) else ""),
           "damaged": f"{attrs['damaged_lines']} lines, left out" if attrs["damaged_lines"] else None,
           "quantities": ", ".join(measured), "events": "; ".join(f"step {e['step']}: {e['text'] or e['event']}" for e in attrs["events"]),
           "BatchNorm": attrs.get("bn"), "parameters": attrs.get("n_parameters"), "examples": attrs.get("n_examples"),
           "loss": attrs.get("loss_name"), "notes": "; ".join(attrs.get("notes", [])),
           "made": _made(attrs),
           "command": attrs.get("command")}
    return {key: str(value) for key, value in out.items() if value not in (None, "", [])}


def _told(held: _Held) -> dict[str, str]:
    attrs, arrays, done = held.attrs, held.arrays, held.done
    out = {"result": held.place, "title": attrs.get("title"), "kind": attrs.get("kind"),
           "dims": ", ".join(f"{d} {v[0]:g}…{v[-1]:g} ({len(v)})" for d, v in held.coords.items()),
           "done": f"{int(done.sum())} of {len(done)} points{held.missing}" if len(done) else None,
           **(_survey(attrs, arrays) if attrs.get("method") == "survey" else {}), **_curvature(attrs, arrays),
           "quantities": ", ".join(held.quantities), "seed": attrs.get("seed"), "family": attrs.get("family"),
           "through": ", ".join(map(str, attrs.get("ends", []))), "layers": ", ".join(attrs.get("labels", {}).get("layer", [])),
           "auto range": attrs.get("auto_range", {}).get("ranges"),
           "normalize": attrs.get("normalize"), "ignore": attrs.get("ignore"), "params": attrs.get("params"),
           "axes cosine": attrs.get("axes_cosine"),
           "BatchNorm": f"{attrs['bn']} ({attrs.get('n_batchnorm', '?')} layers)" if "bn" in attrs else None,
           "batch size": attrs.get("batch_size"),
           "objective": attrs.get("source"), "network": attrs.get("network"), "parameters": attrs.get("n_parameters"),
           "loss": attrs.get("loss"), "examples": attrs.get("n_examples"), "corrupted": attrs.get("corrupted"),
           "splits": attrs.get("splits"),
           "digests": f"parameters {attrs['digest_params']}, data {attrs['digest_data']}" if "digest_data" in attrs else None,
           "plan": attrs.get("plan"),
           "engine": attrs.get("engine"), "notes": "; ".join(attrs.get("notes", [])),
           "finding": _found(attrs.get("finding")),
           "made": _made(attrs),
           "command": attrs.get("command")}
    return {key: str(value) for key, value in out.items() if value not in (None, "", [])}


def _found(finding: Any) -> str | None:
    """The claim of a study and its verdict."""
    return None if finding is None else f"{finding['row']} {'shown' if finding['shown'] else 'not shown'}: {finding['claim']}"


def _curvature(attrs: Any, arrays: Any) -> dict[str, str]:
    """Of eigenvalues and densities: the matrix, what it cost, what the density was made with, and how much converged."""
    if attrs.get("kind") == "graph":
        saddles = arrays["converged"][~np.isnan(arrays["converged"])]
        return {"minima": ", ".join(str(node["name"]) for node in attrs["nodes"]), "method": attrs["method"],
                "converged": f"{int((saddles == 1).sum())} of {len(saddles)} paths"}
    if "operator" not in attrs and not any(flag in arrays for flag in FLAGS):
        return {}

    def found(name: str) -> Any:  # recorded, or measured at every point
        return attrs[name] if attrs.get(name) is not None else np.nansum(arrays[name]) if name in arrays else None

    products, steps, probes, width = (found(name) for name in ("products", "steps", "probes", "kernel_width"))
    spent = f", {int(products):,} products" if products is not None else ""
    made = f"{int(steps or 0)} steps, {int(probes or 0)} probes, kernel width {float(width):.3g}" if width else None
    counts = [f"{int((arrays[flag] == 1).sum())} of {arrays[flag].size} {what}" for flag, what in FLAGS.items() if flag in arrays]
    sums = [f"{name} {float(arrays[name].ravel()[0]):.4g} ± {float(arrays[f'{name}_stderr'].ravel()[0]):.2g}"
            for name in ("trace", "frobenius") if name in arrays and arrays[name].size == 1 and f"{name}_stderr" in arrays]
    return {"operator": f"{attrs.get('operator', '?')}, backend {attrs.get('backend', '?')}{spent}", "density": made,
            "converged": ", ".join(counts), "sums": ", ".join(sums)}


def _survey(attrs: Any, arrays: Any) -> dict[str, str]:
    """What of a survey was measured and how well the rest is known, in the place of how many points are done."""
    measured = int((arrays["evaluated"] == 1).sum())
    rest = ", the others predicted" if measured < len(arrays["evaluated"]) else ""
    state = "went dense" if attrs["went_dense"] else "the tolerance is met" if attrs["converged"] else "not finished"
    heard = f"{attrs['heldout_median']:.2g} (median), {attrs['heldout_p95']:.2g} (95th percentile), " \
            f"{attrs['heldout_max']:.2g} (largest), of {attrs['heldout_count']} predictions" if attrs["heldout_count"] else None
    return {"method": f"survey, tolerance {attrs['tolerance']:g}: {state}",
            "done": f"{measured} of {len(arrays['evaluated'])} cells measured{rest}",
            "held-out error": heard,
            "evaluations": f"{attrs['example_evaluations']:,} of the {attrs['dense_example_evaluations']:,} of the grid"}


def _made(attrs: Any) -> str | None:
    """When, and by which versions."""
    if "created" not in attrs:
        return None
    return f"{attrs['created']} by lossatlas {attrs.get('version')}, torch {attrs.get('torch')}, Python {attrs.get('python')}"
