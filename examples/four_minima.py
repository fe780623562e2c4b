"""Four minima of one network on one page: mountains on the straight lines, passes around them, and what is only a relabelling.

On digits, in a minute: ``python examples/four_minima.py``. On CIFAR-10 and the four public trainings of one network:
``python examples/four_minima.py --weights FOLDER --data cifar10:DIR --examples 5000 --points 41``.
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from _digits import data, trained

import lossatlas as la
from lossatlas import zoo
from lossatlas.figures.figure import Axis, Bars, Figure, Line, Panel


def networks(options):
    """An objective, and its minima by name."""
    if options.weights is None:
        ends = {f"seed {seed}": trained(seed=seed, steps=200).point() for seed in range(options.minima)}
        return la.Objective.from_module(zoo.build("digits_mlp", seed=0), data(), "cross_entropy", batch_size=100,
                                        metrics={"accuracy": la.metrics.accuracy}), ends
    files = sorted(Path(options.weights).glob("cifar10_cnn_a_*.safetensors"))
    objective = zoo.objective("cnn_a", checkpoint=files[0], data=options.data, examples=options.examples, batch_size=128)
    return objective, {file.stem.removeprefix("cifar10_cnn_a_"): la.load_point(file) for file in files}


def one_pair(objective, a, b, options):
    """Losses between two minima: straight, straight after matching, and along two paths; and what matching gained."""
    matches = {method: la.match(objective, a, b, method=method) for method in ("weights", "activations")}
    ways = {"straight line": la.connect(objective, a, b, method="line"),
            **{f"straight, {method} matched": la.connect(objective, a, m.point, method="line") for method, m in matches.items()},
            "Bézier": la.connect(objective, a, b, steps=options.steps),
            "AutoNEB": la.connect(objective, a, b, method="autoneb", steps=options.steps)}
    return {name: la.barrier(objective, way, points=options.points, refine=True) for name, way in ways.items()}, matches


def barriers(objective, ends):
    """Barriers of all pairs: straight, and after matching by weights."""
    found = {}
    for first, second in combinations(ends, 2):
        matched = la.match(objective, ends[first], ends[second]).point
        found[f"{first} – {second}"] = [float(la.barrier(objective, ends[first], end, points=15, refine=True).value)
                                        for end in (ends[second], matched)]
    return found


def page(graph, profiles, heights, title):
    """The graph of the minima, one pair in profile, and the barriers of all pairs."""
    drawn = la.figures.graph(graph)
    curves = tuple(Line(ds["t"].values, ds["loss"].values, name, color) for color, (name, ds) in enumerate(profiles.items()))
    top = 1.05 * max(float(ds["loss"].max()) for ds in profiles.values())
    pair = Panel(curves, Axis("t along the path", "linear", (0.0, 1.0)), Axis("loss", "linear", (0.0, top)), title=title)
    rows = np.arange(len(heights), dtype=float)[::-1]
    names = Axis("", "linear", (-0.7, len(heights) - 0.3), tuple(rows), tuple(heights))
    across = Axis("loss barrier", "linear", (0.0, 1.08 * max(map(max, heights.values()))))
    bars = [Panel((Bars(np.array([pair[k] for pair in heights.values()]), rows),), across, names, title=head)
            for k, head in enumerate(("straight lines", "straight lines, weights matched"))]
    said = " ".join(f"{name}: {float(ds.value):.3g} ± {float(ds.stderr):.2g}." for name, ds in profiles.items())
    return Figure((*drawn.panels, pair, *bars), drawn.title, f"{drawn.caption} Loss barriers of the pair, {title}: {said}", 3)


def main():
    """Measure, tell and draw."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--weights", help="folder of the cifar10_cnn_a_*.safetensors; default: four networks trained on digits")
    arguments.add_argument("--minima", type=int, default=4, help="how many are trained on digits")
    arguments.add_argument("--data", default="cifar10:data/cifar10")
    arguments.add_argument("--examples", type=int, default=2000)
    arguments.add_argument("--points", type=int, default=21)
    arguments.add_argument("--steps", type=int, help="of every search for a path (default: of its method)")
    arguments.add_argument("-o", "--output", default="four_minima.png")
    options = arguments.parse_args()
    objective, ends = networks(options)
    first, second = list(ends)[:2]
    profiles, matches = one_pair(objective, ends[first], ends[second], options)
    for match in matches.values():
        print(match)
    with la.progress(f"passes between {len(ends)} minima") as bar:
        graph = la.minima_graph(objective, ends, method="autoneb", steps=options.steps, on_event=bar)
    page(graph, profiles, barriers(objective, ends), f"{first} – {second}").save(options.output)
    for name, ds in profiles.items():
        print(f"{name}: loss barrier {float(ds.value):.4g} ± {float(ds.stderr):.2g} at t = {float(ds['at']):.2f}, "
              f"largest loss {float(ds.loss_max):.4g}, ends {float(ds.loss[0]):.4g} and {float(ds.loss[-1]):.4g}")


if __name__ == "__main__":
    main()
