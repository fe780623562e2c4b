"""The commands and their options. Everything heavy is imported inside them: ``--help`` never loads torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ..names import (
    BatchNormPolicy,
    DataSet,
    DrawAs,
    Mark,
    Method,
    Momentum,
    Normalize,
    PathPlane,
    Per,
    PlanName,
    Precision,
    RecipeName,
    Scale,
    SpectrumOperator,
    Split,
    StartWeights,
    Which,
)
from ..version import __version__

app = App(name="lossatlas", version=__version__, help="True pictures of the loss landscapes of neural networks.",
          help_format="plaintext", suppress_keyboard_interrupt=False)


def _whole(type_: Any, tokens: Sequence[Any]) -> int:
    """A whole number; not 1.5 read as 1."""
    text = tokens[0].value
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise ValueError(f"got {text!r}; expected a whole number")
    return int(text)


Objective = Annotated[str, Parameter(help="file.py:name or package.module:name (an Objective, a function that returns one, or a "
                                          "{'train': …, 'test': …} pair), or a zoo network with --checkpoint and --data")]
Range = Annotated[str, Parameter(name="--range", allow_leading_hyphen=True, help="A:B, or A:B,C:D for two axes; -0.5:1.5 works as it is")]
AutoRange = Annotated[str, Parameter(name="--range", allow_leading_hyphen=True,
                                     help="A:B, or A:B,C:D for two axes; auto: as far as the loss reaches 10 times that of the centre, "
                                          "auto:20 20 times")]
Points = Annotated[str, Parameter(help="points along each axis: 51, or 51x31 (first axis x second)")]
Bn = Annotated[BatchNormPolicy | None, Parameter(help="BatchNorm statistics: eval (as trained), batch (of every batch), recompute (at "
                                                      "every point), interpolate (coordinates of a line)")]
Metric = Annotated[list[str] | None, Parameter(help="accuracy, error or token_accuracy, beside the loss", negative="")]
Examples = Annotated[int | None, Parameter(converter=_whole, help="a seeded class-balanced subset of N examples (default: all)")]
Params = Annotated[str | None, Parameter(help="only these may move: patterns of parameter names with commas between, such as "
                                              "'*.lora_*' (default: all, or what a network that is frozen in part trains)")]
BatchSize = Annotated[int | None, Parameter(converter=_whole, help="examples per batch (default: the objective's own; 128 for zoo "
                                                                   "networks)")]
Device = Annotated[str, Parameter(help="auto takes a GPU where there is one; or cpu, cuda, cuda:1")]
Checkpoint = Annotated[str | None, Parameter(help="weights of a zoo network: .safetensors, or .pt/.th (tensors only)")]
Data = Annotated[str | None, Parameter(help="data of a zoo network: digits, mnist:PATH, fashion-mnist:PATH, cifar10:DIR, "
                                                  "stories:FILE")]
Store = Annotated[str | None, Parameter(help="PATH.zarr or PATH.zarr/GROUP; an unfinished result there is continued (default: a new "
                                             "./lossatlas.zarr/<kind>-<n>)")]
Output = Annotated[Path | None, Parameter(name=["--output", "-o"], help="draw the result: .png, .svg or .pdf")]
Workers = Annotated[int, Parameter(converter=_whole, help="processes of this machine that share the work; the same command started again "
                                                          "with the same --store shares it too")]
Plan = Annotated[PlanName, Parameter(help="how points are evaluated: auto (the fastest way that gives the same losses), plain, bf16 (auto "
                                          "that may take bfloat16)")]
MethodOf = Annotated[Method | None, Parameter(name="--method", help="dense: every point; survey: predicted from a part of them, "
                                                                    "with its error (default: by cost)")]
Tolerance = Annotated[float, Parameter(help="of a survey: median of its held-out errors, relative to the loss; five times it is their 95th "
                                            "percentile")]
Replan = Annotated[bool, Parameter(negative="", help="a new result with a new plan, NAME-2 beside NAME")]
ShowPlan = Annotated[bool, Parameter(negative="", help="say which ways were tried and why this one was taken")]
Seed = Annotated[int, Parameter(converter=_whole, help="of directions and subsets: same seed, same numbers")]


@app.command
def slice(
    objective: Objective, /, *,
    directions: Annotated[str, Parameter(help="random; hessian (the top eigenvectors, unit length), hessian:smallest, "
                                               "hessian:both; or two files U.safetensors,V.safetensors")] = "random",
    normalize: Annotated[Normalize | None, Parameter(help="of the directions (default: filter; none for eigenvectors and files)")] = None,
    ignore: Annotated[str, Parameter(help="kinds (bias, norm) or name patterns that stay; '' for none")] = "bias,norm",
    params: Params = None,
    range: AutoRange = "-1:1", points: Points = "51", seed: Seed = 0,
    repeats: Annotated[int | None, Parameter(converter=_whole, help="K independent planes, to see the spread")] = None,
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
    top: Annotated[int, Parameter(converter=_whole, help="how many eigenvalues; at each end with --which both")] = 10,
    which: Annotated[Which, Parameter(help="largest, smallest (most negative), both ends, or magnitude")] = "largest",
    density: Annotated[bool, Parameter(negative="", help="also the spectral density, by stochastic Lanczos quadrature")] = False,
    steps: Annotated[int, Parameter(converter=_whole, help="Lanczos steps per probe of the density")] = 80,
    probes: Annotated[int, Parameter(converter=_whole, help="random vectors of the density")] = 4,
    per_layer: Annotated[bool, Parameter(negative="", help="also extreme eigenvalues and trace of every layer's own block")] = False,
    subsets: Annotated[int, Parameter(converter=_whole, help="standard errors over examples from so many disjoint subsets of them; 0: "
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
    points: Annotated[int, Parameter(converter=_whole, help="radii from A to B")] = 13,
    d: Annotated[int, Parameter(name="--d", converter=_whole, help="dimensions of the random plane: as many products with the Hessian per "
                                                                   "point; results of different d are not comparable")] = 50,
    repeats: Annotated[int | None, Parameter(converter=_whole, help="independent initializations (default: 5; 1 of the network's own "
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
def train(
    network: Annotated[str, Parameter(help="a network of the zoo, or file.py:name or package.module:name (an Objective, or a {'train': …, "
                                           "'test': …} pair)")], /, *,
    out: Annotated[Path, Parameter(help="folder of the run; the same command again goes on with one that was interrupted")],
    data: Annotated[str | None, Parameter(help="of a zoo network: digits, mnist:PATH, fashion-mnist:PATH, cifar10:DIR")] = None,
    recipe: Annotated[RecipeName, Parameter(help="sgd (Nesterov momentum 0.9) or adam, as Li et al. 2018 train")] = "sgd",
    batch: Annotated[int, Parameter(converter=_whole, help="examples per step")] = 128,
    weight_decay: Annotated[float, Parameter(help="of the optimizer, on all parameters")] = 5e-4,
    scale: Annotated[Scale, Parameter(help="paper: 300 epochs on all examples; quick: minutes on two cores, and says what it "
                                           "changed")] = "quick",
    epochs: Annotated[int | None, Parameter(converter=_whole, help="passes over the data (default: of the scale); the learning rate is "
                                                                   "divided by ten at 1/2, 3/4 and 11/12 of them")] = None,
    lr: Annotated[float | None, Parameter(help="learning rate at the start (default: sgd 0.1, of networks without shortcuts 0.01; adam "
                                               "0.001)")] = None,
    examples: Annotated[int | None, Parameter(converter=_whole, help="a class-balanced subset of N training examples, the same for every "
                                                                     "seed (default: of the scale)")] = None,
    augment: Annotated[bool | None, Parameter(help="crop and flip pictures (default: of CIFAR-10 and Fashion-MNIST)")] = None,
    corrupt: Annotated[str | None, Parameter(help="random_labels, shuffled_pixels, random_pixels or gaussian, of a share: "
                                                  "random_labels:0.2")] = None,
    every: Annotated[str, Parameter(help="checkpoints: log (eight times an octave of steps), 100 (steps), epoch, epoch:5, "
                                         "distance:0.5")] = "log",
    max_bytes: Annotated[float | None, Parameter(help="bound of what the checkpoints take on the disk, such as 1e9; where it is reached "
                                                      "they are thinned out")] = None,
    checkpoint: Annotated[str | None, Parameter(help="weights of a zoo network to start from: .safetensors, or .pt/.th (tensors "
                                                     "only)")] = None,
    precision: Annotated[Precision, Parameter(help="bf16: the forward pass in bfloat16 where torch holds it safe")] = "float32",
    seed: Annotated[int, Parameter(converter=_whole, help="of the first weights, the order of the data and all else that training "
                                                          "draws")] = 0,
    device: Device = "auto",
) -> None:
    """Train a network by a recipe of Li et al. 2018, and leave a run of which everything can be asked."""
    from .train import Recording
    from .train import train as run

    run(network, Recording(out, every, max_bytes), name=recipe, scale=scale, data=data, seed=seed, checkpoint=checkpoint, corrupt=corrupt,
        device=device, batch=batch, weight_decay=weight_decay, epochs=epochs, rate=lr, examples=examples, augment=augment,
        precision=precision)


@app.command
def compare(
    runs: Annotated[tuple[str, ...], Parameter(name="RUN", help="folders of training runs: runs/*")], /, *,
    objective: Annotated[str | None, Parameter(help="file.py:name or package.module:name, for runs that do not say what they were trained "
                                                    "on")] = None,
    reach: Annotated[float, Parameter(name="--range", help="planes and lines go from -R to R")] = 1.0,
    points: Annotated[int, Parameter(converter=_whole, help="along each axis of the planes")] = 25,
    repeats: Annotated[int, Parameter(converter=_whole, help="independent random lines")] = 3,
    examples: Annotated[int | None, Parameter(converter=_whole, help="of each split: planes, lines and sharpness are measured on a "
                                                                     "class-balanced subset of N; losses and errors on all")] = 500,
    seed: Seed = 0, device: Device = "auto",
    store: Annotated[str | None, Parameter(help="PATH.zarr or PATH.zarr/GROUP: what lies there is not measured again (default: a new "
                                                "./lossatlas.zarr/compare-<n>)")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="draw the page: .png, .svg or .pdf")] = None,
) -> None:
    """Put training runs on one page: landscapes with one scale, sharpness, errors, weights (Li et al. 2018, Figures 2, 3 and 5)."""
    from .compare import compare as run

    run(runs, objective=objective, reach=reach, points=points, repeats=repeats, examples=examples, seed=seed, device=device, store=store,
        output=output)


@app.command
def trajectory(
    runs: Annotated[tuple[str, ...], Parameter(name="RUN", help="folders of training runs; the plane goes through the end of the first")],
    /, *,
    directions: Annotated[PathPlane, Parameter(help="pca: the plane of the first two principal components; random: a random one, in the "
                                                    "same units; both: side by side")] = "pca",
    points: Points = "41",
    range: Annotated[str, Parameter(name="--range", allow_leading_hyphen=True, help="A:B, or A:B,C:D, in units of parameter space; auto: "
                                                                                   "all paths with a margin")] = "auto",
    from_step: Annotated[int | None, Parameter(converter=_whole, help="leave out the steps before this one")] = None,
    project_out_norm: Annotated[bool, Parameter(negative="", help="give every filter the norm that it has at the end: of networks with "
                                                                  "BatchNorm the first component may be mere shrinkage")] = False,
    centred: Annotated[bool, Parameter(help="components about the mean of the points, or about their end")] = True,
    ignore: Annotated[str, Parameter(help="kinds (bias, norm) or name patterns that do not move; '' for none")] = "",
    objective: Annotated[str | None, Parameter(help="file.py:name or package.module:name, for runs that do not say what they were trained "
                                                    "on")] = None,
    split: Annotated[Literal["train", "test"], Parameter(help="whose loss")] = "train",
    examples: Annotated[int | None, Parameter(converter=_whole, help="a class-balanced subset of N examples (default: those the run was "
                                                                     "trained on)")] = None,
    bn: Bn = None, batch_size: BatchSize = None, device: Device = "auto",
    seed: Annotated[int, Parameter(converter=_whole, help="of the random plane")] = 0,
    store: Annotated[str | None, Parameter(help="PATH.zarr or PATH.zarr/GROUP: what lies there is not measured again (default: a new "
                                                "./lossatlas.zarr/trajectory-<n>)")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="draw the paths: .png, .svg or .pdf; the losses and distances "
                                                                           "along them beside it, NAME-along")] = None,
    draw: Annotated[Literal["contour", "heatmap", "surface"] | None, Parameter(name="--as", help="how the planes are drawn (default: "
                                                                                                 "contour)")] = None,
    animate: Annotated[Path | None, Parameter(help="the paths as they come about: .gif, or .mp4 (pip install 'lossatlas[video]')")] = None,
    frames: Annotated[int, Parameter(converter=_whole, help="of the animation at most")] = 60,
) -> None:
    """Draw training paths on the plane in which they move most, and say how much of the motion it holds (Li et al. 2018, section 7)."""
    from .objectives import Options
    from .trajectory import Wanted
    from .trajectory import trajectory as run

    options = Options(bn=bn, split=split, examples=examples, batch_size=batch_size, device=device, seed=seed)
    run(runs, options, Wanted(output, draw, animate, frames), directions=directions, points=points, range_=range, from_step=from_step,
        project_out_norm=project_out_norm, centred=centred, ignore=ignore, objective=objective, store=store)


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
def export(
    store: Annotated[str, Parameter(help="STORE or STORE/GROUP")], /, *,
    to: Annotated[Path, Parameter(help="the file: .h5 (Li et al. 2018), .vtp (ParaView), .glb or .obj (Blender), .csv, .nc (netCDF)")],
    quantity: Annotated[str | None, Parameter(help="of a surface, its height and colour (default: loss)")] = None,
    scale: Annotated[Literal["auto", "log", "linear"], Parameter(help="of a surface")] = "auto",
    height: Annotated[float | None, Parameter(help="of a surface, as a share of its longer side; 0 is flat (default: .glb and .obj 0.6; "
                                                   ".vtp: z is the value, or its log10)")] = None,
    repeat: Annotated[int | None, Parameter(converter=_whole, help="which of several planes: 0, 1, …")] = None,
    split: Annotated[str | None, Parameter(help="train or test, where there are both")] = None,
    layer: Annotated[str | None, Parameter(help="which of several layers moved alone")] = None,
    class_: Annotated[int | None, Parameter(name="--class", converter=_whole, help="which class, of class_loss and the like")] = None,
) -> None:
    """Write a result, finished or not, into a file for other programs."""
    from .exchange import export as run

    run(store, to=to, quantity=quantity, scale=scale, height=height,
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
def instability(
    network: Annotated[str, Parameter(help="the folder of a run of `lossatlas train`; or what is to be trained, as there")], /, *,
    steps: Annotated[str, Parameter(help="of the parent, where its children part: 0,50,400; of a run, recorded ones")],
    out: Annotated[Path | None, Parameter(help="folder for the parent, which is trained to the last of the steps; `lossatlas train` goes "
                                               "on with it")] = None,
    pairs: Annotated[int, Parameter(converter=_whole, help="independent pairs of children for each step, of seeds 1 and 2, 3 and 4 …")] = 3,
    momentum: Annotated[Momentum, Parameter(help="of the children: kept, or fresh, as when weights are rewound")] = "kept",
    data: Annotated[str | None, Parameter(help="this and the following: how the parent is trained, as of `lossatlas train`")] = None,
    recipe: Annotated[RecipeName | None, Parameter(help="default: sgd")] = None,
    batch: Annotated[int | None, Parameter(converter=_whole, help="default: 128")] = None,
    weight_decay: Annotated[float | None, Parameter(help="default: 5e-4")] = None,
    scale: Annotated[Scale | None, Parameter(help="default: quick")] = None,
    epochs: Annotated[int | None, Parameter(converter=_whole, help="default: of the scale")] = None,
    lr: Annotated[float | None, Parameter(help="default: of recipe and network")] = None,
    examples: Annotated[int | None, Parameter(converter=_whole, help="default: of the scale")] = None,
    augment: Annotated[bool | None, Parameter(help="default: of CIFAR-10 and Fashion-MNIST")] = None,
    corrupt: Annotated[str | None, Parameter(help="random_labels:0.2 and the like")] = None,
    seed: Annotated[int | None, Parameter(converter=_whole, help="of the parent (default: 0)")] = None,
    device: Device = "auto", store: Store = None, output: Output = None,
) -> None:
    """Measure from which step on training is stable: barriers between children of a run that differ in noise (Frankle et al. 2020)."""
    from .instability import instability as run

    run(network, steps=steps, out=out, pairs=pairs, momentum=momentum, device=device, store=store, output=output, data=data, recipe=recipe,
        batch=batch, weight_decay=weight_decay, scale=scale, epochs=epochs, lr=lr, examples=examples, augment=augment, corrupt=corrupt,
        seed=seed)


@app.command
def study(
    rows: Annotated[tuple[str, ...], Parameter(name="ROW", help="which, such as C1 L1; all; none lists them")] = (), /, *,
    scale: Annotated[Scale, Parameter(help="quick: minutes on two cores; paper: as the paper, or as near as one machine comes")] = "quick",
    seeds: Annotated[int, Parameter(converter=_whole, help="how many: 0, 1, …")] = 3,
    store: Annotated[str | None, Parameter(help="PATH.zarr for the numbers and curves, each a result of its own (default: "
                                                "./lossatlas.zarr)")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="folder for a picture and a JSON file of every study")] = None,
) -> None:
    """Test claims of the literature on small networks and real data: shown or not shown, with the numbers of every seed."""
    from .study import study as run

    run(rows, scale=scale, seeds=seeds, store=store, output=output)


@app.command
def demo(*, output: Annotated[Path, Parameter(name=["--output", "-o"], help="folder for pictures, weights and results")] = Path("demo"),
         seed: Seed = 0) -> None:
    """Train a small residual network and its twin without skip connections on digits, and draw both landscapes."""
    from .demo import demo as run

    run(output, seed=seed)
