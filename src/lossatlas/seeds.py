"""Randomness with a name.

Everything random takes a ``seed`` and names what it draws, so that one number fixes a whole study while two draws
of it stay independent: ``generator(0, "direction", "alpha", "conv1.weight")``. The key is a hash of the words, stable
across processes and Python versions; the process-wide generators are never used and never moved.
"""

import hashlib
import operator
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from .errors import InputError


def check_seed(seed: object) -> int:
    """The seed as a Python integer.

    Raises:
        InputError: not a whole number.
    """
    try:
        return operator.index(seed)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"seed is {seed!r}; expected a whole number such as 0") from None


def key(seed: int, *names: object) -> int:
    """A 63-bit integer that ``seed`` and the words in ``names`` determine (BLAKE2b of their text)."""
    text = "\x1f".join([str(check_seed(seed)), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def generator(seed: int, *names: object) -> torch.Generator:
    """A fresh CPU generator for one named draw; the same seed and names give the same numbers in every process."""
    return torch.Generator(device="cpu").manual_seed(key(seed, *names))


@contextmanager
def preserved_rng() -> Iterator[None]:
    """Leave the torch (CPU and CUDA), numpy and ``random`` generators as they were, whatever happens inside."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    torch_state, numpy_state, python_state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        torch.set_rng_state(torch_state)
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


@contextmanager
def fixed_rng(seed: int, *names: object) -> Iterator[None]:
    """Inside, the process-wide generators start from a named seed; afterwards they are as they were.

    For code that is not ours and draws from them: a data set with random augmentation, a network that samples.
    """
    with preserved_rng():
        restart_rng(seed, *names)
        yield


def restart_rng(seed: int, *names: object) -> None:
    """Start the process-wide generators from a named seed: only inside :func:`preserved_rng`."""
    number = key(seed, *names)
    torch.default_generator.manual_seed(number)  # torch.manual_seed would also seed a CUDA that is not yet in use
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(number)
    np.random.seed(number % 2**32)
    random.seed(number)
