"""Points on disk: safetensors to write, safetensors and weights-only torch files to read.

A pickle can run code when it is opened, so ``.pt``/``.th`` files go through ``weights_only=True`` and through nothing
else. Their checksums, which torch writes and does not read, are compared first; safetensors and torch's format before
1.6 have none. Writing goes to a temporary name that is renamed when the bytes are on disk: a crash leaves the old file.
"""

import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .errors import InputError, LossAtlasError, first_line
from .params import Params, check_point

#: Keys under which training scripts keep the state dict inside a checkpoint.
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "params")
#: Key of a file's metadata that lists the tensors kept as pairs (real, imaginary): safetensors has complex64 only, and not always had.
PAIRS = "lossatlas.complex"
#: Bytes that a tensor of fewer numbers may stand for by repeating them (``expand``).
MOST_REPEATED = 1 << 30
#: Prefixes that wrappers of a network leave on its names (DataParallel, torch.compile).
PREFIXES = ("module.", "_orig_mod.")


def read_checkpoint(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a checkpoint by their state-dict names, on the CPU, and the file's text metadata.

    ``.safetensors``, or ``.pt``, ``.pth``, ``.th``, ``.bin``, ``.ckpt`` that hold only tensors and plain containers
    (a state dict, or one under ``state_dict``, ``model`` …; the prefix ``module.`` is removed).

    Raises:
        InputError: no such file, damaged, or a pickle that would need to run code.
    """
    path = Path(path)
    if not os.path.isfile(path):  # not path.is_file(), which raises where the name is too long
        raise InputError(f"no checkpoint at {str(path)!r}; expected a .safetensors, .pt or .th file")
    if path.suffix == ".safetensors":
        try:
            with safe_open(str(path), framework="pt") as file:
                metadata = dict(file.metadata() or {})
                pairs = set(metadata.pop(PAIRS, "").split("\n"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return {n: torch.view_as_complex(t) if n in pairs else t for n, t in tensors.items()}, metadata
        except (SafetensorError, OSError, RuntimeError) as error:
            raise InputError(f"{str(path)!r} is not a readable safetensors file: {first_line(error)}") from None
    return _state_dict(weights_only(path), path), {}


def weights_only(path: Path) -> object:
    """What a torch file holds, tensors and plain containers, on the CPU.

    Raises:
        InputError: damaged, or a pickle that would need to run code.
    """
    try:
        _check_sums(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own words on pickle protocols, which are not the user's concern
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        found = re.search(r"GLOBAL ([\w.]+)", str(error))
        raise InputError(f"{str(path)!r} is a pickle that needs more than tensors{f' ({found[1]})' if found else ''}, and opening it "
                         "could run code; save the weights alone: safetensors.torch.save_file(model.state_dict(), "
                         "'a.safetensors')") from None
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{str(path)!r} is not a readable checkpoint ({type(error).__name__}); expected a .safetensors, .pt or .th "
                         "file with tensors") from None


def _check_sums(path: Path) -> None:
    """Compare the records of a zip with their CRC-32; torch may be told to write none, then all are 0."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        records = archive.infolist()
        if min((record.header_offset for record in records), default=0):  # zipfile skips what lies before, torch counts it
            raise InputError(f"{str(path)!r} is damaged: its zip archive does not begin where the file begins; expected the file as it was "
                             "saved: copy it again")
        if any(record.CRC for record in records) and (damaged := archive.testzip()):
            raise InputError(f"{str(path)!r} is damaged: the checksum of its record {damaged!r} does not fit; expected the file as it was "
                             "saved: copy it again")


def _state_dict(loaded: object, path: Path) -> dict[str, Tensor]:
    for key in WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
            break
    tensors = {str(k): v for k, v in loaded.items() if isinstance(v, Tensor)} if isinstance(loaded, Mapping) else {}
    if not tensors:
        raise InputError(f"{str(path)!r} holds {type(loaded).__name__} without tensors; expected a state dict "
                         f"(or one under {', '.join(WRAPPERS)})")
    for name, tensor in tensors.items():
        if tensor.layout == torch.strided and not tensor.is_nested and _repeats(tensor):
            raise InputError(f"{str(path)!r}: {name!r} of shape {tuple(tensor.shape)} repeats {tensor.untyped_storage().nbytes():,} bytes; "
                             "expected a checkpoint that holds every number")
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return {name: tensor.detach() for name, tensor in tensors.items()}


def _repeats(tensor: Tensor) -> bool:
    """Whether a tensor stands for far more numbers than are there: one number can fill any memory."""
    size = tensor.numel() * tensor.element_size()
    return size > MOST_REPEATED and size > tensor.untyped_storage().nbytes()


def load_point(path: str | Path) -> Params:
    """A point from a checkpoint: its float tensors, parameters and running statistics, on the CPU.

    Integer tensors (``num_batches_tracked``) are counters, not coordinates, and are left out.

    Raises:
        InputError: no such file, unreadable, a pickle that needs more than tensors, or NaN weights.
    """
    tensors, _ = read_checkpoint(path)
    point = {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point() or tensor.is_complex()}
    check_point(point, what=str(path))
    return point


def save_point(point: Mapping[str, Tensor], path: str | Path, *, metadata: Mapping[str, str] | None = None) -> Path:
    """Write a point as safetensors: to a temporary name first, renamed when complete. Returns the path."""
    check_point(point, what="the point to save")
    path = Path(path)
    if path.suffix != ".safetensors":
        raise InputError(f"points are saved as safetensors; got {path.name!r}, write {path.stem + '.safetensors'!r}")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    tensors = {name: tensor.detach().cpu().resolve_conj() for name, tensor in point.items()}
    native = getattr(safetensors.torch, "_TYPES", {}).values()
    pairs = [name for name, tensor in tensors.items() if tensor.is_complex() and tensor.dtype not in native]
    tensors |= {name: torch.view_as_real(tensors[name]) for name in pairs}
    said = {**(metadata or {}), **({PAIRS: "\n".join(pairs)} if pairs else {})}
    try:
        save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, str(temporary), said)
        with open(temporary, "rb") as file:  # on the disk before it has its name, so that a power cut leaves the old file or the new one
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):  # what hinders writing may hinder removing
            temporary.unlink(missing_ok=True)
        raise LossAtlasError(f"cannot write {str(path)!r}: {error}") from None
    return path


