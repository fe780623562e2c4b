"""What every operation does with axes: one rule a kind of operation, by torch's own names.

A rule unifies what an operation makes one, and says what axes come out. Pointwise operations are known by torch's tag; those that only
move numbers stand in :mod:`.moving`.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.utils._pytree import tree_leaves

from .axes import ONE, Dim
from .known import Known, Made, Read, Rule, Watched
from .moving import MOVING, named

#: f(c·x) = c·f(x) for every c > 0; sums of two values are so in both together.
HOMOGENEOUS = frozenset({"relu", "leaky_relu", "neg", "abs"})


def pointwise(w: Watched) -> list[Known]:
    """Elementwise, with broadcasting: axes of the same place are one."""
    tensors = [leaf for leaf in tree_leaves((w.args, w.kwargs)) if isinstance(leaf, Tensor)]
    out = w.out if isinstance(w.out, Tensor) else tree_leaves(w.out)[0]
    written = w.func._schema.is_mutable
    if not _homogeneous(w, tensors, out):
        w.bend(*(dim for tensor in tensors for dim in w.of(tensor).seen(w.atoms)))
    if len(tensors) == 1 and not written and tensors[0].shape == out.shape:
        return [Known(list(w.of(tensors[0]).entries))]
    found: list[Dim] = [ONE] * out.ndim
    for tensor in tensors:
        mine = w.dims(tensor)
        for back in range(1, len(mine) + 1):
            if tensor.shape[-back] != 1:
                if found[-back] != ONE:
                    w.unify(found[-back], mine[-back])
                else:
                    found[-back] = mine[-back]
                w.role(tensor, len(mine) - back, "out")
    sizes = zip(found, out.shape, strict=True)
    return [Known([w.atoms.dim(size, f"made by {w.name}") if w.atoms.size(dim) != size else dim for dim, size in sizes])]


def _homogeneous(w: Watched, tensors: Sequence[Tensor], out: Tensor) -> bool:
    """Whether an operation is positively homogeneous in all that it reads together, unit by unit."""
    name = w.name.rstrip("_")
    if name in ("mul", "div"):  # by a number
        first, *rest = tensors
        return first is w.args[0] and all(tensor.ndim == 0 and w.of(tensor).constant for tensor in rest)
    if name in ("add", "sub"):  # of values that all have the same units; what is broadcast along them is none of these
        alike = all(tensor.shape[1:] == out.shape[1:] or tensor.shape == out.shape[1:] for tensor in tensors)
        return len(tensors) == 2 and alike and not any(w.of(tensor).constant for tensor in tensors)
    return name in HOMOGENEOUS


def mm(w: Watched) -> list[Known]:
    """Products of matrices: what is summed over is one axis; ``addmm`` adds a bias."""
    first = w.name.startswith("add") or w.name == "baddbmm"
    bias, (x, y) = (w.args[0] if first else None), w.args[1:3] if first else w.args[:2]
    a, b = w.dims(x), w.dims(y)
    w.unify(a[-1], b[-2 if len(b) > 1 else -1])
    batch = a[:-2]
    for one, other in zip(batch, b[:-2], strict=False):
        w.unify(one, other)
    dims = [*batch, *([a[-2]] if len(a) > 1 else []), *([b[-1]] if len(b) > 1 else [])]
    if bias is not None:
        mine = w.dims(bias)
        for back in range(1, len(mine) + 1):
            if bias.shape[-back] != 1:
                w.unify(dims[-back], mine[-back])
        w.role(bias, -1, "out")
    _layer(w, x, y, bias, len(dims) - 1, int(first))
    return [Known(list(dims))]


def _layer(w: Watched, x: Tensor, y: Tensor, bias: Tensor | None, axis: int, at: int) -> None:
    """Note what a product reads and makes: with one of the network's weights on the right it is a linear layer."""
    right = w.of(y)
    if w.learned(y) and not w.learned(x):
        w.trace.reads.append(Read(w.call, at, tuple(w.dims(x)), right.name))
        w.role(y, -2, "in")
        w.role(y, -1, "out")
        named = None if bias is None else w.of(bias).name
        if right.name is not None and right.order == (1, 0) and (bias is None or named is not None):
            w.trace.made.append(Made(w.call, axis, right.name, named))
    elif not w.learned(x):
        w.trace.reads += [Read(w.call, at, tuple(w.dims(x)), None), Read(w.call, at + 1, tuple(w.dims(y)), None)]
        w.bend(*w.dims(x), *w.dims(y))
    else:
        w.bend(*w.dims(x), *w.dims(y))


