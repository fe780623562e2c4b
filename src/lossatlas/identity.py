"""What makes a network or a function the one it is, as a short digest for specs.

Two networks of equal tensors may differ in an activation, a helper method or the number of heads, and two losses in a
constant: their results must never be mixed in one store. So code, constants, closures, defaults and attributes are
digested. Byte code belongs to a minor version of Python: under another one a store is refused rather than trusted.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import CodeType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from .params import tensor_bytes

#: Where code lies that is known by its name.
_INSTALLED = tuple(f"{place}{os.sep}" for place in {str(Path(__file__).parent), *(sysconfig.get_paths()[name] for name in (
    "stdlib", "platstdlib", "purelib", "platlib"))})
#: Attributes that every module has; its tensors and layers are digested elsewhere.
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))


def describe(module: nn.Module) -> str:
    """Class and digest of what makes a network beside its tensors: layers, code of its classes, attributes."""
    own = {cls for layer in module.modules() for cls in type(layer).__mro__ if not cls.__module__.startswith(("torch.", "builtins"))}
    code = sorted(f"{cls.__qualname__}.{name} {code_digest(value)}" for cls in own for name, value in vars(cls).items()
                  if callable(value) or isinstance(value, staticmethod | classmethod | property))
    layers = {id(layer) for layer in module.modules()}  # a method that is bound to one of them would tell all of this again, for ever
    plain = [f"{name}.{key}={_in_words(value.__func__ if id(getattr(value, '__self__', None)) in layers else value, 2)}"
             for name, layer in module.named_modules() for key, value in sorted(vars(layer).items()) if key not in _OF_EVERY_MODULE]
    return f"{type(module).__name__} {_short(chr(10).join([_structure(module), *code, *plain]))}"


def code_digest(fn: Any) -> str:
    """8 digits that the code of a function, its constants, defaults, closure and bound arguments determine."""
    return _short(_in_words(fn, 3))


def _structure(module: nn.Module) -> str:
    return "\n".join(f"{name}: {type(layer).__qualname__}({layer.extra_repr()})" for name, layer in module.named_modules())


def _in_words(value: Any, depth: int) -> str:
    """A text that the value determines, the same in every process: no addresses, no hash order."""
    if isinstance(value, bool | int | float | complex | str | bytes | torch.dtype | torch.device | None):
        return repr(value)
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} {value.dtype} {hashlib.blake2b(tensor_bytes(value), digest_size=8).hexdigest()}"
    if isinstance(value, functools.partial):
        return f"partial{_listed([value.func, *value.args, dict(value.keywords)], depth)}"
    if isinstance(value, MethodType):
        return f"method{_listed([value.__func__, value.__self__], depth)}"
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if isinstance(value, property):
        return f"property{_listed([value.fget, value.fset], depth)}"
    code = value if isinstance(value, CodeType) else getattr(value, "__code__", None)
    if isinstance(code, CodeType):
        cells = [_content(cell) for cell in getattr(value, "__closure__", None) or ()] if depth > 0 else []
        inside = [getattr(value, "__defaults__", None), getattr(value, "__kwdefaults__", None), *code.co_consts, *cells]
        return f"{code.co_code.hex()}{code.co_names}{_listed(inside, depth)}"
    if isinstance(value, nn.Module):
        return describe(value) + _listed(value.state_dict().values(), depth) if depth > 0 else type(value).__qualname__
    return _composed(value, depth)


def _composed(value: Any, depth: int) -> str:
    """Containers by their entries, named things (functions of torch, classes) by name, other objects by their attributes."""
    if isinstance(value, Mapping):
        entries = [f"{_in_words(k, depth - 1)}: {_in_words(v, depth - 1)}" for k, v in value.items()] if depth > 0 else []
        return f"dict{sorted(entries)}"
    if isinstance(value, set | frozenset):
        return str(sorted(_in_words(v, depth - 1) for v in value)) if depth > 0 else "set"
    if isinstance(value, tuple | list):
        return _listed(value, depth)
    if named := getattr(value, "__qualname__", None):
        own, name = _home(value)
        whole = depth > 0 and own and isinstance(value, type)
        code = [f"{key} {_in_words(v, depth - 1)}" for key, v in vars(value).items() if callable(v)] if whole else []
        return f"{name}.{named}{''.join(sorted(code))}"
    fields = sorted(getattr(value, "__dict__", {}).items()) if depth > 0 else []
    return type(value).__qualname__ + str([f"{k}={_in_words(v, depth - 1)}" for k, v in fields])


def _home(value: Any) -> tuple[bool, str]:
    """Whether a function or class is the user's own, and the name of its module.

    A script is ``__main__`` where it runs, ``__mp_main__`` or what the file is called where a worker imports it: of the user's
    own modules only the last word counts, and of a script its file's name.
    """
    name = getattr(value, "__module__", None) or ""
    file = getattr(sys.modules.get(name), "__file__", None)
    if name not in ("__main__", "__mp_main__"):
        own = file is not None and not file.startswith(_INSTALLED)
        return own, name.rpartition(".")[2].removeprefix("lossatlas_user_") if own else name
    return True, Path(file).stem if file else ""


def _listed(values: Iterable[Any], depth: int) -> str:
    return str([_in_words(v, depth - 1) for v in values]) if depth > 0 else "[]"


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
