"""The commands and their options. Everything heavy is imported inside them: ``--help`` never loads torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ..names import DataSet, DrawAs, Mark, Normalize, Per, SpectrumOperator, Split, StartWeights, Which
from ..version import __version__
from .connecting import connect
from .merging import ensemble, merge
from .options import (
    AutoRange,
    BatchSize,
    Bn,
    Checkpoint,
    Data,
    Device,
    Examples,
    MethodOf,
    Metric,
    Objective,
    Output,
    Params,
    Plan,
    Points,
    Range,
    Replan,
    Seed,
    ShowPlan,
    Store,
    Tolerance,
    Workers,
    whole,
)
from .training import compare, instability, study, train, trajectory

app = App(name="lossatlas", version=__version__, help="True pictures of the loss landscapes of neural networks.",
          help_format="plaintext", suppress_keyboard_interrupt=False)


@app.command
def slice(
    objective: Objective, /, *,
    directions: Annotated[str, Parameter(help="random; hessian (the top eigenvectors, unit length), hessian:smallest, "
                                               "hessian:both; or two files U.safetensors,V.safetensors")] = "random",
    normalize: Annotated[Normalize | None, Parameter(help="of the directions (default: filter; none for eigenvectors and files)")] = None,
    ignore: Annotated[str, Parameter(help="kinds (bias, norm) or name patterns that stay; '' for none")] = "bias,norm",
    params: Params = None,
    range: AutoRange = "-1:1", points: Points = "51", seed: Seed = 0,
    repeats: Annotated[int | None, Parameter(converter=whole, help="K independent planes, to see the spread")] = None,
    per: Annotated[Per | None, Parameter(help="class: the loss of every class beside the whole; layer: one layer moves at a time")] = None,
    layers: Annotated[str | None, Parameter(help="which, with --per layer: patterns of parameter names with commas between, one plane each "
                                                 "(default: every layer that moves)")] = None,
    bn: Bn = None, metric: Metric = None, split: Annotated[Split | None, Parameter(help="default: train; both for a pair")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    method: MethodOf = None, tolerance: Tolerance = 0.01, workers: Workers = 1, plan: Plan = "auto", replan: Replan = False,
    show_plan: ShowPlan = False, store: Store = None, output: Output = None,
    draw: Annotated[DrawAs | None, Parameter(name="--as", help="how -o draws it (default: contour)")] = None,
) -> None:
    """Measure the plane through a network along two directions (Li et al. 2018)."""
    from . import measure
    from .objectives import Options

    options = Options(bn=bn, metrics=tuple(metric or ()), split=split, examples=examples, batch_size=batch_size, device=device,
                      checkpoint=checkpoint, data=data, seed=seed)
    target = measure.Target(store, output, draw, workers, plan, replan, show_plan, method, tolerance)
    measure.slice(objective, options, target, directions=directions, normalize=normalize,
                  ignore=ignore, params=params, range_=range, points=points, repeats=repeats, per=per, layers=layers)


@app.command
def volume(
    objective: Objective, /, *,
    directions: Annotated[str, Parameter(help="random; hessian, hessian:smallest, hessian:both (eigenvectors); or three "
                                               "files U.safetensors,V.safetensors,W.safetensors")] = "random",
    normalize: Annotated[Normalize | None, Parameter(help="of the directions (default: filter; none for eigenvectors and files)")] = None,
    ignore: Annotated[str, Parameter(help="kinds (bias, norm) or name patterns that stay; '' for none")] = "bias,norm",
    params: Params = None,
    range: Annotated[str, Parameter(name="--range", allow_leading_hyphen=True, help="A:B, or A:B,C:D,E:F for three axes; auto, or auto:20, "
                                                                                   "as of slice")] = "-1:1",
    points: Annotated[str, Parameter(help="points along each axis: 11, or 15x15x5")] = "15x15x5", seed: Seed = 0,
    bn: Bn = None, metric: Metric = None, split: Annotated[Split | None, Parameter(help="default: train; both for a pair")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    method: MethodOf = None, tolerance: Tolerance = 0.01, workers: Workers = 1, plan: Plan = "auto", replan: Replan = False,
    show_plan: ShowPlan = False, store: Store = None, output: Output = None,
    draw: Annotated[DrawAs | None, Parameter(name="--as", help="how -o draws its cuts (default: contour)")] = None,
) -> None:
    """Measure the volume through a network along three directions, drawn as planes at values of the third."""
    from . import measure
    from .objectives import Options

    options = Options(bn=bn, metrics=tuple(metric or ()), split=split, examples=examples, batch_size=batch_size, device=device,
                      checkpoint=checkpoint, data=data, seed=seed)
    target = measure.Target(store, output, draw, workers, plan, replan, show_plan, method, tolerance)
    measure.slice(objective, options, target, directions=directions, normalize=normalize,
                  ignore=ignore, params=params, range_=range, points=points, dims=("alpha", "beta", "gamma"))


@app.command
def line(
    objective: Objective, a: Annotated[str, Parameter(help="checkpoint at alpha = 0")],
    b: Annotated[str, Parameter(help="checkpoint at alpha = 1")], /, *,
    range: Range = "-0.5:1.5", points: Points = "401", seed: Seed = 0, bn: Bn = None, metric: Metric = None,
    split: Annotated[Split | None, Parameter(help="which data (default: both where there are two)")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    method: MethodOf = None, tolerance: Tolerance = 0.01, workers: Workers = 1, plan: Plan = "auto", replan: Replan = False,
    show_plan: ShowPlan = False, store: Store = None, output: Output = None,
) -> None:
    """Measure the straight line between two solutions, exact at both (Goodfellow et al. 2015).

    With BatchNorm the default policy is interpolate where both points carry running statistics (Li et al. 2018,
    footnote 3), else eval.
    """
    from . import measure
    from .objectives import Options

    options = Options(bn=bn, metrics=tuple(metric or ()), split=split, examples=examples, batch_size=batch_size, device=device,
                      checkpoint=checkpoint, data=data, seed=seed)
    target = measure.Target(store, output, None, workers, plan, replan, show_plan, method, tolerance)
    measure.line(objective, a, b, options, target, range_=range, points=points)


@app.command
def plane(
    objective: Objective, a: Annotated[str, Parameter(help="checkpoint at (0, 0)")],
    b: Annotated[str, Parameter(help="checkpoint at (1, 0)")], c: Annotated[str, Parameter(help="checkpoint at (p, q)")], /, *,
    range: Annotated[str | None, Parameter(name="--range", allow_leading_hyphen=True, help="A:B, or A:B,C:D for two axes (default: frames "
                                                                                          "the three with a margin of 0.2)")] = None,
    points: Annotated[str, Parameter(help="points along each axis, 51 or 51x31; those of the three come on top")] = "51", seed: Seed = 0,
    bn: Bn = None, metric: Metric = None, split: Annotated[Split | None, Parameter(help="default: train; both for a pair")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    method: MethodOf = None, tolerance: Tolerance = 0.01, workers: Workers = 1, plan: Plan = "auto", replan: Replan = False,
    show_plan: ShowPlan = False, store: Store = None, output: Output = None,
    draw: Annotated[DrawAs | None, Parameter(name="--as", help="how -o draws it (default: contour)")] = None,
) -> None:
    """Measure the plane through three solutions, exact at all three (Garipov et al. 2018).

    The axes are orthogonal and in units of the distance from A to B. BatchNorm is treated as by line; Garipov et al. recompute it.
    """
    from . import measure
    from .objectives import Options

    options = Options(bn=bn, metrics=tuple(metric or ()), split=split, examples=examples, batch_size=batch_size, device=device,
                      checkpoint=checkpoint, data=data, seed=seed)
    target = measure.Target(store, output, draw, workers, plan, replan, show_plan, method, tolerance)
    measure.plane(objective, a, b, c, options, target, range_=range, points=points)


@app.command
def flatness(
    objective: Objective, /, *,
    measures: Annotated[str | None, Parameter(help="names with commas between (default: all but llc and local_entropy, which take "
                                                   "thousands of gradients): lambda_max, trace, sam, asam, keskar, keskar_subspace, "
                                                   "worst_case, average_case, noise_tolerance, noise_tolerance_magnitude, fisher_rao, "
                                                   "basin_radius, basin_volume, level_width, entropy_gradient, local_entropy, llc")] = None,
    factor: Annotated[float, Parameter(help="by which the weights of a layer are multiplied, and those of the next divided")] = 10.0,
    rise: Annotated[float, Parameter(help="of the loss, from the point to the rim of its basin")] = 0.1,
    seed: Seed = 0, bn: Bn = None, split: Annotated[Split | None, Parameter(help="train or test (default: train)")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    store: Store = None,
) -> None:
    """Measure how flat a minimum is, by many definitions, and which of them change for the same function rescaled (Dinh et al. 2017)."""
    from .flatness import flatness as run
    from .objectives import Options

    options = Options(bn=bn, split=split, examples=examples, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data,
                      seed=seed)
    run(objective, options, measures=measures, factor=factor, rise=rise, store=store)


@app.command
def spectrum(
    objective: Objective, /, *,
    operator: Annotated[SpectrumOperator, Parameter(help="whose eigenvalues: the Hessian, generalized Gauss-Newton, or Fisher (exact "
                                                         "labels)")] = "hessian",
    top: Annotated[int, Parameter(converter=whole, help="how many eigenvalues; at each end with --which both")] = 10,
    which: Annotated[Which, Parameter(help="largest, smallest (most negative), both ends, or magnitude")] = "largest",
    density: Annotated[bool, Parameter(negative="", help="also the spectral density, by stochastic Lanczos quadrature")] = False,
    steps: Annotated[int, Parameter(converter=whole, help="Lanczos steps per probe of the density")] = 80,
    probes: Annotated[int, Parameter(converter=whole, help="random vectors of the density")] = 4,
    per_layer: Annotated[bool, Parameter(negative="", help="also extreme eigenvalues and trace of every layer's own block")] = False,
    subsets: Annotated[int, Parameter(converter=whole, help="standard errors over examples from so many disjoint subsets of them; 0: "
                                                             "none")] = 0,
    seed: Seed = 0, bn: Bn = None, split: Annotated[Split | None, Parameter(help="train or test (default: train)")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    store: Store = None, output: Output = None,
) -> None:
    """Measure the spectrum of the curvature at a network: outliers, density, layers (Sagun et al. 2017; Ghorbani et al. 2019)."""
    from .curvature import spectrum as run
    from .objectives import Options

    options = Options(bn=bn, split=split, examples=examples, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data,
                      seed=seed)
    run(objective, options, operator=operator, top=top, which=which, density=density, steps=steps, probes=probes, per_layer=per_layer,
        subsets=subsets, store=store, output=output)


@app.command
def eigenmap(
    objective: Objective, /, *,
    operator: Annotated[Literal["hessian", "ggn"], Parameter(help="whose eigenvalues: Hessian, or generalized Gauss-Newton")] = "hessian",
    tol: Annotated[float, Parameter(help="relative error of eigenvalues at which a point has converged")] = 0.01,
    range: Range = "-1:1", points: Points = "25", seed: Seed = 0, bn: Bn = None,
    split: Annotated[Split | None, Parameter(help="train or test (default: train)")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    workers: Workers = 1, store: Store = None, output: Output = None,
    draw: Annotated[DrawAs | None, Parameter(name="--as", help="how -o draws it (default: heatmap)")] = None,
) -> None:
    """Measure the extreme eigenvalues of the Hessian over a random plane: is what looks convex convex? (Li et al. 2018, Figure 7)"""
    from .curvature import eigenmap as run
    from .measure import Target
    from .objectives import Options

    options = Options(bn=bn, split=split, examples=examples, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data,
                      seed=seed)
    run(objective, options, Target(store, output, draw, workers), operator=operator, tol=tol, range_=range, points=points)


@app.command
def goldilocks(
    objective: Objective, /, *,
    radii: Annotated[str, Parameter(help="A:B, equally spaced on a log scale, in units of the norm of the initialization; or radii with "
                                         "commas between")] = "0.1:10",
    points: Annotated[int, Parameter(converter=whole, help="radii from A to B")] = 13,
    d: Annotated[int, Parameter(name="--d", converter=whole, help="dimensions of the random plane: as many products with the Hessian per "
                                                                   "point; results of different d are not comparable")] = 50,
    repeats: Annotated[int | None, Parameter(converter=whole, help="independent initializations (default: 5; 1 of the network's own "
                                                                    "weights)")] = None,
    weights: Annotated[StartWeights, Parameter(help="what is scaled: fresh He-initialized weights, or the network's own")] = "fresh",
    seed: Seed = 0, bn: Bn = None, split: Annotated[Split | None, Parameter(help="train or test (default: train)")] = None,
    examples: Examples = None, batch_size: BatchSize = None, device: Device = "auto", checkpoint: Checkpoint = None, data: Data = None,
    store: Store = None, output: Output = None,
) -> None:
    """Measure how convex the loss is along radii from initializations, within a random plane (Fort & Scherlis 2019)."""
    from .goldilocks import goldilocks as run
    from .objectives import Options

    options = Options(bn=bn, split=split, examples=examples, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data,
                      seed=seed)
    run(objective, options, radii=radii, points=points, d=d, repeats=repeats, weights=weights, store=store, output=output)


@app.command
def plot(
    stores: Annotated[tuple[str, ...], Parameter(name="STORE", help="STORE[/GROUP]; several slices are drawn side by side")], /, *,
    draw: Annotated[DrawAs | None, Parameter(name="--as", help="default: contour; heatmap of eigenvalues; else as its kind")] = None,
    quantity: Annotated[str | None, Parameter(help="what to draw: loss, accuracy … (default: loss; of lines also accuracy)")] = None,
    scale: Annotated[Literal["auto", "log", "linear"], Parameter(help="of the values")] = "auto",
    mark: Annotated[Mark | None, Parameter(help="of a survey: dots at the evaluated cells, or the predicted ones paler")] = None,
    output: Output = Path("figure.png"),
) -> None:
    """Draw a result, finished or not."""
    from .show import plot as run

    run(stores, draw=draw, quantity=quantity, scale=scale, mark=mark, output=output or Path("figure.png"))


@app.command
def info(store: Annotated[str, Parameter(help="STORE or STORE/GROUP")], /) -> None:
    """Say what a store holds: kind, dims, done/total, seed, policies, provenance."""
    from .show import info as run

    run(store)


@app.command
def view(
    stores: Annotated[tuple[str, ...], Parameter(name="STORE", help="PATH.zarr, PATH.zarr/GROUP, the folder of a recorded run, or a folder "
                                                                    "that holds some; results that are named stand side by side")], /, *,
    host: Annotated[str, Parameter(help="the address to listen at; 0.0.0.0 lets other machines in, with the token")] = "127.0.0.1",
    port: Annotated[int | None, Parameter(converter=whole, help="default: 8765, or the next one that is free")] = None,
    browser: Annotated[bool, Parameter(negative="--no-browser", help="open the page in a browser")] = True,
) -> None:
    """Look at results in the browser: surfaces to move around in, side by side, in time, and while they are computed."""
    from .view import view as run

    run(stores, host=host, port=port, browser=browser)


@app.command
def export(
    stores: Annotated[tuple[str, ...], Parameter(name="STORE", help="STORE or STORE/GROUP; a page takes several, and folders of runs")],
    /, *,
    to: Annotated[Path, Parameter(help="the file: .html (the viewer and the results in one page), .h5 (Li et al. 2018), .vtp (ParaView), "
                                       ".glb or .obj (Blender), .csv, .nc (netCDF)")],
    view: Annotated[str | None, Parameter(help="of a page, how it opens: what stands behind # in the viewer's address")] = None,
    quantity: Annotated[str | None, Parameter(help="of a surface, its height and colour (default: loss)")] = None,
    scale: Annotated[Literal["auto", "log", "linear"], Parameter(help="of a surface")] = "auto",
    height: Annotated[float | None, Parameter(help="of a surface, as a share of its longer side; 0 is flat (default: .glb and .obj 0.6; "
                                                   ".vtp: z is the value, or its log10)")] = None,
    repeat: Annotated[int | None, Parameter(converter=whole, help="which of several planes: 0, 1, …")] = None,
    split: Annotated[str | None, Parameter(help="train or test, where there are both")] = None,
    layer: Annotated[str | None, Parameter(help="which of several layers moved alone")] = None,
    class_: Annotated[int | None, Parameter(name="--class", converter=whole, help="which class, of class_loss and the like")] = None,
) -> None:
    """Write a result, finished or not, into a file for other programs."""
    from .exchange import export as run

    run(stores, to=to, view=view, quantity=quantity, scale=scale, height=height,
        labels={"repeat": repeat, "layer": layer, "split": split, "class": class_})


@app.command(name="import")
def import_(
    file: Annotated[str, Parameter(help="a surface file .h5 of Li et al.'s loss-landscape")],
    store: Annotated[str, Parameter(help="PATH.zarr or PATH.zarr/GROUP")], /, *,
    split: Annotated[Split | None, Parameter(help="train or test alone (default: what the file has)")] = None,
) -> None:
    """Read a surface file of Li et al.'s program into a store."""
    from .exchange import import_ as run

    run(file, store, split=split)


@app.command
def zoo() -> None:
    """List the networks that can be named instead of a file of your own."""
    from .show import zoo as run

    run()


data_app = App(name="data", help="Get the data sets of the zoo.")
app.command(data_app)


@data_app.command
def fetch(
    name: Annotated[DataSet, Parameter(help="the data set")], /, *,
    to: Annotated[Path | None, Parameter(help="folder for its files (default: data/NAME)")] = None,
    mirror: Annotated[str | None, Parameter(name="--from", help="address of a folder with the same files, instead of the official "
                                                                "one")] = None,
) -> None:
    """Fetch a data set from its official address, compare its checksums, and say what --data to write.

    What is there already and right is left as it is; what broke off goes on where it stopped.
    """
    from .data import fetch as run

    run(name, to=to, mirror=mirror)


@app.command
def demo(*, output: Annotated[Path, Parameter(name=["--output", "-o"], help="folder for pictures, weights and results")] = Path("demo"),
         seed: Seed = 0) -> None:
    """Train a small residual network and its twin without skip connections on digits, and draw both landscapes."""
    from .demo import demo as run

    run(output, seed=seed)


for command in (train, trajectory, instability, compare, connect, merge, ensemble, study):
    app.command(command)
