"""The words that options take, and what to say to one that does not exist."""

import difflib
from collections.abc import Iterable
from typing import Literal, get_args

from .errors import InputError

Normalize = Literal["filter", "layer", "weight", "none"]
BatchNormPolicy = Literal["eval", "batch", "recompute", "interpolate"]
Split = Literal["train", "test", "both"]
DataSet = Literal["cifar10", "mnist", "fashion-mnist"]
LossName = Literal["cross_entropy", "mse", "bce", "causal_lm"]
DrawAs = Literal["contour", "heatmap", "surface", "profile", "spectrum", "scan", "trajectory", "path", "graph", "matrix"]
PlaneAxes = Literal["orthogonal", "affine"]
PathPlane = Literal["pca", "random", "both"]
Per = Literal["class", "layer"]
PlanName = Literal["auto", "plain", "bf16"]
Method = Literal["dense", "survey"]
Mark = Literal["evaluated", "predicted"]
Ends = Literal["largest", "smallest", "both"]
SpectrumOperator = Literal["hessian", "ggn", "fisher"]
Which = Literal["largest", "smallest", "both", "magnitude"]
TraceMethod = Literal["hutchinson", "hutch++", "xtrace"]
Autocast = Literal["bf16"]
Momentum = Literal["kept", "fresh"]
CurveBasis = Literal["bezier", "polychain"]
ConnectMethod = Literal["line", "bezier", "polychain", "neb", "autoneb"]
StartWeights = Literal["fresh", "own"]
SubspaceKind = Literal["random", "dropout", "trajectory", "gaussian", "low_rank"]
MergeMethod = Literal["uniform", "greedy"]
MatchMethod = Literal["weights", "activations"]
Corruption = Literal["random_labels", "shuffled_pixels", "random_pixels", "gaussian"]
Scale = Literal["quick", "paper"]
LossOf = Literal["data", "batch"]
RecipeName = Literal["sgd", "adam"]
Anneal = Literal["drops", "cosine"]
Precision = Literal["float32", "bf16"]

FlatnessName = Literal[
    "lambda_max", "trace", "sam", "asam", "keskar", "keskar_subspace", "worst_case", "average_case", "noise_tolerance",
    "noise_tolerance_magnitude", "fisher_rao", "basin_radius", "basin_volume", "level_width", "entropy_gradient", "local_entropy", "llc"]


def suggest(value: object, known: Iterable[str]) -> str:
    """``"; did you mean 'filter'?"`` where a known word is close, else the empty string."""
    close = difflib.get_close_matches(str(value), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def choose(value: object, known: object, what: str) -> str:
    """Return ``value`` if it is one of ``known`` (a Literal type or an iterable of words).

    Raises:
        InputError: with the known words and the closest of them.
    """
    words = list(get_args(known)) or list(known)  # type: ignore[call-overload]
    if value not in words:
        raise InputError(f"{what} is {value!r}; expected one of {', '.join(words)}{suggest(value, words)}")
    return str(value)
