"""``lossatlas demo``: the main job, on data that ship with scikit-learn.

A residual network and its twin without skip connections are trained on handwritten digits, and both landscapes are
drawn on one scale: the paper's Figure 1 in two minutes on a laptop.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .. import zoo
from ..analyses import nonconvexity, sharpness
from ..checkpoint import save_point
from ..errors import LossAtlasError
from ..family import random_slice
from ..figures import compare
from ..folders import made
from ..lattice import axis
from ..objective import Objective
from ..probes import loss
from ..result.store import ZarrStore, split_path
from ..run.events import progress
from ..run.sweep import sweep
from ..zoo.recipes import digits

NETWORKS = {"with skip connections": "digits_resnet", "without skip connections": "digits_resnet_noshort"}
POINTS, EXAMPLES = 25, 500


def demo(folder: Path, *, seed: int = 0) -> None:
    """Train, measure, draw, and print what was measured. A second run finds weights and results and goes on from them."""
    with ExitStack() as stack:
        try:
            stack.enter_context(made(folder))
        except OSError as error:
            raise LossAtlasError(f"cannot make the folder {folder}: {error}; choose another one: -o FOLDER") from None
        _demo(folder, seed)


def _demo(folder: Path, seed: int) -> None:
    results, rows = {}, []
    for number, (title, name) in enumerate(NETWORKS.items()):
        weights = folder / f"{name}-seed{seed}.safetensors"
        if not weights.exists():
            save_point(_train(name, title, seed), weights)
        pair = zoo.objective(name, checkpoint=weights, data="digits", split="both", seed=seed)
        assert isinstance(pair, dict)
        few = zoo.objective(name, checkpoint=weights, data="digits", examples=EXAMPLES, seed=seed)
        assert isinstance(few, Objective)
        with progress(f"landscape {number + 1} of {len(NETWORKS)}, {title}") as bar:
            grid = {dim: axis(-1, 1, POINTS) for dim in ("alpha", "beta")}
            place = folder / f"demo.zarr/{name}-seed{seed}"
            results[title] = sweep(loss(few), random_slice(few, seed=seed), grid, store=place, on_event=bar)
        ZarrStore(*split_path(place)).revise({"title": title})  # by which the viewer tells them apart
        with progress(f"sharpness, {title}") as bar:
            rows.append(_row(title, pair, results[title], sharpness(few, seed=seed, on_event=bar)))
    pictures = [compare(results, draw=draw).save(folder / f"{kind}-seed{seed}.png") for draw, kind in
                (("contour", "landscapes"), ("surface", "surfaces"))]
    _print(rows)
    print("\npictures:", *pictures, sep="\n  ")
    _go_on(folder, [str(ds.attrs["store"]) for ds in results.values()])


def _go_on(folder: Path, stores: list[str]) -> None:
    """What can be done with the results; last, the command that opens both landscapes side by side."""
    said = called()
    print("results, to draw again in other ways:", *[f"  {store}" for store in stores], sep="\n")
    print(f"try: {shlex.join([said, 'plot', stores[0], '--as', 'heatmap', '-o', 'heatmap.png'])}")
    print(f"both as one page that needs no network: {shlex.join([said, 'export', *stores, '--to', str(folder / 'landscapes.html')])}")
    print(f"\nMove around in both landscapes, side by side, in your browser:\n  {shlex.join([said, 'view', *stores])}")


def called() -> str:
    """The command as it can be written here: by its name where the shell finds it, else as it was called (``make demo``: in .venv)."""
    own = Path(sys.argv[0])
    found = shutil.which("lossatlas")
    here = own.name == "lossatlas" and own.exists() and (found is None or not own.samefile(found))
    return str(own) if here else "lossatlas"


def _train(name: str, title: str, seed: int) -> dict:
    with progress(f"training, {title}") as bar:
        result = digits(name, seed=seed, hooks=[bar.step])
    if result.stopped:
        raise LossAtlasError(f"training of {name} stopped: {result.stopped}; try another --seed")
    return result.point


def _row(title: str, pair: dict[str, Objective], ds, rise) -> dict[str, str]:
    curved = nonconvexity(ds)
    with_errors = {split: loss(one)(one.point()) for split, one in pair.items()}
    worst = float((ds["loss_stderr"] / ds["loss"]).max())
    return {
        "network": title,
        "loss at the centre (train)": _pm(with_errors["train"]["loss"], with_errors["train"]["loss_stderr"]),
        "loss at the centre (test)": _pm(with_errors["test"]["loss"], with_errors["test"]["loss_stderr"]),
        "test accuracy": f"{100 * float(with_errors['test']['accuracy']):.1f} %",
        "sharpness": _pm(rise["sharpness"], rise["sharpness_stderr"]),
        "non-convexity": f"{100 * float(curved['nonconvexity']):.0f} % of {int(curved['cells'])} cells",
        "trust: cosine of the axes": f"{ds.attrs['axes_cosine']:.4f}",
        "trust: directions shown": f"2 of {ds.attrs['n_parameters']:,}",
        "trust: largest standard error": f"{100 * worst:.0f} % of the loss ({ds.attrs['n_examples']} examples)",
        "trust: points not finite": str(sum(ds.attrs["nonfinite"].values())),
    }


def _pm(value, error) -> str:
    return f"{float(value):.3g} ± {float(error):.1g}"


def _print(rows: list[dict[str, str]]) -> None:
    table = Table(title="what was measured", show_lines=False)
    table.add_column("")
    for row in rows:
        table.add_column(row["network"])
    for key in list(rows[0])[1:]:
        table.add_row(key, *[row[key] for row in rows])
    Console(width=110).print(table)
    print("sharpness: mean rise of the loss over 10 filter-normalized directions at half the filters' size, ± its standard error.\n"
          "non-convexity: share of the interior cells of the plane whose smaller curvature is clearly negative.\n"
          "A random plane shows two directions out of all: trust what holds for several seeds (--seed).")
