"""Memory of Hessian products beside that of a gradient at the same micro-batch, each in a process of its own.

Resident memory at its peak less what was resident when network and data stood. Freed memory goes back to the system at once there
(MALLOC_MMAP_THRESHOLD_), as a peak would otherwise count what a larger one left behind.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from pathlib import Path
from typing import Any

import torch
from memory import forget_peak, resident
from subjects import Subject, cifar_resnet

import lossatlas as la

BACKENDS = ("linearized", "retained", "reverse", "forward")


def peak_of(what: str, examples: int, memory: float | None, shared: Path) -> float:
    """Megabytes at the peak of a gradient, or of building a Hessian operator by a backend (``auto`` under ``memory``) and of a product."""
    context = multiprocessing.get_context("spawn")
    before = os.environ.get("MALLOC_MMAP_THRESHOLD_")
    os.environ["MALLOC_MMAP_THRESHOLD_"] = "65536"
    try:
        with context.Pool(1) as pool:
            return float(pool.apply(_measure, (what, examples, memory, shared, torch.get_num_threads())))
    finally:
        os.environ.pop("MALLOC_MMAP_THRESHOLD_")
        if before is not None:
            os.environ["MALLOC_MMAP_THRESHOLD_"] = before


def _measure(what: str, examples: int, memory: float | None, shared: Path, threads: int) -> float:
    torch.set_num_threads(threads)
    _used(cifar_resnet(20, 2, shared), what, None)  # everything is imported now
    subject = cifar_resnet(20, examples, shared)
    gc.collect()
    before = forget_peak()
    _used(subject, what, memory)
    return resident("VmHWM") - before


def _used(subject: Subject, what: str, memory: float | None) -> Any:
    if what == "gradient":
        from curvature_peers import gradient

        return gradient(subject)()
    op = la.hessian(subject.objective(), backend=what, memory=memory)
    return op @ torch.ones(op.shape[0])
