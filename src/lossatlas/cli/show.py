"""The commands that show results: ``plot`` and ``info``, which never import torch, and ``zoo``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError

#: Kinds that are drawn in one way, and what they are.
ALONE = {"profile": "one coordinate", "spectrum": "eigenvalues at a point", "scan": "one coordinate that is no direction",
         "trajectory": "the steps of a run", "path": "a path between two points", "graph": "minima and the paths between them"}
FLAGS = {"eigen_converged": "eigenvalues", "layer_converged": "layers", "converged": "cells"}
PLURALS = {"spectrum": "spectra", "trajectory": "trajectories"}


def check_output(output: Path | None) -> None:
    """Refuse a figure that could not be written before anything is computed."""
    if output is None:
        return
    if output.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise InputError(f"-o is {str(output)!r}; expected a name that ends in .png, .svg or .pdf")
    if not os.path.isdir(output.absolute().parent):
        raise InputError(f"-o is {str(output)!r}, but there is no folder {str(output.absolute().parent)!r}; make it first")
    if os.path.isdir(output):
        raise InputError(f"-o is {str(output)!r}, which is a folder; expected the name of a file")


def check_form(draw: str | None, kind: str) -> None:
    """Refuse a form that this kind of result does not have."""
    if kind in ALONE and draw not in (None, kind):
        raise InputError(f"--as {draw}: this result is a {kind} ({ALONE[kind]}); write --as {kind}")
    if kind not in ALONE and draw in ALONE:
        raise InputError(f"--as {draw}: this result is a {kind}; write --as contour, heatmap or surface")


def form_for(draw: str | None, shape: Sequence[int]) -> str | None:
    """How a slice of this shape is drawn: one row of points has no contours, only a heat map."""
    if min(shape) >= 2 or draw == "heatmap":
        return draw
    if draw is not None:
        raise InputError(f"--as {draw} needs at least 2 × 2 points, these are {' × '.join(map(str, shape))}; write --as heatmap")
    return "heatmap"


def draw_to(ds: Any, output: Path, *, draw: str | None = None, quantity: str | None = None, scale: str = "auto",
            mark: str | None = None) -> None:
    """Draw a Dataset to a file, as its kind is drawn."""
    from .. import figures
    from ..figures.reading import default_form

    kind = str(ds.attrs.get("kind"))
    check_form(draw, kind)
    if kind in ("spectrum", "scan", "trajectory", "path", "graph") and mark is not None:
        raise InputError(f"--mark {mark}: this result is a {kind}, in which every value was measured; leave --mark out")
    if kind == "spectrum" and quantity is not None:
        raise InputError(f"--quantity {quantity}: a spectrum is drawn whole; leave --quantity out")
    names = (quantity,) if quantity else ()
    with in_options():
        if kind == "profile":
            figures.profile(ds, quantities=names, scale=scale, mark=mark).save(output)  # type: ignore[arg-type]
        elif kind in ("scan", "trajectory", "path"):
            by_kind = {"scan": figures.scan, "trajectory": figures.trajectory, "path": figures.path}
            by_kind[kind](ds, quantities=names, scale=scale).save(output)  # type: ignore[arg-type]
        elif kind == "graph":
            if quantity is not None:
                raise InputError(f"--quantity {quantity}: a graph is drawn whole; leave --quantity out")
            figures.graph(ds, scale=scale).save(output)  # type: ignore[arg-type]
        elif kind == "spectrum":
            figures.spectrum(ds, scale=scale).save(output)  # type: ignore[arg-type]
        else:
            draw = form_for(draw, _shape(ds)) or default_form(ds, quantity)
            if kind == "volume":
                figures.volume(ds, draw=draw, quantity=quantity or "loss", scale=scale, mark=mark).save(output)  # type: ignore[arg-type]
            else:
                figures.slice(ds, draw=draw, quantity=quantity, scale=scale, mark=mark).save(output)  # type: ignore[arg-type]


def _shape(ds: Any) -> list[int]:
    """Points along the two coordinates that panels have."""
    return [n for dim, n in ds["done"].sizes.items() if dim not in ("repeat", "layer")][:2]


@contextmanager
def in_options() -> Iterator[None]:
    """What the functions that draw say of their arguments, said of the options."""
    try:
        yield
    except InputError as error:
        text = re.sub(r"\bdraw='(\w+)'", r"--as \1", str(error))
        text = re.sub(r"\b(scale|quantity|mark)='(\w+)'", r"--\1 \2", text)
        raise InputError(text.replace("write ds.isel(repeat=0)", "draw them one by one")) from None


def plot(stores: Sequence[str], *, draw: str | None, quantity: str | None, scale: str, mark: str | None, output: Path) -> None:
    """``lossatlas plot``."""
    check_output(output)
    from .. import figures
    from ..figures.reading import default_form
    from ..result.store import open_result

    if not stores:
        raise InputError("no store is given; write lossatlas plot PATH.zarr/GROUP -o figure.png")
    results = {str(store): open_result(store) for store in stores}
    if len(results) == 1:
        draw_to(next(iter(results.values())), output, draw=draw, quantity=quantity, scale=scale, mark=mark)
    else:
        others = sorted({str(ds.attrs.get("kind")) for ds in results.values()} - {"slice"} or ({draw} if draw in ALONE else set()))
        if others:
            raise InputError("several results are compared side by side as slices; draw "
                             f"{' and '.join(PLURALS.get(kind, f'{kind}s') for kind in others)} one by one")
        if scale != "auto":
            raise InputError(f"--scale {scale}: several results share a scale of their own; leave --scale out, or draw one result")
        if mark is not None:
            raise InputError(f"--mark {mark}: cells are told apart in the picture of one result; leave --mark out, or draw one result")
        named = {Path(name).name: ds for name, ds in results.items()}
        forms = {form_for(draw, _shape(ds)) for ds in results.values()}
        plain = default_form(next(iter(results.values())), quantity)
        with in_options():
            figures.compare(named if len(named) == len(results) else results,
                            draw="heatmap" if "heatmap" in forms else draw or plain, quantity=quantity).save(output)  # type: ignore[arg-type]
    print(f"figure: {output}")


def info(store: str) -> None:
    """``lossatlas info``."""
    from ..result.store import ZarrStore, results

    root, names = results(store)
    for number, one in enumerate(names):
        if number:
            print()
        for key, value in summary(ZarrStore(root, one)).items():
            print(f"{key:<14} {value}")


def summary(store: Any) -> dict[str, str]:
    """What a person wants to know of a result, in order."""
    attrs = store.attrs
    arrays, done = store.read()
    missing = len({int(i) // store.chunk for i in (~done).nonzero()[0]})
    out = {"result": f"{store.root}/{store.name}", "title": attrs.get("title"), "kind": attrs.get("kind"),
           "dims": ", ".join(f"{d} {v[0]:g}…{v[-1]:g} ({len(v)})" for d, v in store.coords.items()),
           "done": f"{int(done.sum())} of {len(done)} points" + (f", {missing} of {len(store.chunks)} chunks missing" if missing else ""),
           **(_survey(attrs, arrays) if attrs.get("method") == "survey" else {}), **_curvature(attrs, arrays),
           "quantities": ", ".join(q.name for q in store.quantities), "seed": attrs.get("seed"), "family": attrs.get("family"),
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
           "made": f"{attrs.get('created')} by lossatlas {attrs.get('version')}, torch {attrs.get('torch')}, Python {attrs.get('python')}",
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


def zoo() -> None:
    """``lossatlas zoo``."""
    from ..zoo import NETWORKS

    width = max(map(len, NETWORKS))
    for name, entry in NETWORKS.items():
        print(f"{name:<{width}}  {entry.data:<8}  {entry.reference}")
