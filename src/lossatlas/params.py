"""A point of parameter space, a direction, a gradient: one representation, ``Params = dict[str, Tensor]``.

Names are state-dict names. A point may also carry float buffers (running statistics) under their names; directions
have an entry only where they move. Sums over entries are accumulated in float64, so that norms and cosines of
networks with millions of weights keep their digits.

Half precision stores a weight and is too coarse to move it: a step below half an ulp (2⁻⁹ of a bfloat16 weight) would be
lost. So points between half precision points, and directions, are float32 (:func:`wide_enough`); only an objective casts
to the network's own dtype, and only once. A half precision point that is hit exactly comes back as it is.
"""

import fnmatch
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.autograd import forward_ad

from .errors import InputError
from .names import suggest

Params = dict[str, Tensor]

#: Endings of the state-dict names of BatchNorm's running statistics (torch.nn.modules.batchnorm).
RUNNING_STATISTICS = ("running_mean", "running_var")

#: Entries that are widened to float64 at a time, so that a sum over a large tensor needs no copy of it (8 MB).
PIECE = 1 << 20


def is_running_statistic(name: str) -> bool:
    """Whether a state-dict name is that of a BatchNorm running mean or variance."""
    return name.rpartition(".")[2] in RUNNING_STATISTICS


def without_running_statistics(point: Mapping[str, Tensor]) -> Params:
    """The point without BatchNorm running statistics."""
    return {name: tensor for name, tensor in point.items() if not is_running_statistic(name)}


def known_buffers(names: Iterable[str]) -> frozenset[str]:
    """The names that torch gives to float buffers beside parameters.

    Running statistics, singular vectors of spectral_norm (``_u``, ``_v``; of the old hook beside ``…_orig``), masks of pruning.
    """
    names = set(names)

    def known(name: str) -> bool:
        head, _, last = name.rpartition(".")
        stem, _, end = name.rpartition("_")
        vector = last in ("_u", "_v") and ".parametrizations." in f".{head}"
        return is_running_statistic(name) or vector or (end in ("u", "v", "mask") and f"{stem}_orig" in names)

    return frozenset(filter(known, names))


def wide_enough(dtype: torch.dtype) -> torch.dtype:
    """The dtype to move a tensor in: float32 for anything shorter (complex64 for complex halves), else its own."""
    if dtype.is_complex:
        return dtype if dtype.itemsize >= 8 else torch.complex64
    return dtype if dtype.itemsize >= 4 else torch.float32


def kept(given: torch.dtype, own: torch.dtype) -> torch.dtype:
    """In which dtype a given tensor of a network is kept: the network's, or float32 where that is too short for it."""
    return own if given == own else wide_enough(own)


def widened(tensor: Tensor) -> Tensor:
    """The tensor in the dtype of :func:`wide_enough`; itself where that is its own."""
    return tensor.to(wide_enough(tensor.dtype))


def lincomb(weights: Sequence[float | Tensor], points: Sequence[Mapping[str, Tensor]]) -> Params:
    """``sum_j weights[j] * points[j]``, entry by entry; a point without an entry counts as zero there.

    The names are those of the first point. Weights exactly 0 and 1 reproduce a point exactly (its entries being
    finite). Differentiable in weights and points, in reverse and forward mode and by ``torch.func``. Half precision entries
    are summed in float32; a point of weight 1 among weights 0 keeps its own dtype.
    """
    alone = _alone(weights)
    out: Params = {}
    for name, first in points[0].items():
        if alone is not None and all(name in point and _is_half(point[name]) for point in (points[0], points[alone])):
            out[name] = points[alone][name]
            continue
        total = widened(first) * weights[0]
        for weight, point in zip(weights[1:], points[1:], strict=True):
            if name in point:
                total = _moved(total, point[name], weight, own=True)
        out[name] = total
    return out


def shift(origin: Mapping[str, Tensor], weights: Sequence[float | Tensor], axes: Sequence[Mapping[str, Tensor]]) -> Params:
    """``origin + sum_j weights[j] * axes[j]``; entries that no axis moves are the origin's own tensors.

    Half precision entries are summed in float32; weights 0 leave them as they are.
    """
    out: Params = dict(origin)
    for weight, axis in zip(weights, axes, strict=True):
        number = _constant(weight)
        plain = number == number and not _transformed()
        together = [name for name, direction in axis.items() if plain and _alike(out[name], direction)]
        later = [name for name in together if out[name] is not origin[name]]
        _move_together(out, [name for name in together if out[name] is origin[name]], axis, number, own=False)
        _move_together(out, later, axis, number, own=True)
        for name in axis.keys() - set(together) if len(together) < len(axis) else ():
            if not (number == 0 and _is_half(out[name])):
                out[name] = _moved(out[name], axis[name], weight, own=out[name] is not origin[name])
    return out