def convolution(w: Watched) -> list[Known]:
    """Channels in and out; of a grouped one, groups stay together."""
    x, weight, bias, transposed, groups = w.args[0], w.args[1], w.args[2], w.args[6], w.args[8]
    dims, kernel, atoms = w.dims(x), w.dims(weight), w.atoms
    atoms.fix(kernel[2:], "places of a kernel")
    atoms.fix(dims[2:], "pixels under a kernel")
    into, make = (kernel[0], kernel[1]) if transposed else (kernel[1], kernel[0])
    if groups == 1:
        w.unify(dims[1], into)
        out = make
    else:
        whole, inner = (make, into) if not transposed else (into, make)  # the one that counts all groups, the one of a single group
        count = atoms.size(whole) // groups
        split = atoms.split(whole, [groups, count] if count > 1 else [groups], "channels in groups")
        both = atoms.merge([split[0], inner], "channels in groups")
        w.unify(dims[1], whole if transposed else both)
        out = both if transposed else whole
    if bias is not None:
        w.unify(out, w.dims(bias)[0])
        w.role(bias, 0, "out")
    for axis, role in enumerate(("in", "out") if transposed else ("out", "in")):
        w.role(weight, axis, role if groups == 1 else "grouped")
    name = w.of(weight).name
    if w.learned(weight) and not w.learned(x):
        w.trace.reads.append(Read(w.call, 0, tuple(dims), name))
        if name is not None and not transposed and w.of(weight).order and (bias is None or w.of(bias).name is not None):
            w.trace.made.append(Made(w.call, 1, name, None if bias is None else w.of(bias).name))
    return [Known([dims[0], out, *(atoms.dim(size, "pixels") for size in w.out.shape[2:])])]


def norm_of_channels(w: Watched) -> list[Known]:
    """BatchNorm (channels on axis 1) and GroupNorm (channels in groups), with scale, shift and statistics."""
    x = w.args[0]
    dims, atoms = w.dims(x), w.atoms
    channels = 1
    if w.name == "native_group_norm":
        groups = w.arg("group")
        size = x.shape[1]
        if 1 < groups < size:
            atoms.split(dims[1], [groups, size // groups], "channels in groups")
    for tensor in w.args[1:5]:
        if isinstance(tensor, Tensor):
            w.unify(dims[channels], w.dims(tensor)[0])
    w.bend(dims[channels])
    return [Known(list(dims))] + [Known([atoms.dim(s, "statistics") for s in leaf.shape]) for leaf in tree_leaves(w.out)[1:]]


def norm_of_features(w: Watched) -> list[Known]:
    """LayerNorm and RMSNorm over the last axes, with scale and shift."""
    dims = w.dims(w.args[0])
    for name in ("weight", "bias"):
        tensor = w.arg(name)
        if isinstance(tensor, Tensor):
            mine = w.dims(tensor)
            for back in range(1, len(mine) + 1):
                w.unify(dims[-back], mine[-back])
    w.bend(*dims)
    rest = [leaf for leaf in tree_leaves(w.out)[1:] if isinstance(leaf, Tensor)]
    return [Known(list(dims))] + [Known([w.atoms.dim(s, "statistics") for s in leaf.shape]) for leaf in rest]


def pool(w: Watched) -> list[Known]:
    """Pooling and resizing: channels stay, pixels are new."""
    x = w.args[0]
    dims, keep = w.dims(x), {"1": 1, "2": 2, "3": 3}[next(c for c in w.name if c in "123")]
    w.atoms.fix(dims[-keep:], "pixels")
    outs = [leaf for leaf in tree_leaves(w.out) if isinstance(leaf, Tensor)]
    return [Known([*dims[:-keep], *(w.atoms.dim(size, "pixels") for size in leaf.shape[-keep:])]) for leaf in outs]


def reduction(w: Watched) -> list[Known]:
    """Sums, means, maxima over axes."""
    x, dims = w.args[0], w.dims(w.args[0])
    given = w.arg("dim")
    axes = range(x.ndim) if given is None or given == [] else [a % x.ndim for a in ([given] if isinstance(given, int) else given)]
    w.bend(*(dim for axis, dim in enumerate(dims) if axis in axes or w.name not in ("sum", "mean", "amax", "amin")))
    kept = bool(w.arg("keepdim", False))
    outs = [leaf for leaf in tree_leaves(w.out) if isinstance(leaf, Tensor)]
    left = [ONE if axis in axes else dim for axis, dim in enumerate(dims) if kept or axis not in axes]
    return [Known(list(left)) for _ in outs]


def softmax(w: Watched) -> list[Known]:
    dims = w.dims(w.args[0])
    w.bend(*dims)
    return [Known(list(dims))]


def embedding(w: Watched) -> list[Known]:
    """Rows of a table, picked by data."""
    table, index = w.args[0], w.args[1]
    rows, *features = w.dims(table)
    w.atoms.fix([rows], "picked by what comes into the network")
    w.role(table, 1, "out")
    return [Known([*w.dims(index), *features])]


RULES: dict[str, Rule] = {
    **MOVING,
    **named("mm addmm bmm baddbmm mv dot vdot", mm),
    **named("_prelu_kernel _weight_norm_interface", pointwise),
    **named("convolution", convolution),
    **named("native_batch_norm cudnn_batch_norm miopen_batch_norm _native_batch_norm_legit_no_training native_group_norm",
             norm_of_channels),
    **named("native_layer_norm _fused_rms_norm rms_norm", norm_of_features),
    **named("max_pool1d max_pool2d max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d "
             "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d adaptive_max_pool2d upsample_nearest1d upsample_nearest2d "
             "upsample_bilinear2d", pool),
    **named("sum mean amax amin var var_mean std logsumexp linalg_vector_norm norm", reduction),
    **named("_softmax _log_softmax softmax log_softmax _safe_softmax", softmax),
    **named("embedding", embedding),
}
