"""What a network does with the axes of its tensors, seen on one batch.

Every operation of a forward pass is watched as torch carries it out (attention, functional layers and code of one's own included, which
torch.fx cannot trace), and the axes of what goes in and comes out are unified by its rule (:mod:`.rules`). What has no rule lets nothing
move. A trace is what happens on one batch, and code that computes outside of torch is not seen: whatever is found here is verified on data
afterwards (:mod:`.groups`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..data import Raw
from ..network import head
from ..objective import Objective, Prepared
from ..seeds import fixed_rng
from .axes import Atoms, Dim
from .known import Known, Made, Read, Watched
from .moving import unknown
from .rules import RULES, pointwise

#: Operations that torch adds or leaves out by whether something else holds a tensor.
UNCOUNTED = frozenset({"aten::detach"})
#: Examples that a trace looks at.
EXAMPLES = 2


@dataclass
class Trace:
    """The axes of a network.

    Attributes:
        atoms: the units. params: the axes of every tensor of the network that the pass used.
        values: the axes of everything that was computed. outputs: those of what came out.
        reads, made: see :class:`Read`, :class:`Made`.
        bent: atoms that something which is not positively homogeneous looks at, with its name.
        roles: (tensor, axis) -> "out" where the axis counts what a layer makes, "in" where it counts what it reads.
        used: tensor of the network -> how many operations on data (or outputs) it has a part in, itself or what is computed of it.
        unknown: names of operations without a rule. calls: names of all, in order.
    """

    atoms: Atoms = field(default_factory=Atoms)
    params: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    values: list[tuple[Dim, ...]] = field(default_factory=list)
    outputs: list[tuple[Dim, ...]] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    bent: list[tuple[tuple[Dim, ...], str]] = field(default_factory=list)
    roles: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    example: Raw | None = None


def trace(objective: Objective) -> Trace:
    """The axes of an objective's network, from a forward pass over two examples of its data."""
    found = Trace(example=head(next(iter(objective.data)).value, EXAMPLES))
    prepared = plainly(objective).prepare(objective.point())
    watcher = _Watcher(found, objective, prepared)
    with torch.no_grad(), fixed_rng(0, "forward"), plain_kernels(), watcher:
        outputs = plainly(objective)._call(prepared.tensors, objective._own(found.example))
    for leaf in tree_leaves(outputs):
        if isinstance(leaf, Tensor):
            dims = watcher.dims(leaf)
            found.outputs.append(dims)
            found.atoms.fix(dims, "what comes out of the network")
            watcher.use([leaf])
    watcher.finish()
    return found


def plainly(objective: Objective) -> Objective:
    """The objective in eval mode with stored statistics: how its network computes when it is looked at."""
    return replace(objective, bn="eval", bn_data=None, in_training=False, augment=None, autocast=None, forward=None)


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Attention as its plain products, not in one fused call; torch's switches are as they were afterwards."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


class Mode(TorchDispatchMode):
    """A dispatch mode that does not import torch's compiler, which takes seconds and is of no use here."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


class _Watcher(Mode):
    """Keeps the axes of every tensor of a pass, by the identity of the tensor."""

    def __init__(self, found: Trace, objective: Objective, prepared: Prepared) -> None:
        super().__init__()
        self.found = found
        self._known: dict[int, Known] = {}
        self._learned: dict[int, frozenset[str]] = {}  # what is computed of the network's own tensors alone -> of which
        self._alive: list[Tensor] = []  # an identity is one only as long as its tensor lives
        atoms = found.atoms
        for name in sorted(prepared.tensors, key=lambda one: one not in objective.params):  # parameters first: they give names
            tensor = prepared.tensors[name]
            dims = tuple(atoms.dim(size) for size in tensor.shape)
            found.params[name] = dims
            self._keep(tensor, Known(list(dims), name, tuple(range(tensor.ndim))))
            self._learned[id(tensor)] = frozenset({name})
        for leaf in tree_leaves(found.example):
            if isinstance(leaf, Tensor):
                self._keep(leaf, Known([atoms.dim(size, "what comes into the network") for size in leaf.shape]))

    def _keep(self, tensor: Tensor, known: Known) -> None:
        self._known[id(tensor)] = known
        self._alive.append(tensor)

    def dims(self, tensor: Tensor) -> tuple[Dim, ...]:
        """The axes of a tensor; of one that no operation on the network's data made, those along which it is constant are free."""
        known = self._known.get(id(tensor))
        return tuple(self._constant(tensor) if known is None else known.settled(self.found.atoms))

    def _constant(self, tensor: Tensor) -> list[Dim]:
        atoms = self.found.atoms
        return [atoms.dim(size, None if size > 1 and _same_along(tensor, axis) else "numbers that the network does not learn")
                for axis, size in enumerate(tensor.shape)]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        call = len(self.found.calls)
        if func._schema.name not in UNCOUNTED:
            self.found.calls.append(func._schema.name)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if not any(id(tensor) in self._known for tensor in tensors):
            return out
        watched = Watched(self.found, call, func, args, kwargs, out, self._of, lambda tensor: id(tensor) in self._learned)
        learned = all(id(tensor) in self._learned or id(tensor) not in self._known for tensor in tensors)
        name = func._schema.name
        rule: Callable[[Watched], Sequence[Known]] = RULES.get(name) or (
            pointwise if torch.Tag.pointwise in func.tags else unknown)
        knowns = rule(watched)
        sources = self._sources(tensors) if learned else self.use(tensors)
        results = [leaf for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
        for tensor, known in zip(results, knowns, strict=False):
            self._keep(tensor, known)
            if learned:
                self._learned[id(tensor)] = sources
            else:
                self._learned.pop(id(tensor), None)  # written in place
        return out

    def _sources(self, tensors: Sequence[Tensor]) -> frozenset[str]:
        """The network's own tensors that these are computed of, of those that data have no part in."""
        return frozenset().union(*(self._learned.get(id(tensor), frozenset()) for tensor in tensors))

    def use(self, tensors: Sequence[Tensor]) -> frozenset[str]:
        """Count an operation on data."""
        sources = self._sources(tensors)
        for name in sources:
            self.found.used[name] = self.found.used.get(name, 0) + 1
        return sources

    def _of(self, tensor: Tensor) -> Known:
        known = self._known.get(id(tensor))
        return Known(list(self._constant(tensor)), constant=True) if known is None else known

    def finish(self) -> None:
        """Put down the axes of all values, now that all is known."""
        atoms = self.found.atoms
        self.found.values = [tuple(known.seen(atoms)) for known in self._known.values()]
        self.found.params = {name: tuple(map(atoms.resolve, dims)) for name, dims in self.found.params.items()}
        self.found.reads = [replace(read, dims=tuple(map(atoms.resolve, read.dims))) for read in self.found.reads]


def _same_along(tensor: Tensor, axis: int) -> bool:
    """Whether every slice of a tensor along an axis is the same."""
    return bool((tensor == tensor.narrow(axis, 0, 1)).all())
