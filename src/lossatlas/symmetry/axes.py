"""Which indices of which axes are one and the same unit: a small algebra of axes.

An axis of a tensor is a sum of products of *atoms*. Concatenation adds (an axis of 3 + 5 channels), flattening multiplies (16 channels × 64
pixels), and reading such an axis in another shape takes it apart again. Where an operation makes two axes one (a sum of two tensors, the
columns of a weight and the features that it reads), they are unified as types are in a type checker: atoms are equated, or cut into sums
and products until they can be. Whatever does not fit is *fixed*, with the reason: its indices keep their places.

An atom that was cut out of a product (the 8 dimensions within each of 4 heads) may be permuted differently at every place of what stands
before it, its *parents*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

Segment = tuple[int, ...]  # a product of atoms, in C order; () has size 1
Dim = tuple[Segment, ...]  # a sum of segments, one after the other

ONE: Dim = ((),)


class Atoms:
    """All atoms of a network: their sizes, what they were equated with or cut into, and which are fixed."""

    def __init__(self) -> None:
        self._size: list[int] = []
        self._same: list[int] = []  # union-find
        self._parts: list[tuple[str, tuple[int, ...]] | None] = []  # ("sum" | "product", atoms)
        self._reason: list[str | None] = []
        self._parents: list[frozenset[int]] = []

    def new(self, size: int, reason: str | None = None, parents: frozenset[int] = frozenset()) -> int:
        """A fresh atom, fixed where there is a reason."""
        self._size.append(size)
        self._same.append(len(self._same))
        self._parts.append(None)
        self._reason.append(reason)
        self._parents.append(parents)
        return len(self._size) - 1

    def dim(self, size: int, reason: str | None = None) -> Dim:
        """A fresh axis."""
        return ONE if size == 1 else ((self.new(size, reason),),)

    def find(self, atom: int) -> int:
        """The atom that stands for all that it was equated with."""
        while self._same[atom] != atom:
            self._same[atom] = self._same[self._same[atom]]
            atom = self._same[atom]
        return atom

    def size(self, what: int | Dim) -> int:
        """Of an atom, or of an axis."""
        return self._size[what] if isinstance(what, int) else sum(self.product(segment) for segment in what)

    def product(self, segment: Iterable[int]) -> int:
        return math.prod(self._size[atom] for atom in segment)

    def reason(self, atom: int) -> str | None:
        """Why an atom is fixed, or None."""
        return self._reason[self.find(atom)]

    def parents(self, atom: int) -> frozenset[int]:
        """The atoms at whose places an atom may be permuted differently, as far as its cuts tell."""
        found = self._parents[self.find(atom)]
        return frozenset(leaf for parent in found if not self.is_sum(parent) for leaf in self.leaves(((parent,),)))

    def is_sum(self, atom: int) -> bool:
        parts = self._parts[self.find(atom)]
        return parts is not None and parts[0] == "sum"

    # ---- what an axis is made of ---------------------------------------------------------------------------------

    def resolve(self, dim: Dim) -> Dim:
        """The axis with everything that is known put in; a sum stays one atom where something stands before it in a product."""
        return tuple(segment for one in dim for segment in self._expanded(one))

    def _expanded(self, segment: Segment) -> list[Segment]:
        done: list[Segment] = [()]
        for atom in segment:
            atom = self.find(atom)
            parts = self._parts[atom]
            if parts is None:
                done = [(*before, atom) for before in done]
            elif parts[0] == "product":
                inner = self._expanded(parts[1])
                whole = len(inner) == 1 or done == [()]
                done = [(*before, *after) for before in done for after in inner] if whole else [(*before, atom) for before in done]
            elif done == [()]:
                done = [after for part in parts[1] for after in self._expanded((part,))]
            else:
                done = [(*before, atom) for before in done]
        return done

    def leaves(self, dim: Dim) -> Iterator[int]:
        """All atoms of an axis that are in no parts."""
        for segment in dim:
            for atom in segment:
                atom = self.find(atom)
                parts = self._parts[atom]
                if parts is None:
                    yield atom
                else:
                    yield from self.leaves((parts[1],))

    def fix(self, dims: Iterable[Dim], reason: str) -> None:
        """Let all indices of these axes keep their places."""
        for dim in dims:
            for leaf in self.leaves(dim):
                self._reason[leaf] = self._reason[leaf] or reason

    # ---- cutting -------------------------------------------------------------------------------------------------

    def _cut(self, atom: int, kind: str, first: int) -> None:
        rest = self._size[atom] // first if kind == "product" else self._size[atom] - first
        one = self.new(first, self._reason[atom], self._parents[atom])
        before = self._parents[atom] | ({one} if kind == "product" else frozenset())
        self._parts[atom] = (kind, (one, self.new(rest, self._reason[atom], before)))

    def cut(self, dim: Dim, places: Sequence[int], reason: str) -> list[Dim]:
        """An axis as pieces that end at these places; fixed where a place is in the middle of something."""
        pieces, rest, done = list[Dim](), dim, 0
        for place in places:
            head, tail = self._split_sum(rest, place - done, reason)
            pieces.append(head)
            rest, done = tail, place
        return [*pieces, rest]

    def _split_sum(self, dim: Dim, at: int, reason: str) -> tuple[Dim, Dim]:
        total = self.size(dim)
        if at in (0, total):
            return (dim, ()) if at else ((), dim)
        seen = 0
        for i, segment in enumerate(now := self.resolve(dim)):
            size = self.product(segment)
            if seen + size == at:
                return now[: i + 1], now[i + 1 :]
            if seen + size > at:
                inner = self.product(segment[1:])
                if (at - seen) % inner == 0 and not self.is_sum(segment[0]):
                    self._cut(segment[0], "sum", (at - seen) // inner)
                    return self._split_sum(now, at, reason)
                break
            seen += size
        self.fix([dim], reason)
        return self.dim(at, reason), self.dim(total - at, reason)

    def merge(self, dims: Sequence[Dim], reason: str) -> Dim:
        """Neighbouring axes read as one."""
        whole: Dim = ONE
        for dim in map(self.resolve, dims):
            if len(dim) > 1 and self.size(whole) > 1:
                self.fix([whole, dim], reason)
                whole = self.dim(self.size(whole) * self.size(dim), reason)
            else:
                whole = tuple((*before, *after) for before in whole for after in dim)
        return whole

    def split(self, dim: Dim, sizes: Sequence[int], reason: str) -> list[Dim]:
        """One axis read as several."""
        now = self.resolve(dim)
        if len(sizes) == 1:
            return [now]
        if len(now) > 1:
            return self._split_pieces(now, sizes, reason)
        if (found := self._factors(now[0], sizes)) is None:
            self.fix([dim], reason)
            return [self.dim(size, reason) for size in sizes]
        return found

    def _split_pieces(self, dim: Dim, sizes: Sequence[int], reason: str) -> list[Dim]:
        """A sum of segments that all end in the same inner axes."""
        inner = math.prod(sizes[1:])
        if any(self.product(segment) % inner for segment in dim):
            self.fix([dim], reason)
            return [self.dim(size, reason) for size in sizes]
        pieces = [self.split((segment,), [self.product(segment) // inner, *sizes[1:]], reason) for segment in dim]
        for piece in pieces[1:]:
            for one, other in zip(pieces[0][1:], piece[1:], strict=True):
                self.unify(one, other, reason)
        return [tuple(segment for piece in pieces for segment in piece[0]), *pieces[0][1:]]

    def _factors(self, segment: Segment, sizes: Sequence[int]) -> list[Dim] | None:
        rest, found = list(segment), list[Dim]()
        for size in sizes:
            taken: list[int] = []
            while self.product(taken) < size:
                atom = rest.pop(0)
                want = size // self.product(taken)
                if size % self.product(taken):
                    return None
                if self._size[atom] > want:
                    if self._size[atom] % want or self._parts[atom] is not None:
                        return None
                    self._cut(atom, "product", want)
                    atom, after = self._parts[atom][1]  # type: ignore[index]
                    rest.insert(0, after)
                taken.append(atom)
            if self.product(taken) != size:
                return None
            found.append((tuple(taken),))
        return found

    # ---- making two axes one -------------------------------------------------------------------------------------

    def unify(self, a: Dim, b: Dim, reason: str) -> None:
        """Let index i of one axis be index i of the other; both are fixed where their parts do not fit."""
        ends = sorted({*self._ends(a), *self._ends(b)})
        pieces = zip(self.cut(a, ends[:-1], reason), self.cut(b, ends[:-1], reason), strict=True)
        for one, other in pieces:
            one, other = self.resolve(one), self.resolve(other)
            if len(one) > 1 or len(other) > 1:  # a cut made more of them
                if len(one) != len(other) or one != other:
                    self.unify(one, other, reason)
            elif not self._unify_segments(one[0], other[0], reason):
                self.fix([one, other], reason)

    def _ends(self, dim: Dim) -> Iterator[int]:
        end = 0
        for segment in self.resolve(dim):
            end += self.product(segment)
            yield end

    def _unify_segments(self, a: Segment, b: Segment, reason: str) -> bool:
        if len(a) == 1 and len(b) == 1:
            self._equate(a[0], b[0], reason)
            return True
        if len(a) == 1 or len(b) == 1:  # a whole product under one name
            name, parts = (a[0], b) if len(a) == 1 else (b[0], a)
            if self._parts[name] is None:
                sizes = [self._size[atom] for atom in parts]
                own = self._factors((name,), sizes)
                assert own is not None  # sizes of parts divide the whole
                for mine, theirs in zip(own, parts, strict=True):
                    self.unify(mine, ((theirs,),), reason)
                return True
        mine, theirs = list(a), list(b)
        while mine and theirs:
            x, y = self.find(mine.pop(0)), self.find(theirs.pop(0))
            small = min(self._size[x], self._size[y])
            for atom, rest in ((x, mine), (y, theirs)):
                if self._size[atom] > small:
                    if self._size[atom] % small or self._parts[atom] is not None:
                        return False
                    self._cut(atom, "product", small)
                    rest.insert(0, self._parts[atom][1][1])  # type: ignore[index]
            x, y = (self._parts[atom][1][0] if self._size[atom] > small else atom for atom in (x, y))  # type: ignore[index]
            self._equate(x, y, reason)
        return True

    def _equate(self, x: int, y: int, reason: str) -> None:
        x, y = self.find(x), self.find(y)
        if x == y:
            return
        if self._parts[x] is not None and self._parts[y] is not None:
            self.unify(self._expand(x), self._expand(y), reason)
            return
        if self._parts[x] is not None:
            x, y = y, x
        if (fixed := self._reason[x]) is not None:
            self.fix([((y,),)], fixed)
        self._same[x] = y
        if self._parts[y] is None:
            self._parents[y] |= self._parents[x]

    def _expand(self, atom: int) -> Dim:
        return self.resolve(((atom,),))
