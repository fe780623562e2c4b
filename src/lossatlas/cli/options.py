"""Options that several commands have, in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..names import BatchNormPolicy, Method, PlanName


def whole(type_: Any, tokens: Sequence[Any]) -> int:
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
Examples = Annotated[int | None, Parameter(converter=whole, help="a seeded class-balanced subset of N examples (default: all)")]
Params = Annotated[str | None, Parameter(help="only these may move: patterns of parameter names with commas between, such as "
                                              "'*.lora_*' (default: all, or what a network that is frozen in part trains)")]
BatchSize = Annotated[int | None, Parameter(converter=whole, help="examples per batch (default: the objective's own; 128 for zoo "
                                                                   "networks)")]
Device = Annotated[str, Parameter(help="auto takes a GPU where there is one; or cpu, cuda, cuda:1")]
Checkpoint = Annotated[str | None, Parameter(help="weights of a zoo network: .safetensors, or .pt/.th (tensors only)")]
Data = Annotated[str | None, Parameter(help="data of a zoo network: digits, mnist:PATH, fashion-mnist:PATH, cifar10:DIR, "
                                                  "stories:FILE")]
Store = Annotated[str | None, Parameter(help="PATH.zarr or PATH.zarr/GROUP; an unfinished result there is continued (default: a new "
                                             "./lossatlas.zarr/<kind>-<n>)")]
Output = Annotated[Path | None, Parameter(name=["--output", "-o"], help="draw the result: .png, .svg or .pdf")]
Workers = Annotated[int, Parameter(converter=whole, help="processes of this machine that share the work; the same command started again "
                                                          "with the same --store shares it too")]
Plan = Annotated[PlanName, Parameter(help="how points are evaluated: auto (the fastest way that gives the same losses), plain, bf16 (auto "
                                          "that may take bfloat16)")]
MethodOf = Annotated[Method | None, Parameter(name="--method", help="dense: every point; survey: predicted from a part of them, "
                                                                    "with its error (default: by cost)")]
Tolerance = Annotated[float, Parameter(help="of a survey: median of its held-out errors, relative to the loss; five times it is their 95th "
                                            "percentile")]
Replan = Annotated[bool, Parameter(negative="", help="a new result with a new plan, NAME-2 beside NAME")]
ShowPlan = Annotated[bool, Parameter(negative="", help="say which ways were tried and why this one was taken")]
Seed = Annotated[int, Parameter(converter=whole, help="of directions and subsets: same seed, same numbers")]
