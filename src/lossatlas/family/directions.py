"""Random directions and their normalization.

A random direction says nothing about sharpness until it is compared with the weights: a network whose layers are
scaled up and down computes the same function, and an unnormalized plot of it looks flat or sharp at will. Filter
normalization (Li et al. 2018, section 4) removes that freedom: every filter of the direction gets the norm of the
network's own, d_f ← d_f · ‖θ_f‖ / ‖d_f‖. Biases and BatchNorm parameters stay at zero unless asked otherwise, and
running statistics never move. Of a network that is frozen in part (a head on a fixed body, LoRA) only what is trained
moves, unless ``params`` names something else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..layout import Layout, TensorRule, filter_norms
from ..names import Normalize, choose
from ..params import PIECE, Params, check_point, select, wide_enough
from ..seeds import check_seed, generator
from .copies import Copies
from .slice import Slice


def random_direction(
    point: Mapping[str, Tensor], layout: Layout, *, normalize: Normalize = "filter", ignore: Sequence[str] = ("bias", "norm"),
    seed: int = 0, name: str = "alpha", repeat: int = 0, params: str | Sequence[str] | None = None,
) -> Params:
    """A Gaussian direction at a point, normalized; entries only for the tensors that it moves.

    Every tensor has a generator of its own, keyed by seed, repeat, axis name and tensor name: directions of different
    seeds, repeats and axes are independent, and one direction is the same in every process, whatever else moves. Drawn and
    normalized in float64, then brought to the tensor's dtype, or to float32 for half precision.

    Raises:
        InputError: an unknown normalization, a word in ``ignore`` or a pattern in ``params`` that matches nothing; a point of
            another network; nothing left to move.
    """
    choose(normalize, Normalize, "normalize")
    check_point(point, what="the point")
    if lacking := [n for n in layout if n not in point]:
        raise InputError(f"the point lacks {lacking[0]!r}, which the layout has; expected a point of the same network")
    direction: Params = {}
    for tensor_name in layout.moved(_words(ignore), params):
        rule, weights = layout[tensor_name], point[tensor_name].detach()
        if not (weights.is_floating_point() or weights.is_complex()):
            raise InputError(f"{tensor_name!r} holds {weights.dtype}, whole numbers that have no direction; expected it frozen: "
                             f"layout={{{tensor_name!r}: 'zero'}}")
        direction[tensor_name] = _drawn(weights, rule, normalize, generator(seed, "direction", repeat, name, tensor_name))
    if not any(bool(torch.count_nonzero(d)) for d in direction.values()):
        raise InputError(_nothing_moves(point, layout, _words(ignore), params))
    return direction


def _drawn(weights: Tensor, rule: TensorRule, normalize: Normalize, draws: torch.Generator) -> Tensor:
    """One tensor of a random direction, a slab of filters at a time: a large one needs no float64 copy of itself.

    The same numbers as drawn at once: torch draws 16 normal numbers at a time, and slabs are multiples of that.
    """
    out = torch.empty(weights.shape, dtype=wide_enough(weights.dtype), device=weights.device)
    wide = torch.complex128 if weights.is_complex() else torch.float64
    for rows in _slabs(weights, rule, normalize):
        noise = torch.randn(weights[rows].shape, generator=draws, dtype=wide).to(weights.device)
        out[rows] = normalized(noise, weights[rows], rule, normalize).to(out.dtype)
    return out


def _slabs(weights: Tensor, rule: TensorRule, normalize: Normalize) -> list[Any]:
    """Cuts along axis 0 that go through no filter."""
    if weights.numel() <= PIECE or not rule.by_rows or normalize == "layer":
        return [...]
    rows = 16 * math.ceil(PIECE / (weights.numel() // len(weights)) / 16)
    starts = list(range(0, max(len(weights) - 15, 1), rows))  # the last one has 16 rows at least
    return [slice(start, end) for start, end in zip(starts, [*starts[1:], len(weights)], strict=True)]


def _nothing_moves(point: Mapping[str, Tensor], layout: Layout, ignore: tuple[str, ...], params: str | Sequence[str] | None) -> str:
    """Why nothing moves, and what to write instead."""
    frozen = f" beside {len(layout.untrained)} frozen tensors" if layout.untrained else ""
    names = select(layout, params) if params is not None else [name for name in layout if name not in set(layout.untrained)]
    left = [name for name in names if bool(torch.count_nonzero(point[name])) and not layout[name].frozen]
    what = f"params={params!r} names" if params is not None else f"this network has{frozen}"
    if not left:
        return (f"nothing moves: {what} only tensors that are zero (a zero filter has a zero direction) or that the layout keeps still; "
                "write normalize='none', or move others: params=('name or pattern',)")
    rules = ", ".join(f"{name!r} ({layout[name].kind})" for name in left[:3]) + (", …" if len(left) > 3 else "")
    return (f"a direction that ignores {list(ignore)} moves nothing: {what} only {rules}; expected weights: write ignore=() to move "
            f"these, or say which axis counts filters: layout={{{left[0]!r}: axis}}")


def normalize_direction(
    direction: Mapping[str, Tensor], point: Mapping[str, Tensor], layout: Layout, *, normalize: Normalize = "filter",
    ignore: Sequence[str] = ("bias", "norm"),
) -> Params:
    """A given direction under the rules of random ones: ignored tensors dropped, the others normalized to the point.

    What was frozen moves where the direction names it.
    """
    choose(normalize, Normalize, "normalize")
    moved = layout.moved(_words(ignore), params="*")
    wide = {n: d.to(torch.complex128 if d.is_complex() else torch.float64) for n, d in direction.items() if n in moved}
    return {n: normalized(d, point[n].detach(), layout[n], normalize).to(wide_enough(point[n].dtype)) for n, d in wide.items()}


def normalized(noise: Tensor, weights: Tensor, rule: TensorRule, normalize: Normalize) -> Tensor:
    """One tensor of a direction, normalized to its weights: Li et al. 2018, section 4 (filter) and appendix A.2 (layer).

    ``filter``: every filter gets the norm of the network's; ``layer``: the whole tensor does; ``weight``: every entry
    is multiplied by the size of the weight it moves; ``none``: as drawn. Filters that are zero stay zero, and so does what
    a network does not read (a triangle of an orthogonal weight).
    """
    noise = rule.counted(noise)
    if normalize == "none":
        return noise
    if normalize == "weight":
        return noise * weights.abs().to(noise.dtype)
    if normalize == "layer":
        rule = TensorRule(rule.shape, rule.kind, None)
    target, drawn = filter_norms(rule, weights), filter_norms(rule, noise)
    return rule.scale(noise, torch.where(drawn > 0, target / drawn, 0.0).to(noise.real.dtype))


def random_slice(
    objective: Any, *, dims: Sequence[str] = ("alpha", "beta"), normalize: Normalize = "filter",
    ignore: Sequence[str] = ("bias", "norm"), seed: int = 0, point: Mapping[str, Tensor] | None = None,
    repeats: int | None = None, params: str | Sequence[str] | None = None,
) -> Slice | Copies:
    """The line, plane or volume through a point along independent random directions (Li et al. 2018).

    The axes are not orthogonalized (in many dimensions they nearly are); their cosine is recorded in every result.

    Args:
        objective: gives the point where the network stood, and the layout.
        dims: one name per direction.
        normalize: filter (Li et al.), layer, weight or none.
        ignore: kinds of tensors (``bias``, ``norm``) or name patterns that do not move.
        seed: same seed, same directions, in every process.
        point: the centre, if not where the objective's network stood.
        repeats: None for one slice; a number for as many independent ones along a first dim ``repeat``.
        params: shell patterns of the names that may move (``"*.lora_*"``), frozen by the network or not; ``ignore`` still
            holds among them. None: all, or what the network trains where it froze a part of itself.

    Raises:
        InputError: an unknown option, a pattern that matches nothing, a point of another network, nothing left to move.
    """
    if not isinstance(getattr(objective, "layout", None), Layout):
        raise InputError(f"random_slice got a {type(objective).__name__}; expected an Objective: la.Objective.from_module(model, data, "
                         "loss) (of a train/test pair, the training one)")
    dims = (dims,) if isinstance(dims, str) else tuple(dims) if isinstance(dims, Sequence) else ()
    if not dims or not all(isinstance(dim, str) for dim in dims):
        raise InputError("dims must name the directions; expected e.g. dims=('alpha', 'beta')")
    seed = check_seed(seed)
    layout = objective.layout
    centre = objective.point() if point is None else objective.conform(point)
    about = {"family": "random", "n_parameters": sum(centre[name].numel() for name in layout), "seed": seed,
             "normalize": normalize, "ignore": list(_words(ignore)), "assumed": layout.assumed, **_chosen(layout, centre, params)}

    make = _Repeat(centre, layout, dims, {"normalize": normalize, "ignore": ignore, "seed": seed, "params": params}, about)
    return make(0) if repeats is None else Copies(make, repeats)


@dataclass(frozen=True, eq=False)
class _Repeat:
    """Number of the repeat -> its slice; can be sent to other processes, as a closure cannot."""

    centre: Params
    layout: Layout
    dims: tuple[str, ...]
    options: dict[str, Any]
    about: dict[str, Any]

    def __call__(self, repeat: int) -> Slice:
        axes = tuple(random_direction(self.centre, self.layout, name=dim, repeat=repeat, **self.options) for dim in self.dims)
        return Slice(self.centre, axes, self.dims, about={**self.about, "rules": rules_of(self.layout, axes[0])})


def _words(ignore: Sequence[str]) -> tuple[str, ...]:
    if ignore is None:
        raise InputError("ignore is None; expected a tuple of words, write ignore=() to move everything")
    if isinstance(ignore, str):
        raise InputError(f"ignore is {ignore!r}; expected a tuple of words, write ignore=({ignore!r},)")
    return tuple(ignore)


def _chosen(layout: Layout, point: Mapping[str, Tensor], params: str | Sequence[str] | None) -> dict[str, Any]:
    """What a result says where only a part of the network may move; nothing where all of it may."""
    if params is not None:
        names, globs = select(layout, params), [params] if isinstance(params, str) else list(params)
        count = f"{len(names)} of {len(layout)} tensors ({sum(point[name].numel() for name in names):,} parameters)"
        return {"params": globs, "notes": [f"only {', '.join(globs)} may move: {count}"]}
    if not layout.untrained:
        return {}
    count = sum(point[name].numel() for name in layout.untrained)
    return {"frozen": layout.untrained, "notes": [f"{len(layout.untrained)} of {len(layout)} tensors ({count:,} parameters) are frozen "
                                                  "by the network and stay"]}


def rules_of(layout: Layout, direction: Mapping[str, Tensor]) -> dict[str, str]:
    """Per tensor, in words, the rule that a direction followed."""
    return {name: rule.rule if name in direction else rule.zero for name, rule in layout.items()}
