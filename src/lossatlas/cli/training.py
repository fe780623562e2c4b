"""The commands of training: they leave runs, and look at them. Everything heavy is imported inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ..names import Momentum, PathPlane, Precision, RecipeName, Scale
from .options import BatchSize, Bn, Device, Output, Points, Seed, Store, whole


def train(
    network: Annotated[str, Parameter(help="a network of the zoo, or file.py:name or package.module:name (an Objective, or a {'train': …, "
                                           "'test': …} pair)")], /, *,
    out: Annotated[Path, Parameter(help="folder of the run; the same command again goes on with one that was interrupted")],
    data: Annotated[str | None, Parameter(help="of a zoo network: digits, mnist:PATH, fashion-mnist:PATH, cifar10:DIR")] = None,
    recipe: Annotated[RecipeName, Parameter(help="sgd (Nesterov momentum 0.9) or adam, as Li et al. 2018 train")] = "sgd",
    batch: Annotated[int, Parameter(converter=whole, help="examples per step")] = 128,
    weight_decay: Annotated[float, Parameter(help="of the optimizer, on all parameters")] = 5e-4,
    scale: Annotated[Scale, Parameter(help="paper: 300 epochs on all examples; quick: minutes on two cores, and says what it "
                                           "changed")] = "quick",
    epochs: Annotated[int | None, Parameter(converter=whole, help="passes over the data (default: of the scale); the learning rate is "
                                                                   "divided by ten at 1/2, 3/4 and 11/12 of them")] = None,
    lr: Annotated[float | None, Parameter(help="learning rate at the start (default: sgd 0.1, of networks without shortcuts 0.01; adam "
                                               "0.001)")] = None,
    examples: Annotated[int | None, Parameter(converter=whole, help="a class-balanced subset of N training examples, the same for every "
                                                                     "seed (default: of the scale)")] = None,
    augment: Annotated[bool | None, Parameter(help="crop and flip pictures (default: of CIFAR-10 and Fashion-MNIST)")] = None,
    corrupt: Annotated[str | None, Parameter(help="random_labels, shuffled_pixels, random_pixels or gaussian, of a share: "
                                                  "random_labels:0.2")] = None,
    every: Annotated[str, Parameter(help="checkpoints: log (twice an octave of steps), 100 (steps), epoch, epoch:5, "
                                         "distance:0.5")] = "log",
    max_bytes: Annotated[float | None, Parameter(help="bound of what the checkpoints take on the disk, such as 1e9; where it is reached "
                                                      "they are thinned out")] = None,
    checkpoint: Annotated[str | None, Parameter(help="weights of a zoo network to start from: .safetensors, or .pt/.th (tensors "
                                                     "only)")] = None,
    precision: Annotated[Precision, Parameter(help="bf16: the forward pass in bfloat16 where torch holds it safe")] = "float32",
    monitor: Annotated[str | None, Parameter(help="PATH.zarr/NAME: watch the run while it trains; `lossatlas view PATH.zarr` shows it "
                                                  "live")] = None,
    monitor_budget: Annotated[float, Parameter(help="the share of training time that watching may take")] = 0.05,
    seed: Annotated[int, Parameter(converter=whole, help="of the first weights, the order of the data and all else that training "
                                                          "draws")] = 0,
    device: Device = "auto",
) -> None:
    """Train a network by a recipe of Li et al. 2018, and leave a run of which everything can be asked."""
    from .train import Recording
    from .train import train as run

    recording = Recording(out, every, max_bytes, monitor, monitor_budget)
    run(network, recording, name=recipe, scale=scale, data=data, seed=seed, checkpoint=checkpoint, corrupt=corrupt, device=device,
        batch=batch, weight_decay=weight_decay, epochs=epochs, rate=lr, examples=examples, augment=augment,
        precision=precision)


def trajectory(
    runs: Annotated[tuple[str, ...], Parameter(name="RUN", help="folders of training runs; the plane goes through the end of the first")],
    /, *,
    directions: Annotated[PathPlane, Parameter(help="pca: the plane of the first two principal components; random: a random one, in the "
                                                    "same units; both: side by side")] = "pca",
    points: Points = "41",
    range: Annotated[str, Parameter(name="--range", allow_leading_hyphen=True, help="A:B, or A:B,C:D, in units of parameter space; auto: "
                                                                                   "all paths with a margin")] = "auto",
    from_step: Annotated[int | None, Parameter(converter=whole, help="leave out the steps before this one")] = None,
    project_out_norm: Annotated[bool, Parameter(negative="", help="give every filter the norm that it has at the end: of networks with "
                                                                  "BatchNorm the first component may be mere shrinkage")] = False,
    centred: Annotated[bool, Parameter(help="components about the mean of the points, or about their end")] = True,
    ignore: Annotated[str, Parameter(help="kinds (bias, norm) or name patterns that do not move; '' for none")] = "",
    objective: Annotated[str | None, Parameter(help="file.py:name or package.module:name, for runs that do not say what they were trained "
                                                    "on")] = None,
    split: Annotated[Literal["train", "test"], Parameter(help="whose loss")] = "train",
    examples: Annotated[int | None, Parameter(converter=whole, help="a class-balanced subset of N examples (default: those the run was "
                                                                     "trained on)")] = None,
    bn: Bn = None, batch_size: BatchSize = None, device: Device = "auto",
    seed: Annotated[int, Parameter(converter=whole, help="of the random plane")] = 0,
    store: Annotated[str | None, Parameter(help="PATH.zarr or PATH.zarr/GROUP: what lies there is not measured again (default: a new "
                                                "./lossatlas.zarr/trajectory-<n>)")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="draw the paths: .png, .svg or .pdf; the losses and distances "
                                                                           "along them beside it, NAME-along")] = None,
    draw: Annotated[Literal["contour", "heatmap", "surface"] | None, Parameter(name="--as", help="how the planes are drawn (default: "
                                                                                                 "contour)")] = None,
    animate: Annotated[Path | None, Parameter(help="the paths as they come about: .gif, or .mp4 (pip install 'lossatlas[video]')")] = None,
    frames: Annotated[int, Parameter(converter=whole, help="of the animation at most")] = 60,
) -> None:
    """Draw training paths on the plane in which they move most, and say how much of the motion it holds (Li et al. 2018, section 7)."""
    from .objectives import Options
    from .trajectory import Wanted
    from .trajectory import trajectory as run

    options = Options(bn=bn, split=split, examples=examples, batch_size=batch_size, device=device, seed=seed)
    run(runs, options, Wanted(output, draw, animate, frames), directions=directions, points=points, range_=range, from_step=from_step,
        project_out_norm=project_out_norm, centred=centred, ignore=ignore, objective=objective, store=store)


def instability(
    network: Annotated[str, Parameter(help="the folder of a run of `lossatlas train`; or what is to be trained, as there")], /, *,
    steps: Annotated[str, Parameter(help="of the parent, where its children part: 0,50,400; of a run, recorded ones")],
    out: Annotated[Path | None, Parameter(help="folder for the parent, which is trained to the last of the steps; `lossatlas train` goes "
                                               "on with it")] = None,
    pairs: Annotated[int, Parameter(converter=whole, help="independent pairs of children for each step, of seeds 1 and 2, 3 and 4 …")] = 3,
    momentum: Annotated[Momentum, Parameter(help="of the children: kept, or fresh, as when weights are rewound")] = "kept",
    data: Annotated[str | None, Parameter(help="this and the following: how the parent is trained, as of `lossatlas train`")] = None,
    recipe: Annotated[RecipeName | None, Parameter(help="default: sgd")] = None,
    batch: Annotated[int | None, Parameter(converter=whole, help="default: 128")] = None,
    weight_decay: Annotated[float | None, Parameter(help="default: 5e-4")] = None,
    scale: Annotated[Scale | None, Parameter(help="default: quick")] = None,
    epochs: Annotated[int | None, Parameter(converter=whole, help="default: of the scale")] = None,
    lr: Annotated[float | None, Parameter(help="default: of recipe and network")] = None,
    examples: Annotated[int | None, Parameter(converter=whole, help="default: of the scale")] = None,
    augment: Annotated[bool | None, Parameter(help="default: of CIFAR-10 and Fashion-MNIST")] = None,
    corrupt: Annotated[str | None, Parameter(help="random_labels:0.2 and the like")] = None,
    seed: Annotated[int | None, Parameter(converter=whole, help="of the parent (default: 0)")] = None,
    device: Device = "auto", store: Store = None, output: Output = None,
) -> None:
    """Measure from which step on training is stable: barriers between children of a run that differ in noise (Frankle et al. 2020)."""
    from .instability import instability as run

    run(network, steps=steps, out=out, pairs=pairs, momentum=momentum, device=device, store=store, output=output, data=data, recipe=recipe,
        batch=batch, weight_decay=weight_decay, scale=scale, epochs=epochs, lr=lr, examples=examples, augment=augment, corrupt=corrupt,
        seed=seed)


def compare(
    runs: Annotated[tuple[str, ...], Parameter(name="RUN", help="folders of training runs: runs/*")], /, *,
    objective: Annotated[str | None, Parameter(help="file.py:name or package.module:name, for runs that do not say what they were trained "
                                                    "on")] = None,
    reach: Annotated[float, Parameter(name="--range", help="planes and lines go from -R to R")] = 1.0,
    points: Annotated[int, Parameter(converter=whole, help="along each axis of the planes")] = 25,
    repeats: Annotated[int, Parameter(converter=whole, help="independent random lines")] = 3,
    examples: Annotated[int | None, Parameter(converter=whole, help="of each split: planes, lines and sharpness are measured on a "
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


def study(
    rows: Annotated[tuple[str, ...], Parameter(name="ROW", help="which, such as C1 L1; all; none lists them")] = (), /, *,
    scale: Annotated[Scale, Parameter(help="quick: minutes on two cores; paper: as the paper, or as near as one machine comes")] = "quick",
    seeds: Annotated[int, Parameter(converter=whole, help="how many: 0, 1, …")] = 3,
    store: Annotated[str | None, Parameter(help="PATH.zarr for the numbers and curves, each a result of its own (default: "
                                                "./lossatlas.zarr)")] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="folder for a picture and a JSON file of every study")] = None,
) -> None:
    """Test claims of the literature on small networks and real data: shown or not shown, with the numbers of every seed."""
    from .study import study as run

    run(rows, scale=scale, seeds=seeds, store=store, output=output)
