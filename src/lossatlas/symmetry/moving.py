"""Operations that only move numbers: other shapes, other orders, parts, several in one.

A rule says what axes come out. An operation without a rule (:func:`unknown`) fixes all axes of everything that it reads.
"""

from __future__ import annotations

from torch import Tensor
from torch.utils._pytree import tree_leaves

from .axes import ONE, Dim
from .known import Known, Lazy, Part, Rule, Watched, fixed_like


def unknown(w: Watched) -> list[Known]:
    """An operation without a rule: nothing that it reads may move."""
    reason = f"read by {w.name}"
    w.trace.unknown.add(w.name)
    for leaf in tree_leaves((w.args, w.kwargs)):
        if isinstance(leaf, Tensor):
            w.atoms.fix(w.dims(leaf), reason)
            w.bend(*w.dims(leaf))
    return fixed_like(w, reason)


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
    entries, done, i, j = list(known.entries), list[Dim | Part](), 0, 0
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
    """Axes in another order; a weight that is turned is still known by its name."""
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
    return [Known([w.atoms.dim(size) if axis < lead or x.shape[axis - lead] != size else entries[axis - lead]
                   for axis, size in enumerate(out.shape)])]


def repeat(w: Watched) -> list[Known]:
    """Copies one after the other: each axis is a product of their number and itself."""
    dims, counts = w.dims(w.args[0]), list(w.args[1])
    lead = len(counts) - len(dims)
    copies = [w.atoms.dim(count) for count in counts]
    return [Known([copy if axis < lead else w.atoms.merge([copy, dims[axis - lead]], "repeated") for axis, copy in enumerate(copies)])]


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


def named(names: str, rule: Rule) -> dict[str, Rule]:
    """The rule under several of torch's names."""
    return {f"aten::{name}": rule for name in names.split()}


MOVING: dict[str, Rule] = {
    **named("clone contiguous detach alias lift_fresh _to_copy positive dropout native_dropout", same),
    **named("view _unsafe_view reshape _reshape_alias", view),
    **named("t transpose permute numpy_T", permute),
    **named("squeeze unsqueeze", squeeze),
    **named("expand", expand),
    **named("repeat", repeat),
    **named("select", select),
    **named("unbind", unbind),
    **named("slice split split_with_sizes chunk", narrow),
    **named("cat stack", cat),
    **named("constant_pad_nd", pad),
}
