"""The command that connects solutions by paths of low loss. Everything heavy is imported inside it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..names import ConnectMethod, MatchMethod, Split
from .merging import ObjectiveOrRun
from .options import BatchSize, Bn, Checkpoint, Data, Device, Output, Seed, Store, whole


def connect(
    objective: ObjectiveOrRun,
    points: Annotated[tuple[str, ...], Parameter(name="POINT", help="two solutions, checkpoints or training runs (their end; runs/a@128: a "
                                                                    "step); of more, the graph of the minima")], /, *,
    method: Annotated[ConnectMethod, Parameter(help="bezier or polychain: a curve is trained; neb or autoneb: an elastic band of points; "
                                                    "line: the straight line alone")] = "bezier",
    match: Annotated[MatchMethod | None, Parameter(help="permute the neurons of B onto those of A first, and say what that gained")] = None,
    bends: Annotated[int | None, Parameter(converter=whole, help="inner controls of a curve (default: bezier 1, polychain 3)")] = None,
    steps: Annotated[int | None, Parameter(converter=whole, help="of the search (default: of the method; a curve 2000)")] = None,
    lr: Annotated[float | None, Parameter(help="learning rate of a curve, trained by Adam (default: 0.003)")] = None,
    points_along: Annotated[int, Parameter(name="--points", converter=whole, help="along path and line, beside those around the highest "
                                                                                  "ones")] = 61,
    bn: Bn = None, split: Annotated[Split | None, Parameter(help="what is measured (default: both where there are two); a path is looked "
                                                                 "for on training data")] = None,
    examples: Annotated[int, Parameter(converter=whole, help="of each split, a class-balanced subset that path and line are measured on; "
                                                             "0: all; a graph also looks for its paths on it")] = 2000,
    batch_size: BatchSize = None, checkpoint: Checkpoint = None, data: Data = None, device: Device = "auto", seed: Seed = 0,
    store: Store = None, output: Output = None,
) -> None:
    """Connect solutions by a path of low loss, and say how high the straight line and the path rise (Garipov et al. 2018).

    The barrier of the path is an upper bound: that one path is high does not prove that there is no lower one.
    """
    from .connect import Search
    from .connect import connect as run
    from .objectives import Options

    options = Options(bn=bn, split=split, batch_size=batch_size, device=device, checkpoint=checkpoint, data=data, seed=seed)
    run(objective, points, options, Search(method, match, bends, steps, lr), along=points_along, examples=examples, store=store,
        output=output)
