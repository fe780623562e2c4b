"""What every operation does with axes: one rule a kind of operation, by torch's own names.

A rule unifies what an operation makes one, and says what axes come out. Pointwise operations are known by torch's tag; an operation
without a rule fixes all axes of everything that it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.utils._pytree import tree_leaves

from .axes import ONE, Atoms, Dim

if TYPE_CHECKING:
    from .tracing import Trace

#: f(c·x) = c·f(x) for every c > 0; sums of two values are so in both together.
HOMOGENEOUS = frozenset({"relu", "leaky_relu", "neg", "abs"})


class Lazy:
    """One axis read as several, before it is known whether as a product (heads) or as a sum (q, k and v in one)."""

    def __init__(self, whole: Dim, sizes: Sequence[int]) -> None:
        self.whole, self.sizes = whole, tuple(sizes)
        self._product: list[Dim] | None = None
        self._parts: list[Lazy] | None = None

    def product(self, atoms: Atoms, reason: str = "read in another shape") -> list[Dim]:
        if self._product is None:
            self._product = atoms.split(self.whole, self.sizes, reason)
        return self._product

    def seen(self, place: int) -> Dim:
        """One of the axes, or the whole where nobody asked for them."""
        return self.whole if self._product is None else self._product[place]

    def part(self, atoms: Atoms, index: int) -> Lazy | None:
        """What stands at an index of the first axis, the others as they were; None where it is a product already."""
        if self._product is not None:
            return None
        if self._parts is None:
            step = atoms.size(self.whole) // self.sizes[0]
            pieces = atoms.cut(self.whole, [step * k for k in range(1, self.sizes[0])], "read in parts")
            self._parts = [Lazy(piece, self.sizes[1:]) for piece in pieces]
        return self._parts[index]


@dataclass(frozen=True)
class Part:
    """One of the axes of a :class:`Lazy`."""

    of: Lazy
    place: int


@dataclass(frozen=True)
class Known:
    """The axes of a tensor.

    Attributes:
        entries: an axis each. name: of the network's tensor that it is, or a view of. order: which axis of that each axis is.
        constant: nothing of the network or its data is in it.
    """

    entries: list[Dim | Part]
    name: str | None = None
    order: tuple[int, ...] = ()
    constant: bool = False

    def settled(self, atoms: Atoms) -> list[Dim]:
        """The axes, those still open taken as products."""
        return [entry.of.product(atoms)[entry.place] if isinstance(entry, Part) else atoms.resolve(entry) for entry in self.entries]

    def seen(self, atoms: Atoms) -> list[Dim]:
        """The axes as far as anything asked: of one read as several and used in parts, the whole."""
        return [atoms.resolve(entry if not isinstance(entry, Part) else entry.of.seen(entry.place)) for entry in self.entries]


@dataclass(frozen=True)
class Watched:
    """An operation that was carried out."""

    trace: Trace
    call: int
    func: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    of: Callable[[Tensor], Known]

    @property
    def atoms(self) -> Atoms:
        return self.trace.atoms

    @property
    def name(self) -> str:
        return str(self.func._schema.name).removeprefix("aten::")

    def arg(self, name: str, default: Any = None) -> Any:
        """An argument by its name in torch's schema."""
        for place, argument in enumerate(self.func._schema.arguments):
            if argument.name == name:
                return self.args[place] if place < len(self.args) else self.kwargs.get(name, argument.default_value if default is None
                                                                                        else default)
        return default

    def dims(self, tensor: Tensor) -> list[Dim]:
        return self.of(tensor).settled(self.atoms)

    def unify(self, a: Dim, b: Dim) -> None:
        self.atoms.unify(a, b, f"{self.name} of axes that do not fit")

    def bend(self, *dims: Dim) -> None:
        """Note axes that something not positively homogeneous looks at."""
        self.trace.bent.append((dims, self.name))

    def role(self, tensor: Any, axis: int, role: str) -> None:
        """Note what an axis of one of the network's tensors counts."""
        known = self.of(tensor) if isinstance(tensor, Tensor) else None
        if known is not None and known.name is not None and known.order:
            self.trace.roles.setdefault((known.name, known.order[axis]), set()).add(role)


