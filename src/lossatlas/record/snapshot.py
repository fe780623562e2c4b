"""A copy of many tensors, made and written as one: while training waits, and beside it, every call counts.

Tensors of a dtype are copied into one piece: one call, and one transfer from a device, where a copy of each of 200 tensors takes ten
times as long. The pieces are then written as they are, behind a safetensors header (8 bytes of length, JSON of names, dtypes, shapes and
offsets; github.com/huggingface/safetensors, "Format"). The library's own writer goes through every tensor in Python and holds the
interpreter for it, 22 ms for a residual network of 32 layers, during which training stands still; this takes 1. Reading is the library's.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..checkpoint import PAIRS

#: Names of dtypes in a safetensors file.
DTYPES = {torch.float64: "F64", torch.int64: "I64", torch.float32: "F32", torch.int32: "I32", torch.float16: "F16", torch.bfloat16: "BF16",
          torch.int16: "I16", torch.uint8: "U8", torch.int8: "I8", torch.bool: "BOOL", torch.uint16: "U16", torch.uint32: "U32",
          torch.uint64: "U64"}
#: Bytes of a header beside its entries, without long metadata, at most.
HEADER = 256


class Form:
    """Which tensors go into which piece, worked out once for all snapshots of a run.

    Attributes:
        pieces: (dtype, names, shapes) in the order of the file: wide dtypes first, so that each is aligned; within one, by name.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.kinds = _kinds(tensors)
        self.complex = [name for name, tensor in tensors.items() if tensor.is_complex()]
        groups: dict[tuple[torch.dtype, torch.device], list[str]] = {}
        for name, tensor in sorted(tensors.items()):
            real = tensor.dtype.to_real() if tensor.is_complex() else tensor.dtype
            groups.setdefault((real, tensor.device), []).append(name)
        wide = {key: key[0] if key[0] in DTYPES else torch.float32 for key in groups}
        self.pieces = [(wide[key], groups[key], [[*tensors[name].shape, *[2] * (name in self.complex)] for name in groups[key]])
                       for key in sorted(groups, key=lambda key: -wide[key].itemsize)]
        self.names = [name for _, names, _ in self.pieces for name in names]

    def fits(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether these tensors have the names, shapes and kinds of those before."""
        return self.kinds == _kinds(tensors)

    @cached_property
    def entries(self) -> str:
        """The JSON of names, dtypes, shapes and offsets, without its braces."""
        found, place = {}, 0
        for dtype, names, shapes in self.pieces:
            for name, shape in zip(names, shapes, strict=True):
                end = place + math.prod(shape) * dtype.itemsize
                found[name] = {"dtype": DTYPES[dtype], "shape": shape, "data_offsets": [place, end]}
                place = end
        return json.dumps(found, separators=(",", ":"))[1:-1]

    def header(self, metadata: Mapping[str, str]) -> bytes:
        """The first bytes of a file."""
        said = json.dumps({**metadata, **({PAIRS: "\n".join(self.complex)} if self.complex else {})})
        text = f'{{"__metadata__":{said}{"," if self.names else ""}{self.entries}}}'.encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text


def _kinds(tensors: Mapping[str, Tensor]) -> list[Any]:
    return [*tensors, *[tensor.shape for tensor in tensors.values()], *[tensor.dtype for tensor in tensors.values()],
            *{tensor.device for tensor in tensors.values()}]


class Snapshot:
    """A copy on the CPU of tensors by name; ``form``: of one before, taken where it fits.

    Attributes:
        flat: a tensor for each piece of the form; complex tensors are pairs of numbers.
    """

    def __init__(self, tensors: Mapping[str, Tensor], form: Form | None = None) -> None:
        self.form = form if form is not None and form.fits(tensors) else Form(tensors)
        with torch.no_grad():
            real = tensors if not self.form.complex else {
                **tensors, **{name: torch.view_as_real(tensors[name].resolve_conj()) for name in self.form.complex}}
            self.flat = [torch.cat([real[name].reshape(-1) for name in names]).to("cpu", dtype) for dtype, names, _ in self.form.pieces]

    @property
    def nbytes(self) -> int:
        """What it takes on the disk, rather too much."""
        return sum(flat.nbytes for flat in self.flat) + len(self.form.entries) + HEADER

    def write(self, path: Path, metadata: Mapping[str, str], *, sync: bool = True) -> int:
        """Write a safetensors file that is at no time seen in part; returns its bytes.

        ``sync``: it is on the disk before it has its name, so that not even a power cut leaves a part of it.

        Raises:
            OSError: as when any file is written.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(temporary, "wb") as file:
                file.write(self.form.header(metadata))
                for flat in self.flat:
                    file.write(memoryview(flat.view(torch.uint8).numpy()))
                file.flush()
                if sync:
                    os.fsync(file.fileno())
                size = file.tell()
            temporary.replace(path)
        except OSError:
            with suppress(OSError):  # what hinders writing may hinder removing
                temporary.unlink(missing_ok=True)
            raise
        return size

    def weights(self, names: frozenset[str]) -> Tensor:
        """All entries of these tensors in one, shape (n,), in an order that is the same for every snapshot of a network."""
        kept = []
        for flat, (_, own, shapes) in zip(self.flat, self.form.pieces, strict=True):
            pieces = flat.split([math.prod(shape) for shape in shapes])
            kept += [piece for name, piece in zip(own, pieces, strict=True) if name in names]
        return torch.cat(kept)