def _alike(tensor: Tensor, direction: Tensor) -> bool:
    """Whether nothing is differentiated or widened, so that a tensor may be moved in one call with others; large ones go by themselves."""
    small = tensor.dtype == direction.dtype and tensor.numel() <= PIECE and not _is_half(tensor)
    return small and not (tensor.requires_grad or direction.requires_grad) and tensor.is_contiguous() and direction.is_contiguous()


def _move_together(out: Params, names: Sequence[str], axis: Mapping[str, Tensor], number: float, *, own: bool) -> None:
    """``out + number * axis`` for many tensors in a few calls, with intermediate results no larger than PIECE; rounded as one by one."""
    start = 0
    while start < len(names):
        end, entries = start, 0
        while end < len(names) and (end == start or entries + out[names[end]].numel() <= PIECE):
            entries += out[names[end]].numel()
            end += 1
        part, start = names[start:end], end
        moves = torch._foreach_mul([axis[name] for name in part], number)
        if own:
            torch._foreach_add_([out[name] for name in part], moves)
        else:
            torch._foreach_add_(moves, [out[name] for name in part])
            out.update(zip(part, moves, strict=True))


def _moved(tensor: Tensor, direction: Tensor, weight: float | Tensor, *, own: bool) -> Tensor:
    """``tensor + weight * direction``, rounded just so; in place, without copies in between, where nothing is differentiated.

    ``own``: the tensor is nobody else's and may be overwritten.
    """
    tensor, direction, number = widened(tensor), widened(direction), _constant(weight)
    differentiated = number != number or tensor.requires_grad or direction.requires_grad or _transformed()
    if differentiated or tensor.dtype != direction.dtype or not (tensor.is_contiguous() and direction.is_contiguous()):
        return tensor + direction * weight
    if not own:
        return (direction * number).add_(tensor)
    for part, move in zip(tensor.view(-1).split(PIECE), direction.view(-1).split(PIECE), strict=True):
        part.add_(move * number)
    return tensor


def _is_half(tensor: Tensor) -> bool:
    return wide_enough(tensor.dtype) != tensor.dtype


def is_constant(weight: float | Tensor) -> bool:
    """Whether a weight is a number, and nothing is differentiated by it."""
    return not math.isnan(_constant(weight))


def _constant(weight: float | Tensor) -> float:
    """A weight as a number; NaN where it is differentiated, or one of many (under ``torch.func.vmap``)."""
    return float("nan") if isinstance(weight, Tensor) and (weight.requires_grad or _transformed()) else float(weight)


def _transformed() -> bool:
    """Inside forward-mode differentiation or a transform of ``torch.func``, of which ``requires_grad`` tells nothing."""
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0


def _alone(weights: Sequence[float | Tensor]) -> int | None:
    """The place of a weight 1 among weights 0, or None."""
    numbers = [_constant(weight) for weight in weights]
    return numbers.index(1.0) if numbers.count(1.0) == 1 and numbers.count(0.0) == len(numbers) - 1 else None


