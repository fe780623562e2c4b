"""Data as an objective needs it: sized, re-iterable, in one fixed order, resident in memory.

A loss landscape is a function only if every point sees the same examples. So data are read once, up front; a loader
that shuffles or augments at random is found by reading the same 64 items twice, and is refused with the reason, or
frozen at one draw on request. A batch is ``(inputs, targets)``, ``(input, input, …, targets)``, or a dict of tensors
(Hugging Face); all tensors of a batch share their first dimension, the examples.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, default_collate

from .errors import InputError
from .params import tensor_bytes
from .seeds import fixed_rng, key, preserved_rng
from .seeds import generator as seeded

Raw = tuple[Any, ...] | dict[str, Tensor]  # one batch, or the whole data as one batch

#: How many items are read twice to find shuffling and random augmentation.
PROBED_ITEMS = 64
#: Examples per batch where nobody says otherwise.
DEFAULT_BATCH_SIZE = 128


@dataclass(frozen=True)
class Batch:
    """One batch and where it lies: ``value`` holds examples ``start`` to ``start + size - 1`` of the data."""

    value: Raw
    start: int
    size: int


class Batches:
    """The data of an objective. Iterating gives :class:`Batch` objects, always the same ones in the same order.

    Made by :meth:`of`; immutable: :meth:`rebatch`, :meth:`take` and :meth:`to` return new ones.
    """

    def __init__(self, parts: Sequence[Raw], *, whole: Raw | None = None) -> None:
        self._parts = tuple(parts)
        self._whole = whole
        self.sizes = tuple(examples(part) for part in self._parts)
        self._digest: str | None = None

    @classmethod
    def of(cls, data: Any, *, batch_size: int | None = None, freeze: bool = False, seed: int = 0) -> "Batches":
        """Read data once and keep them.

        Args:
            data: tensors or arrays ``(x, y)``; a dict of tensors; a Dataset; a DataLoader; a list of batches.
            batch_size: examples per batch; None keeps the batches of a loader or list, and means 128 otherwise.
            freeze: accept a source that shuffles or augments at random, and keep one draw of it.
            seed: which draw (only with ``freeze``).

        Raises:
            InputError: no examples, unequal lengths, a random source without ``freeze``, or another kind of data.
        """
        if isinstance(data, Batches):
            return data if batch_size is None else data.rebatch(batch_size)
        if batch_size is not None and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1):
            raise InputError(f"batch_size is {batch_size!r}; expected a whole number of at least 1, or None")
        if isinstance(data, tuple) and any(map(_is_array, data)) and not _is_array(data[-1]):
            raise InputError(f"data are a tuple that ends in a {type(data[-1]).__name__}; expected tensors (x, y): write torch.tensor(y)")
        if (isinstance(data, tuple) and data and _is_array(data[-1])) or isinstance(data, Mapping):
            return cls._from_whole(_clean(data), batch_size or DEFAULT_BATCH_SIZE)
        with fixed_rng(seed, "freeze") if freeze else preserved_rng():
            if isinstance(data, DataLoader):
                return cls._from_loader(data, freeze=freeze, batch_size=batch_size, seed=seed)
            if isinstance(data, list):
                if data and isinstance(data[0], tuple | list | dict) and not _is_batch(data[0]):
                    return cls._from_items(data, freeze=freeze, batch_size=batch_size)
                return cls._from_parts([_clean(part) for part in data], batch_size)
            if isinstance(data, Dataset) or (hasattr(data, "__len__") and hasattr(data, "__getitem__") and not hasattr(data, "columns")):
                return cls._from_items(data, freeze=freeze, batch_size=batch_size)
        raise InputError(f"data are a {type(data).__name__}; expected tensors (x, y), a Dataset, a DataLoader, or a list "
                         "of batches (a generator can be read only once: write list(generator))")

    @classmethod
    def _from_whole(cls, whole: Raw, batch_size: int) -> "Batches":
        n = examples(whole)
        if n == 0:
            raise InputError("the data are empty: 0 examples; expected at least 1")
        parts = [mapped(whole, lambda t, s=start: t[s : s + batch_size]) for start in range(0, n, batch_size)]
        return cls(parts, whole=whole)

    @classmethod
    def _from_parts(cls, parts: Sequence[Raw], batch_size: int | None) -> "Batches":
        if not parts or not any(examples(part) for part in parts):
            raise InputError("the data are empty: 0 batches; expected at least 1 example")
        batches = cls([part for part in parts if examples(part)])
        return batches if batch_size is None else batches.rebatch(batch_size)

    @classmethod
    def _from_loader(cls, loader: DataLoader, *, freeze: bool, batch_size: int | None, seed: int) -> "Batches":
        samplers = [loader.sampler, getattr(loader.batch_sampler, "sampler", None), loader]
        owned = [s.generator for s in samplers if isinstance(getattr(s, "generator", None), torch.Generator)]
        states = [generator.get_state() for generator in owned]
        try:
            if not freeze:
                if any(isinstance(sampler, RandomSampler) for sampler in samplers):
                    raise InputError("the DataLoader shuffles (it has a RandomSampler), so the loss would change from "
                                     "point to point; write DataLoader(…, shuffle=False), or keep one draw: "
                                     "la.Batches.of(loader, freeze=True)")
                _refuse_random(_first_batches(loader), lambda: _first_batches(loader), "DataLoader")
            for number, generator in enumerate(owned if freeze else ()):
                generator.manual_seed(key(seed, "freeze", number))
            return cls._from_parts([_clean(part) for part in loader], batch_size)
        finally:
            for generator, state in zip(owned, states, strict=True):
                generator.set_state(state)

    @classmethod
    def _from_items(cls, data: Any, *, freeze: bool, batch_size: int | None) -> "Batches":
        read = (lambda: list(data)) if isinstance(data, IterableDataset) else (lambda: [data[i] for i in range(len(data))])
        items = read()
        if not items:
            raise InputError("the data are empty: a Dataset of 0 items; expected at least 1")
        if not freeze:
            head = items[:PROBED_ITEMS]
            again = (lambda: list(data)[:PROBED_ITEMS]) if isinstance(data, IterableDataset) else (
                lambda: [data[i] for i in range(len(head))])
            _refuse_random(head, again, "Dataset")
        size = batch_size or DEFAULT_BATCH_SIZE
        try:
            parts = [_clean(default_collate(items[i : i + size])) for i in range(0, len(items), size)]
        except (RuntimeError, TypeError) as error:
            raise InputError(f"the items of the {type(data).__name__} do not stack into batches ({str(error)[:120]}); "
                             "expected items of equal shape, or a DataLoader with its collate_fn") from None
        batches = cls(parts)
        return batches.rebatch(size) if batches.stackable else batches

    def __len__(self) -> int:
        """Number of batches."""
        return len(self._parts)

    def __iter__(self) -> Iterator[Batch]:
        start = 0
        for part, size in zip(self._parts, self.sizes, strict=True):
            yield Batch(part, start, size)
            start += size

    @property
    def n_examples(self) -> int:
        """Number of examples."""
        return sum(self.sizes)

    @property
    def batch_size(self) -> int | list[int]:
        """Examples per batch: one number where all batches but a shorter last one are equal, else every size."""
        first = self.sizes[0]
        regular = all(size == first for size in self.sizes[:-1]) and self.sizes[-1] <= first
        return first if regular else list(self.sizes)

    @property
    def nbytes(self) -> int:
        """Memory that the tensors take, in bytes."""
        return sum(leaf.numel() * leaf.element_size() for part in self._parts for leaf in leaves(part))

    @property
    def stackable(self) -> bool:
        """Whether the batches have equal shapes but for their lengths, so that they can be cut anew."""
        shapes = [[(leaf.shape[1:], leaf.dtype) for leaf in leaves(part)] for part in self._parts]
        return all(shape == shapes[0] for shape in shapes)

    def whole(self) -> Raw:
        """All data as one batch.

        Raises:
            InputError: where the batches have different shapes (padded to different lengths, say).
        """
        if self._whole is None:
            if not self.stackable:
                raise InputError("the batches have different shapes (padded to different lengths?), so they cannot be cut "
                                 "anew; expected one shape: pad all batches to one length, or leave batch size, "
                                 "examples and splits as they are")
            columns = zip(*[leaves(part) for part in self._parts], strict=True)
            stacked = iter([torch.cat(column) for column in columns])
            self._whole = mapped(self._parts[0], lambda _: next(stacked))
            self._parts = tuple(mapped(self._whole, lambda t, s=s, n=n: t[s : s + n])
                                for s, n in zip(np.cumsum([0, *self.sizes[:-1]]).tolist(), self.sizes, strict=True))
        return self._whole

    def rebatch(self, batch_size: int) -> "Batches":
        """The same examples in the same order, ``batch_size`` at a time (the last batch may be shorter)."""
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise InputError(f"batch_size is {batch_size!r}; expected a whole number of at least 1")
        return Batches._from_whole(self.whole(), batch_size)

    def take(self, indices: Tensor) -> "Batches":
        """The examples with these indices, shape (k,), in their order; the batch size stays."""
        size = self.sizes[0]
        return Batches._from_whole(self.batch(indices).value, size)

    def batch(self, indices: Tensor) -> Batch:
        """The examples with these indices, shape (k,), as one batch."""
        return Batch(mapped(self.whole(), lambda t: t[indices.to(t.device)]), 0, len(indices))

    def shuffled(self, seed: int, *, start: int = 0) -> Iterator[tuple[int, Batch]]:
        """Endless (epoch, mini-batch): every epoch a new seeded order; a short rest that does not fill a batch is left out.

        ``start``: leave out so many, as if they had been drawn.
        """
        size, n = self.sizes[0], self.n_examples
        firsts = range(0, n - n % size if n >= size else n, size)
        epoch, begun = divmod(start, len(firsts))
        while True:
            order = torch.randperm(n, generator=seeded(seed, "order", epoch))
            for first in firsts[begun:]:
                yield epoch, self.batch(order[first : first + size])
            epoch, begun = epoch + 1, 0

    def targets(self) -> Tensor | None:
        """All targets: the last entry of tuple batches, ``labels``/``label``/``targets`` of dicts; None without one."""
        columns = [targets_of(part) for part in self._parts]
        same = all(isinstance(c, Tensor) and c.shape[1:] == columns[0].shape[1:] for c in columns)
        return torch.cat(columns) if same else None  # type: ignore[arg-type]

    def to(self, device: torch.device, dtype: torch.dtype | None = None) -> "Batches":
        """On ``device``, floating-point tensors as ``dtype``; self where nothing changes."""
        def move(t: Tensor) -> Tensor:
            return t.to(device, dtype if t.is_floating_point() else None)

        if all(move(leaf) is leaf for leaf in leaves(self._parts[0])):
            return self
        if self._whole is not None:
            whole = mapped(self._whole, move)
            offsets = np.cumsum([0, *self.sizes[:-1]]).tolist()
            parts = [mapped(whole, lambda t, s=s, n=n: t[s : s + n]) for s, n in zip(offsets, self.sizes, strict=True)]
            return Batches(parts, whole=whole)
        return Batches([mapped(part, move) for part in self._parts])

    def digest(self) -> str:
        """16 hexadecimal digits that all examples in their order determine, however they are cut into batches."""
        if self._digest is None:
            state = hashlib.blake2b(digest_size=8)
            for value in [self.whole()] if self.stackable else self._parts:
                for leaf in leaves(value):
                    state.update(f"{tuple(leaf.shape)}|{leaf.dtype}|".encode())
                    state.update(tensor_bytes(leaf))
            self._digest = state.hexdigest()
        return self._digest


def targets_of(value: Raw) -> Any:
    """The targets of one batch: the last entry of a tuple, ``labels``/``label``/``targets`` of a dict, else None."""
    if isinstance(value, dict):
        return next((value[key] for key in ("labels", "label", "targets") if key in value), None)
    return value[-1]


def examples(value: Raw) -> int:
    """The number of examples of one batch.

    Raises:
        InputError: where its tensors disagree about it.
    """
    lengths = {leaf.shape[0] if leaf.ndim else -1 for leaf in leaves(value)}
    if len(lengths) != 1 or -1 in lengths:
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves(value))
        raise InputError(f"the tensors of a batch have shapes {shapes}; expected one first dimension: the examples")
    return lengths.pop()


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray)


def _is_batch(value: Any) -> bool:
    """Whether a list entry is a batch (its last tensor has an example dimension and fits the others), not an item."""
    entries = list(value.values()) if isinstance(value, dict) else list(value)
    arrays = [entry for entry in entries if _is_array(entry)]
    return bool(arrays) and _is_array(entries[-1]) and all(a.ndim > 0 and len(a) == len(arrays[-1]) for a in arrays)


def _clean(value: Any) -> Raw:
    """A batch with tensors for arrays; checks its form."""
    if isinstance(value, Mapping):
        kept = {str(k): _tensors(v) for k, v in value.items() if _is_array(v)}
        if dropped := sorted(set(map(str, value)) - set(kept)):
            warnings.warn(f"batch entries {dropped} are not tensors and are left out", stacklevel=4)
        if not kept:
            raise InputError(f"a dict batch has no tensors; it has {sorted(map(str, value))}")
        examples(kept)
        return kept
    if isinstance(value, tuple | list) and len(value) >= 2:
        batch = tuple(_tensors(entry) for entry in value)
        examples(batch)
        return batch
    got = f"a {type(value).__name__} of length {len(value)}" if isinstance(value, tuple | list) else f"a {type(value).__name__}"
    raise InputError(f"a batch is {got}; expected (inputs, targets) or a dict of tensors (for an autoencoder write (x, x))")


def _tensors(entry: Any) -> Any:
    if isinstance(entry, Tensor):
        return entry.detach().clone()  # a snapshot: what the user does to it later changes nothing
    if isinstance(entry, np.ndarray):
        try:
            return torch.from_numpy(np.array(entry, order="C"))
        except TypeError:
            raise InputError(f"the data hold an array of dtype {entry.dtype}; expected numbers that torch knows, e.g. float32 or "
                             "int64") from None
    if isinstance(entry, Mapping):
        return {str(k): _tensors(v) for k, v in entry.items()}
    if isinstance(entry, tuple | list):
        return tuple(_tensors(e) for e in entry)
    raise InputError(f"a batch holds a {type(entry).__name__}; expected tensors")


def leaves(value: Any) -> list[Tensor]:
    """The tensors of a batch, in order."""
    if isinstance(value, Tensor):
        return [value]
    children = value.values() if isinstance(value, dict) else value
    return [leaf for child in children for leaf in leaves(child)]


def mapped(value: Any, fn: Callable[[Tensor], Tensor]) -> Any:
    """A batch of the same form with ``fn`` of every tensor."""
    if isinstance(value, Tensor):
        return fn(value)
    if isinstance(value, dict):
        return {k: mapped(v, fn) for k, v in value.items()}
    return tuple(mapped(v, fn) for v in value)


def _first_batches(loader: DataLoader) -> list[Any]:
    parts, count = [], 0
    for part in loader:
        parts.append(part)
        count += examples(_clean(part))
        if count >= PROBED_ITEMS:
            break
    return parts


def _refuse_random(first: list[Any], again: Callable[[], list[Any]], what: str) -> None:
    if not _equal(first, again()):
        raise InputError(f"the {what} gave other values when the same {PROBED_ITEMS} items were read twice (shuffling or random "
                         "augmentation), so the loss would change from point to point; switch that off, or keep one "
                         f"draw: la.Batches.of({what.lower()}, freeze=True)")


def _equal(a: Any, b: Any) -> bool:
    if _is_array(a) and _is_array(b):
        a, b = torch.as_tensor(a), torch.as_tensor(b)
        return a.shape == b.shape and a.dtype == b.dtype and bytes(tensor_bytes(a)) == bytes(tensor_bytes(b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