def fit_state(module: torch.nn.Module, tensors: Mapping[str, Tensor], *, what: str) -> None:
    """Load a state dict into ``module``, strictly but for missing ``num_batches_tracked`` counters.

    Raises:
        InputError: a checkpoint of another architecture: the names and shapes that differ.
    """
    wanted = module.state_dict()
    missing = [n for n in wanted if n not in tensors and not n.endswith("num_batches_tracked")]
    unknown = [n for n in tensors if n not in wanted]
    shapes = [f"{n}: {tuple(tensors[n].shape)} instead of {tuple(wanted[n].shape)}"
              for n in wanted if n in tensors and tensors[n].shape != wanted[n].shape]
    if odd := [n for n in wanted if n in tensors and wanted[n].is_floating_point() and not tensors[n].is_floating_point()]:
        raise InputError(f"{what} is a checkpoint of another architecture than {type(module).__name__}: {odd[0]!r} is of "
                         f"{tensors[odd[0]].dtype}; expected {wanted[odd[0]].dtype}")
    if missing or unknown or shapes:
        parts = [f"{len(names)} {label} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
                 for label, names in (("missing", missing), ("unknown", unknown), ("of another shape", shapes)) if names]
        raise InputError(f"{what} is a checkpoint of another architecture than {type(module).__name__}: tensors "
                         f"{'; '.join(parts)}")
    module.load_state_dict(dict(tensors), strict=False)