def difference(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> Params:
    """``a - b`` on the names of ``a``; float32 for half precision."""
    return {name: widened(tensor) - widened(b[name]) for name, tensor in a.items()}


def select(names: Iterable[str], globs: str | Sequence[str]) -> list[str]:
    """The names (of a point: those of its entries) that match one of the shell patterns, in the order of ``names``.

    Raises:
        InputError: no pattern, or one that matches nothing, with the closest name.
    """
    names, given = list(names), globs
    globs = (globs,) if isinstance(globs, str) else tuple(globs) if isinstance(globs, Sequence) else ()
    if not globs or not all(isinstance(glob, str) and glob for glob in globs):
        raise InputError(f"params is {given!r}; expected patterns of parameter names, e.g. params=('*.lora_*', 'head.weight')")
    for glob in globs:
        if not any(fnmatch.fnmatchcase(name, glob) for name in names):
            raise InputError(f"params: no parameter matches {glob!r}{suggest(glob, names) or f'; the names are {_some(names)}'}")
    return [name for name in names if any(fnmatch.fnmatchcase(name, glob) for glob in globs)]


def dot(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Inner product over the names that both have, accumulated in float64 (real part for complex entries)."""
    total = 0.0
    for name, x in a.items():
        if name in b:
            wide = torch.complex128 if x.is_complex() else torch.float64
            for one, other in zip(x.reshape(-1).split(PIECE), b[name].reshape(-1).split(PIECE), strict=True):
                total += float(torch.vdot(one.to(wide), other.to(wide)).real)
    return total


def norm(a: Mapping[str, Tensor]) -> float:
    """Euclidean norm over all entries, accumulated in float64."""
    return dot(a, a) ** 0.5


def cosine(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Cosine of the angle between two directions; NaN where one of them is zero."""
    scale = norm(a) * norm(b)
    return dot(a, b) / scale if scale else float("nan")


def gram(axes: Sequence[Mapping[str, Tensor]]) -> list[list[float]]:
    """Matrix of inner products of the axes, shape (k, k), float64."""
    return [[dot(a, b) for b in axes] for a in axes]


def size(a: Mapping[str, Tensor]) -> int:
    """Number of scalar entries."""
    return sum(tensor.numel() for tensor in a.values())


def ravel(a: Mapping[str, Tensor], names: Iterable[str] | None = None) -> Tensor:
    """One vector of shape (n,) with the entries in the order of ``names`` (default: the point's own)."""
    return torch.cat([a[name].reshape(-1) for name in (names or a)])


def unravel(vector: Tensor, like: Mapping[str, Tensor]) -> Params:
    """The inverse of :func:`ravel`: cut a vector of shape (n,) into the names and shapes of ``like``."""
    if vector.shape != (size(like),):
        raise InputError(f"vector has shape {tuple(vector.shape)}; expected ({size(like)},)")
    pieces = torch.split(vector, [tensor.numel() for tensor in like.values()])
    return {name: piece.reshape(like[name].shape) for name, piece in zip(like, pieces, strict=True)}


def digest(a: Mapping[str, Tensor]) -> str:
    """16 hexadecimal digits that names, shapes, dtypes and bytes of all entries determine (BLAKE2b)."""
    state = hashlib.blake2b(digest_size=8)
    for name in sorted(a):
        state.update(f"{name}|{tuple(a[name].shape)}|{a[name].dtype}|".encode())
        state.update(tensor_bytes(a[name]))
    return state.hexdigest()


def tensor_bytes(tensor: Tensor) -> memoryview:
    """The raw bytes of a tensor in C order."""
    flat = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    return memoryview(flat.view(torch.uint8).numpy()) if flat.numel() else memoryview(b"")


def check_point(point: Mapping[str, Tensor], *, what: str, like: Mapping[str, Tensor] | None = None) -> None:
    """Refuse what is no point: not a dict of float tensors, not finite, or not of the network ``like``.

    Raises:
        InputError: naming the first tensor at fault.
    """
    if not isinstance(point, Mapping) or not point or not all(isinstance(t, Tensor) for t in point.values()):
        raise InputError(f"{what} is {_kind(point)}; expected a dict of tensors (a point), e.g. objective.point() or "
                         "la.load_point('a.safetensors')")
    for name, tensor in point.items():
        if odd := _odd(tensor):
            raise InputError(f"{what}: {name!r} is {odd}; expected a dense tensor of numbers: save tensor.to_dense(), or its values in "
                             "float32")
        if tensor.is_floating_point() or tensor.is_complex():
            bad = sum(part.numel() - int(_finite(part).sum()) for part in tensor.detach().reshape(-1).split(PIECE))
            if bad:
                raise InputError(f"{what}: {bad} of {tensor.numel()} values of {name!r} are NaN or infinite; "
                                 "expected finite weights: take an earlier checkpoint")
    if like is not None:
        _check_same_network(point, like, what)


def _odd(tensor: Tensor) -> str:
    """What keeps a tensor from being moved through parameter space, in words; the empty string where nothing does."""
    if tensor.is_meta:
        return "a tensor without values (on the meta device)"
    if tensor.is_nested or tensor.layout != torch.strided or tensor.is_quantized:
        return f"a {'nested' if tensor.is_nested else 'quantized' if tensor.is_quantized else 'sparse'} tensor"
    return f"of {tensor.dtype}" if tensor.dtype == getattr(torch, "float4_e2m1fn_x2", None) else ""


def _finite(tensor: Tensor) -> Tensor:
    """Where a tensor is finite; torch does not know it of numbers of one byte."""
    return torch.isfinite(tensor.float() if tensor.dtype.itemsize == 1 else tensor)


def _check_same_network(point: Mapping[str, Tensor], like: Mapping[str, Tensor], what: str) -> None:
    missing = [name for name in like if name not in point]
    unknown = [name for name in point if name not in like and not is_running_statistic(name)]
    if missing or unknown:
        parts = ([f"lacks {_some(missing)}"] if missing else []) + ([f"has unknown {_some(unknown)}"] if unknown else [])
        raise InputError(f"{what} is a point of another network: it {' and '.join(parts)}")
    for name, tensor in like.items():
        if point[name].shape != tensor.shape:
            raise InputError(f"{what} is a point of another network: {name!r} has shape {tuple(point[name].shape)}; "
                             f"expected {tuple(tensor.shape)}")
        if point[name].is_complex() and not tensor.is_complex():
            raise InputError(f"{what} is a point of another network: {name!r} is complex ({point[name].dtype}); expected {tensor.dtype}")


def _some(names: Iterable[str], most: int = 4) -> str:
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def _kind(value: object) -> str:
    return f"an empty {type(value).__name__}" if isinstance(value, Mapping) and not value else f"a {type(value).__name__}"