Rule = Callable[[Watched], Sequence[Known]]


def fixed_like(w: Watched, reason: str) -> list[Known]:
    return [Known([w.atoms.dim(size, reason) for size in leaf.shape]) for leaf in tree_leaves(w.out) if isinstance(leaf, Tensor)]


def unknown(w: Watched) -> list[Known]:
    """An operation without a rule: nothing that it reads may move."""
    reason = f"read by {w.name}"
    w.trace.unknown.add(w.name)
    for leaf in tree_leaves((w.args, w.kwargs)):
        if isinstance(leaf, Tensor):
            w.atoms.fix(w.dims(leaf), reason)
            w.bend(*w.dims(leaf))
    return fixed_like(w, reason)


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
        return sum(tensor.ndim > 0 for tensor in tensors) == 1 and isinstance(w.args[0], Tensor) and w.args[0].ndim > 0
    if name in ("add", "sub"):  # of values that all have the same units; what is broadcast along them is none of these
        alike = all(tensor.shape[1:] == out.shape[1:] or tensor.shape == out.shape[1:] for tensor in tensors)
        return len(tensors) == 2 and alike and not any(w.of(tensor).constant for tensor in tensors)
    return name in HOMOGENEOUS


def same(w: Watched) -> list[Known]:
    """The same tensor again."""
    known = w.of(w.args[0])
    return [known]


def view(w: Watched) -> list[Known]:
    """The same numbers in another shape: neighbouring axes become one, one becomes several."""
    x, out, reason = w.args[0], w.out, "read in another shape"
    known = w.of(x)
    if x.shape == out.shape:
        return [known]
    entries, done, i, j = list[Dim | Part](), list[Dim | Part](), 0, 0
    entries = list(known.entries)
    if x.numel() == 0:
        return fixed_like(w, reason)
    while i < x.ndim or j < out.ndim:
        left, right, a, b = i, j, 1, 1
        while True:
            if a == b and (i > left or j > right):
                break
            if a <= b and i < x.ndim:
                a, i = a * x.shape[i], i + 1
            else:
                b, j = b * out.shape[j], j + 1
        mine, sizes = entries[left:i], list(out.shape[right:j])
        done += _reshaped(w, mine, sizes, reason)
    return [Known(done)]


def _reshaped(w: Watched, mine: list[Dim | Part], sizes: list[int], reason: str) -> list[Dim | Part]:
    """A block of neighbouring axes in other sizes, those of size 1 aside."""
    large = [size for size in sizes if size != 1]
    mine = [entry for entry in mine if not (isinstance(entry, tuple) and w.atoms.size(entry) == 1)]
    if len(mine) == 1 and len(large) == 1:
        new = list(mine)
    elif not large:
        new = []
    else:
        settled = Known(mine).settled(w.atoms)
        whole = w.atoms.merge(settled, reason)
        resolved = w.atoms.resolve(whole)
        if len(mine) == 1 and len(resolved) == 1 and len(resolved[0]) == 1 and w.atoms.reason(resolved[0][0]) is None:
            lazy = Lazy(whole, large)
            new = [Part(lazy, place) for place in range(len(large))]
        else:
            new = list(w.atoms.split(whole, large, reason))
    left = iter(new)
    return [next(left) if size != 1 else ONE for size in sizes]


def permute(w: Watched) -> list[Known]:
    known, ndim = w.of(w.args[0]), w.args[0].ndim
    order = list(range(ndim))
    if w.name in ("t", "numpy_T"):
        order.reverse()
    elif w.name == "transpose":
        one, other = w.args[1] % ndim, w.args[2] % ndim
        order[one], order[other] = order[other], order[one]
    else:
        order = [axis % ndim for axis in w.args[1]]
    return [Known([known.entries[axis] for axis in order], known.name, tuple(known.order[axis] for axis in order) if known.order else ())]


