"""A graph of minima: who is connected with whom below which loss, as a network and as a disconnectivity tree (Becker and Karplus 1997).

In the network edges of the minimum spanning tree are thick, with the largest loss on their path beside them; others are thin, and dashed
where the path did not converge. In the disconnectivity tree a line ends at the loss of every minimum, and lines merge at the lowest loss at
which there is a way between them. Beside them stand the losses along the paths of the tree, and along the straight lines that they replace.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import InputError
from ..names import choose
from . import caption as words
from .figure import Axis, Figure, Line, Mark, Panel, Points
from .profile import value_axis
from .reading import expect_kind, title
from .scales import choose_scale, short

if TYPE_CHECKING:
    import xarray as xr

#: Half the side of the network's square, in radii of the circle of nodes; where on an edge its loss stands.
_ROOM, _BESIDE = 1.5, 0.4
_BLACK, _GREY = 6, 4
_HEAVY, _LIGHT = 2.4, 0.9


def graph(ds: xr.Dataset, *, split: str | None = None, scale: Literal["auto", "log", "linear"] = "auto") -> Figure:
    """Draw what :func:`lossatlas.minima_graph` measured.

    Args:
        split: whose losses, ``train`` or ``test``, where there are both (default: the first).
        scale: of losses.

    Raises:
        InputError: a result of another kind, a split that it does not have, no edge yet.
    """
    choose(scale, ("auto", "log", "linear"), "scale")
    expect_kind(ds, "graph")
    if not ds.sizes["edge"]:
        raise InputError("the graph has no edge yet; expected at least one path: run it again to go on")
    splits = [str(word) for word in ds["split"].values] if "split" in ds.dims else []
    if splits:
        chosen = splits[0] if split is None else choose(split, splits, "split")
        one = ds.sel(split=chosen)
    elif split is not None:
        raise InputError(f"split is {split!r} for a graph on one data set; leave split out")
    else:
        one = ds
    along = np.concatenate([one["along"].values.ravel(), one["along_line"].values.ravel(), one["node_loss"].values])
    axis = value_axis("loss", along, (along, along), choose_scale("loss", along, scale))
    of = f"{chosen} data" if splits else ""
    panels = (_network(one), _tree(one, axis), _profiles(one, axis))
    return Figure(panels, title(ds), words.join([*_said(one, of), *words.setting(ds), *words.notes(ds)]), 3)


def _network(ds: xr.Dataset) -> Panel:
    """Nodes on a circle, in the order of the tree, so that neighbours are near."""
    order = _leaves(ds)
    angle = np.empty(len(order))
    angle[order] = np.pi / 2 - 2 * np.pi * np.arange(len(order)) / len(order)
    x, y = np.cos(angle), np.sin(angle)
    marks: list[Mark] = []
    texts: list[tuple[float, float, str]] = []
    for k in sorted(range(ds.sizes["edge"]), key=lambda k: bool(ds["in_tree"].values[k])):  # the tree lies above the others
        ends, inside = [int(ds[end].values[k]) for end in ("first", "second")], bool(ds["in_tree"].values[k])
        saddle = float(ds["saddle"].values[k])
        dash = "dotted" if not np.isfinite(saddle) else "solid" if bool(ds["converged"].values[k]) else "dashed"
        marks.append(Line(x[ends], y[ends], "", _BLACK if inside else _GREY, dash, _HEAVY if inside else _LIGHT))
        at = [end[ends[0]] + _BESIDE * (end[ends[1]] - end[ends[0]]) for end in (x, y)]
        texts.append((*at, short(saddle) if np.isfinite(saddle) else "none"))
    tx, ty, said = zip(*texts, strict=True)
    marks += [Points(tx, ty, texts=said, marker="speck"), Points(x, y, texts=_names(ds), marker="dot")]
    bare = Axis("", "linear", (-_ROOM, _ROOM), (-_ROOM,), ("",))
    return Panel(tuple(marks), bare, bare, title="largest loss on the path", equal=True)


def _tree(ds: xr.Dataset, axis: Axis) -> Panel:
    """The disconnectivity tree, a minimum a column."""
    order = _leaves(ds)
    groups = {node: (float(column), float(ds["node_loss"].values[node])) for column, node in enumerate(order)}
    marks: list[Mark] = []
    for number, ((a, b), level) in enumerate(zip(ds["merged"].values.tolist(), ds["merge_level"].values, strict=True), len(order)):
        if np.isfinite(level):
            (xa, ya), (xb, yb) = groups[a], groups[b]
            marks.append(Line([xa, xa, xb, xb], [ya, level, level, yb], "", _BLACK, "solid", 1.0))
            groups[number] = ((xa + xb) / 2, float(level))
    columns = np.arange(len(order), dtype=float)
    marks.append(Points(columns, ds["node_loss"].values[order], marker="dot"))
    names = tuple(_names(ds)[node] for node in order)
    return Panel(tuple(marks), Axis("", "linear", (-0.6, len(order) - 0.4), tuple(columns), names), axis, title="disconnectivity tree")


def _profiles(ds: xr.Dataset, axis: Axis) -> Panel:
    """The loss along the paths of the tree, and dotted along the straight lines between the same minima."""
    t, marks = np.linspace(0, 1, ds.sizes["place"]), []
    for color, k in enumerate(np.flatnonzero(ds["in_tree"].values)):
        marks += [Line(t, ds["along_line"].values[k], "", color, "dotted", 1.0),
                  Line(t, ds["along"].values[k], " – ".join(_names(ds)[int(ds[end].values[k])] for end in ("first", "second")), color)]
    if not marks:  # nothing is connected
        marks = [Line(t, np.full(len(t), np.nan))]
    return Panel(tuple(marks), Axis("t along the path", "linear", (0.0, 1.0)), axis, title="paths of the tree; dotted: straight lines")


def _names(ds: xr.Dataset) -> tuple[str, ...]:
    """Of the nodes, without the words that all begin with: "adv" and "mix4" of "cnn_a_adv" and "cnn_a_mix4"."""
    names = [str(name) for name in ds["node"].values]
    return tuple(name[len(_beginning(names)):] for name in names)


def _beginning(names: list[str]) -> str:
    """The words that all names begin with; none where a number would be left, which beside losses looks like one of them."""
    shared = "".join(letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False)))
    shared = shared[: max(shared.rfind(mark) for mark in "_-./ ") + 1]
    return "" if any(name[len(shared):][:1].isdigit() for name in names) else shared


def _leaves(ds: xr.Dataset) -> list[int]:
    """Nodes from left to right: those of a group stand together, the group with the lower minimum first."""
    losses = ds["node_loss"].values
    groups: dict[int, list[int]] = {node: [node] for node in range(len(losses))}
    for number, ((a, b), level) in enumerate(zip(ds["merged"].values.tolist(), ds["merge_level"].values, strict=True), len(losses)):
        if np.isfinite(level):
            parts = sorted((groups.pop(a), groups.pop(b)), key=lambda part: min(losses[part]))
            groups[number] = parts[0] + parts[1]
    return [node for part in sorted(groups.values(), key=lambda part: min(losses[part])) for node in part]


def _said(ds: xr.Dataset, of: str) -> list[str]:
    """How many minima and paths, what the passes are, and what did not converge."""
    nodes, edges, inside = ds.sizes["node"], ds.sizes["edge"], ds["in_tree"].values
    pairs = nodes * (nodes - 1) // 2
    said = [f"Loss on {of}." if of else "", f"{nodes} minima, {edges} of {pairs} pairs looked at, by {ds.attrs['method']}; thick: minimum "
            "spanning tree, every saddle an upper bound."]
    if beginning := _beginning([str(name) for name in ds["node"].values]):
        said.append(f"All names begin with {beginning.rstrip()}.")
    if inside.any():
        saddles, errors, lines = (ds[name].values[inside] for name in ("saddle", "saddle_stderr", "line_saddle"))
        highest = int(np.argmax(saddles))
        said.append(f"All passes lie below {short(float(saddles.max()))} ± {short(float(errors[highest]), 2)}" if inside.sum() == nodes - 1
                    else f"Of {nodes - 1} passes {int(inside.sum())} were found; they lie below {short(float(saddles.max()))}")
        low, high = short(float(lines.min())), short(float(lines.max()))
        said[-1] += f"; on the straight lines instead the loss rises to {high if low == high else f'{low} to {high}'}."
    else:
        said.append("No two of them were connected.")
    if short_of := int((~ds["converged"].values).sum()):
        said.append(f"{short_of} of {edges} paths did not converge (dashed): more steps may find lower ones.")
    return said
