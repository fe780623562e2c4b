"""The points of runs as the rows of a matrix that is too large for memory, read some columns at a time.

Every row is θ_i − θ_n, n the last step of the first run. What is read at a time is a piece of every point: from a safetensors file its own
bytes and no others, by their place in the file (not by a map of the file, whose pages would stay in memory). A run that
keeps other files is first copied, a point after the other, into a temporary file.

Networks with BatchNorm do not feel the norm of the filters before it, so that weight decay shrinks them without changing the function,
and the first component of a run can be mere shrinkage. With rules of filters, every filter of every point is scaled to the norm that it has
in θ_n: what is left is motion on the spheres on which such filters live. Pieces then end between filters.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from ..checkpoint import PAIRS
from ..errors import InputError
from ..layout import TensorRule, filter_norms
from ..params import Params, tensor_bytes, wide_enough
from .trajectory import Held, Trajectory

#: Bytes of a block of columns.
BLOCK_BYTES = 64_000_000
#: Bytes of the header of a safetensors file at most, as its own readers have it.
MOST_HEADER = 100_000_000
#: Words of safetensors for the dtypes that a point may have.
_DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "C64": torch.complex64}


@dataclass(frozen=True)
class Piece:
    """Entries ``start`` to ``end`` of one tensor, counted flat."""

    name: str
    start: int
    end: int


class Rows(AbstractContextManager["Rows"]):
    """The matrix of the points of one run or several, reference subtracted, entries of ``names`` in their order.

    Args:
        runs: the first one's last point is the reference.
        names: tensors whose entries are columns.
        rules: how tensors are cut into filters, of those whose filters get the norms of the reference; others keep theirs.

    Raises:
        InputError: points of another network than the reference.
    """

    def __init__(self, runs: Sequence[Trajectory], names: Sequence[str], *, rules: Mapping[str, TensorRule] | None = None) -> None:
        self.runs, self.rules = tuple(runs), dict(rules or {})
        self.which = [(number, step) for number, run in enumerate(self.runs) for step in run.steps]
        last = self.runs[0].at(self.runs[0].steps[-1])
        self.reference: Params = {name: last[name] for name in names}
        wide = [wide_enough(tensor.dtype) for tensor in self.reference.values()]
        self.dtype = torch.float64 if any(dtype.itemsize >= (16 if dtype.is_complex else 8) for dtype in wide) else torch.float32
        self._home = self.which.index((0, self.runs[0].steps[-1]))
        self._points: list[Any] = []

    def __enter__(self) -> Rows:
        with ExitStack() as stack:
            copies: Any = None
            for number, step in self.which:
                run, who = self.runs[number], self.label(number, step)
                if isinstance(run.source, Held):
                    point: Any = _InMemory(run.at(step))
                elif (file := run.file(step)) is not None:
                    point = _InFile(Path(file))
                else:
                    copies = copies or stack.enter_context(tempfile.TemporaryFile(prefix="lossatlas-"))
                    point = _Copied(copies, run.at(step), list(self.reference))
                _check_like(point.shapes, self.reference, who)
                self._points.append(point)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._points.clear()
        self._stack.close()

    def label(self, number: int, step: int) -> str:
        """A row in words."""
        name = self.runs[number].name
        return f"step {step}" + (f" of {name}" if name else "")

    @property
    def labels(self) -> list[str]:
        """All rows in words."""
        return [self.label(number, step) for number, step in self.which]

    def blocks(self) -> Iterator[Tensor]:
        """The matrix by columns: tensors of shape (m, c), new ones each time."""
        for pieces in self._pieces():
            yield torch.cat([block for _, block in self._read(pieces)], dim=1) if len(pieces) > 1 else self._read(pieces)[0][1]

    def unravel(self, vector: Tensor) -> Params:
        """A row, shape (n,), by names, in the shapes of the reference."""
        out, start = {}, 0
        for name, tensor in self.reference.items():
            end = start + _numbers(tensor)
            flat = vector[start:end]
            shaped = torch.view_as_complex(flat.reshape(-1, 2)) if tensor.is_complex() else flat
            out[name], start = shaped.reshape(tensor.shape), end
        return out

    def _pieces(self) -> Iterator[list[Piece]]:
        """Blocks of pieces, together no wider than fits in the memory that is meant for them; whole filters where these count."""
        most = max(BLOCK_BYTES // (len(self.which) * self.dtype.itemsize), 1)
        block: list[Piece] = []
        room = most
        for name, tensor in self.reference.items():
            total, unit = _numbers(tensor), self._unit(name, tensor)
            start = 0
            while start < total:
                width = min(total - start, max(room // unit, 1 if not block else 0) * unit)
                if width == 0:
                    yield block
                    block, room = [], most
                    continue
                block.append(Piece(name, start, start + width))
                start, room = start + width, room - width
        if block:
            yield block

    def _unit(self, name: str, tensor: Tensor) -> int:
        """Numbers that stay together: one, or a filter; the whole tensor where filters are no rows."""
        if name not in self.rules:
            return 1
        return _numbers(tensor) // tensor.shape[0] if self.rules[name].by_rows else _numbers(tensor)

    def _read(self, pieces: Sequence[Piece]) -> list[tuple[Piece, Tensor]]:
        blocks = [torch.empty(len(self._points), piece.end - piece.start, dtype=self.dtype) for piece in pieces]
        for row, point in enumerate(self._points):
            point.read(pieces, [block[row] for block in blocks])
        for piece, block in zip(pieces, blocks, strict=True):
            if piece.name in self.rules:
                self._equalize(block, piece)
            block -= block[self._home].clone()
        return list(zip(pieces, blocks, strict=True))

    def _equalize(self, block: Tensor, piece: Piece) -> None:
        """Give every filter of every row its norm in the reference."""
        like, rule = self.reference[piece.name], self.rules[piece.name]
        at = torch.view_as_complex(block.view(len(block), -1, 2)) if like.is_complex() else block
        rows = at.reshape(len(block), *((-1, *like.shape[1:]) if rule.by_rows else like.shape))
        home = rows[self._home].clone()
        for number, row in enumerate(rows):
            if number != self._home:
                row.copy_(with_norms_of(home, row, rule))


def with_norms_of(like: Tensor, tensor: Tensor, rule: TensorRule) -> Tensor:
    """The tensor with every filter scaled to its norm in ``like``; one that is zero stays zero."""
    target, norms = filter_norms(rule, like), filter_norms(rule, tensor)
    return rule.scale(tensor, torch.where(norms > 0, target / norms, 0.0).to(wide_enough(tensor.dtype).to_real()))


class _InMemory:
    """A point as it is."""

    def __init__(self, point: Params) -> None:
        self._point = point
        self.shapes = {name: tuple(tensor.shape) for name, tensor in point.items()}

    def read(self, pieces: Sequence[Piece], into: Sequence[Tensor]) -> None:
        """Fill vectors with the numbers of the pieces."""
        for piece, out in zip(pieces, into, strict=True):
            tensor = self._point[piece.name].detach()
            flat = (torch.view_as_real(tensor) if tensor.is_complex() else tensor).reshape(-1)
            out.copy_(flat[piece.start : piece.end])


class _InFile:
    """A point in a safetensors file, of which only the bytes that are asked for are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with open(path, "rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = json.loads(file.read(length)) if length < MOST_HEADER else None
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}  # type: ignore[union-attr]
            pairs = set(header.get("__metadata__", {}).get(PAIRS, "").split("\n"))  # type: ignore[union-attr]
            self._where = {name: (entry["dtype"], 8 + length + int(entry["data_offsets"][0])) for name, entry in entries.items()}
            self.shapes = {name: tuple(entry["shape"])[: -1 if name in pairs else None] for name, entry in entries.items()}
        except (ValueError, AttributeError, KeyError, TypeError):
            raise InputError(f"{str(path)!r} is not a readable safetensors file; expected one as la.save_point writes it") from None

    def read(self, pieces: Sequence[Piece], into: Sequence[Tensor]) -> None:
        """Fill vectors with the numbers of the pieces."""
        with open(self._path, "rb", buffering=0) as file:
            for piece, out in zip(pieces, into, strict=True):
                word, offset = self._where[piece.name]
                if word not in _DTYPES:
                    raise InputError(f"{str(self._path)!r}: {piece.name!r} holds {word}; expected floating-point numbers")
                _read_at(file, offset, piece, _DTYPES[word].to_real(), out)