def squeeze(w: Watched) -> list[Known]:
    """Axes of size 1 come or go."""
    x, known = w.args[0], w.of(w.args[0])
    if w.name == "unsqueeze":
        at = w.args[1] % (x.ndim + 1)
        return [Known([*known.entries[:at], ONE, *known.entries[at:]])]
    axes = range(x.ndim) if len(w.args) < 2 else [a % x.ndim for a in ([w.args[1]] if isinstance(w.args[1], int) else w.args[1])]
    return [Known([entry for axis, entry in enumerate(known.entries) if not (axis in axes and x.shape[axis] == 1)])]


def expand(w: Watched) -> list[Known]:
    """Axes of size 1 are repeated: the new places are all alike, and free."""
    x, out = w.args[0], w.out
    entries, lead = list(w.of(x).entries), out.ndim - x.ndim
    new = [w.atoms.dim(size) if axis < lead or x.shape[axis - lead] != size else entries[axis - lead] for axis, size in enumerate(out.shape)]
    return [Known(new)]


def select(w: Watched) -> list[Known]:
    """One place of an axis."""
    x, axis, index = w.args[0], w.args[1] % w.args[0].ndim, w.args[2]
    return [_at(w, x, axis, index % x.shape[axis])]


def unbind(w: Watched) -> list[Known]:
    axis = w.arg("dim", 0) % w.args[0].ndim
    return [_at(w, w.args[0], axis, index) for index in range(w.args[0].shape[axis])]


def _at(w: Watched, x: Tensor, axis: int, index: int) -> Known:
    entries = list(w.of(x).entries)
    entry = entries.pop(axis)
    if isinstance(entry, Part) and entry.place == 0 and (part := entry.of.part(w.atoms, index)) is not None:
        lazy = entry.of

        def moved(other: Dim | Part) -> Dim | Part:
            if not (isinstance(other, Part) and other.of is lazy):
                return other
            return part.whole if len(part.sizes) == 1 else Part(part, other.place - 1)

        return Known([moved(other) for other in entries])
    w.atoms.fix(Known([entry]).settled(w.atoms), "one of its places is picked")
    return Known(entries)


def narrow(w: Watched) -> list[Known]:
    """A range of an axis (slice, split): the axis is a sum of it and the rest."""
    x, name = w.args[0], w.name
    axis = w.arg("dim", 0) % x.ndim
    entries = list(w.of(x).entries)
    whole = Known([entries[axis]]).settled(w.atoms)[0]
    size, outs = x.shape[axis], list(tree_leaves(w.out))
    if name == "slice":
        if w.arg("step", 1) != 1:
            w.atoms.fix([whole], "read in steps")
            return fixed_or(w, entries, axis)
        start = w.arg("start") or 0
        start = min(max(start + size if start < 0 else start, 0), size)
        ends = [start, start + outs[0].shape[axis]]
        pieces = w.atoms.cut(whole, ends, "read in parts")[1:2]
    else:
        ends, end = [], 0
        for piece in outs[:-1]:
            end += piece.shape[axis]
            ends.append(end)
        pieces = w.atoms.cut(whole, ends, "read in parts")
    return [Known([*entries[:axis], piece or ONE, *entries[axis + 1 :]]) for piece in pieces]


def fixed_or(w: Watched, entries: list[Dim | Part], axis: int) -> list[Known]:
    """The same axes, but for one that is fresh and fixed."""
    return [Known([*entries[:axis], w.atoms.dim(w.out.shape[axis], f"made by {w.name}"), *entries[axis + 1 :]])]


