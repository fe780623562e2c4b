"""What is known of the axes of a tensor while a network is watched, and an operation that was carried out on some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.utils._pytree import tree_leaves

from .axes import Atoms, Dim

if TYPE_CHECKING:
    from .tracing import Trace


@dataclass(frozen=True)
class Read:
    """A value that a layer with weights (or a product of two values) reads: where the activations of units are compared.

    Attributes:
        call: the number of the operation in the pass. operand: which of its arguments.
        dims: the axes of the value. weight: the layer's weight by name, or None.
    """

    call: int
    operand: int
    dims: tuple[Dim, ...]
    weight: str | None


@dataclass(frozen=True)
class Made:
    """What a linear layer or convolution makes: its pre-activations.

    Attributes:
        call: the number of the operation. axis: of its outputs. weight, bias: names.
    """

    call: int
    axis: int
    weight: str
    bias: str | None


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
    """An operation that was carried out.

    Attributes:
        of: what is known of a tensor. learned: whether it is made of the network's own tensors alone.
    """

    trace: Trace
    call: int
    func: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    of: Callable[[Tensor], Known]
    learned: Callable[[Tensor], bool]

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
        known = self.of(tensor) if isinstance(tensor, Tensor) and not tensor.is_complex() else None  # complex ones are not rescaled
        if known is not None and known.name is not None and known.order:
            self.trace.roles.setdefault((known.name, known.order[axis]), set()).add(role)


Rule = Callable[[Watched], Sequence[Known]]


def fixed_like(w: Watched, reason: str) -> list[Known]:
    return [Known([w.atoms.dim(size, reason) for size in leaf.shape]) for leaf in tree_leaves(w.out) if isinstance(leaf, Tensor)]