class _Copied:
    """A point that was appended to a temporary file, its tensors one after the other."""

    def __init__(self, file: BinaryIO, point: Params, names: Sequence[str]) -> None:
        self._file = file
        self.shapes = {name: tuple(tensor.shape) for name, tensor in point.items()}
        self._where: dict[str, tuple[torch.dtype, int]] = {}
        for name in names:
            if name in point:
                self._where[name] = (point[name].dtype.to_real(), file.seek(0, 2))
                file.write(tensor_bytes(point[name]))

    def read(self, pieces: Sequence[Piece], into: Sequence[Tensor]) -> None:
        """Fill vectors with the numbers of the pieces."""
        for piece, out in zip(pieces, into, strict=True):
            dtype, offset = self._where[piece.name]
            _read_at(self._file, offset, piece, dtype, out)


def _read_at(file: BinaryIO, offset: int, piece: Piece, dtype: torch.dtype, out: Tensor) -> None:
    """Fill a vector with a piece of the tensor that begins at ``offset``, without a copy where the dtype is the same.

    Raises:
        InputError: the file ends before.
    """
    numbers = out if out.dtype == dtype else torch.empty(len(out), dtype=dtype)
    data = numbers.view(torch.uint8).numpy()
    file.seek(offset + piece.start * dtype.itemsize)
    if file.readinto(data) != len(data):  # type: ignore[attr-defined]
        raise InputError(f"{file.name!r} ends within its data; expected the whole file: take another checkpoint")
    if numbers is not out:
        out.copy_(numbers)


def _check_like(shapes: Mapping[str, tuple[int, ...]], reference: Params, who: str) -> None:
    for name, tensor in reference.items():
        if shapes.get(name) != tuple(tensor.shape):
            have = f"has {name!r} of shape {shapes[name]}" if name in shapes else f"lacks {name!r}"
            raise InputError(f"{who} is a point of another network: it {have}; expected shape {tuple(tensor.shape)}, as at the end of the "
                             "first run")


def _numbers(tensor: Tensor) -> int:
    """Real numbers of a tensor."""
    return tensor.numel() * (2 if tensor.is_complex() else 1)