def cat(w: Watched) -> list[Known]:
    """Tensors one after the other along an axis, the other axes one; or side by side on a new one."""
    tensors, ndim = list(w.args[0]), w.out.ndim
    axis = w.arg("dim", 0) % ndim
    if w.name == "cat":
        tensors = [tensor for tensor in tensors if tensor.numel()]
        every = [w.dims(tensor) for tensor in tensors]
        along: Dim = tuple(segment for dims in every for segment in dims[axis])
    else:
        every = [[*dims[:axis], ONE, *dims[axis:]] for dims in map(w.dims, tensors)]
        along = w.atoms.dim(len(tensors), "values side by side")
    for dims in every[1:]:
        for other, (one, two) in enumerate(zip(every[0], dims, strict=True)):
            if other != axis:
                w.unify(one, two)
    return [Known([*every[0][:axis], along, *every[0][axis + 1 :]])]


def pad(w: Watched) -> list[Known]:
    """Constants before and after: channels that are all alike, and free among themselves."""
    dims, pads = w.dims(w.args[0]), list(w.args[1])
    if min(pads, default=0) < 0:
        return unknown(w)
    if w.arg("value", 0) != 0:
        w.bend(*dims)
    for back in range(len(pads) // 2):
        before, after = pads[2 * back : 2 * back + 2]
        if before or after:
            dims[-1 - back] = (*_free(w, before), *dims[-1 - back], *_free(w, after))
    return [Known(list(dims))]


def _free(w: Watched, size: int) -> Dim:
    return ((w.atoms.new(size),),) if size else ()


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
    from .tracing import Made, Read

    left, right = w.of(x), w.of(y)
    if right.name is not None and left.name is None:
        w.trace.reads.append(Read(w.call, at, tuple(w.dims(x)), right.name))
        w.role(y, -2, "in")
        w.role(y, -1, "out")
        named = None if bias is None else w.of(bias).name
        if right.order == (1, 0) and (bias is None or named is not None):
            w.trace.made.append(Made(w.call, axis, right.name, named))
    elif left.name is None:
        w.trace.reads += [Read(w.call, at, tuple(w.dims(x)), None), Read(w.call, at + 1, tuple(w.dims(y)), None)]
        w.bend(*w.dims(x), *w.dims(y))
    else:
        w.bend(*w.dims(x), *w.dims(y))


def convolution(w: Watched) -> list[Known]:
    """Channels in and out; of a grouped one, groups stay together."""
    from .tracing import Made, Read

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
    if name is not None:
        w.trace.reads.append(Read(w.call, 0, tuple(dims), name))
        if not transposed and w.of(weight).order and (bias is None or w.of(bias).name is not None):
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
    if w.name not in ("sum", "mean", "amax", "amin"):
        w.bend(*dims)
    given = w.arg("dim")
    axes = range(x.ndim) if given is None or given == [] else [a % x.ndim for a in ([given] if isinstance(given, int) else given)]
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


def _named(names: str, rule: Rule) -> dict[str, Rule]:
    return {f"aten::{name}": rule for name in names.split()}


RULES: dict[str, Rule] = {
    **_named("clone contiguous detach alias lift_fresh _to_copy positive dropout native_dropout", same),
    **_named("view _unsafe_view reshape _reshape_alias", view),
    **_named("t transpose permute numpy_T", permute),
    **_named("squeeze unsqueeze", squeeze),
    **_named("expand", expand),
    **_named("select", select),
    **_named("unbind", unbind),
    **_named("slice split split_with_sizes chunk", narrow),
    **_named("cat stack", cat),
    **_named("constant_pad_nd", pad),
    **_named("mm addmm bmm baddbmm mv dot", mm),
    **_named("convolution", convolution),
    **_named("native_batch_norm cudnn_batch_norm miopen_batch_norm _native_batch_norm_legit_no_training native_group_norm", norm_of_channels),
    **_named("native_layer_norm _fused_rms_norm rms_norm", norm_of_features),
    **_named("max_pool1d max_pool2d max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d "
             "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d adaptive_max_pool2d upsample_nearest1d upsample_nearest2d "
             "upsample_bilinear2d", pool),
    **_named("sum mean amax amin var var_mean std logsumexp linalg_vector_norm norm", reduction),
    **_named("_softmax _log_softmax softmax log_softmax _safe_softmax", softmax),
    **_named("embedding", embedding),
}

