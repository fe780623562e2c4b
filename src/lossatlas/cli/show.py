"""The commands that show results: ``plot`` and ``info``, which never import torch, and ``zoo``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..result.summary import of_a_log, summary

#: Kinds that are drawn in one way, and what they are.
ALONE = {"profile": "one coordinate", "spectrum": "eigenvalues at a point", "scan": "one coordinate that is no direction",
         "trajectory": "the steps of a run", "path": "a path between two points", "graph": "minima and the paths between them",
         "matrix": "each of several points with each"}
PLURALS = {"spectrum": "spectra", "trajectory": "trajectories", "matrix": "matrices"}


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
    from ..figures.reading import kind_of

    check_form(draw, kind := kind_of(ds))
    form = draw if kind in ALONE else form_for(draw, _shape(ds))
    with in_options():
        figures.auto(ds, form, quantity=quantity, scale=scale, mark=mark).save(output)  # type: ignore[arg-type]


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
        text = re.sub(r"\b(scale|quantity|mark)(?:=| is )'(\w+)'(?!;)", r"--\1 \2", text)
        text = re.sub(r"\bleave (scale|quantity|mark) out", r"leave --\1 out", text)
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
    from ..result.log import is_log, read_log
    from ..result.store import ZarrStore, results

    root, names = results(store)
    for number, one in enumerate(names):
        if number:
            print()
        told = of_a_log(read_log(root / one)) if is_log(root / one) else summary(ZarrStore(root, one))
        for key, value in told.items():
            print(f"{key:<14} {value}")


def zoo() -> None:
    """``lossatlas zoo``."""
    from ..zoo import NETWORKS

    width = max(map(len, NETWORKS))
    for name, entry in NETWORKS.items():
        print(f"{name:<{width}}  {entry.data:<8}  {entry.reference}")
