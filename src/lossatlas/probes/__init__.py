"""What to measure: probes give named quantities at one point."""

from typing import Any

from .loss import LossProbe, SplitProbe, loss

__all__ = ["FlatnessProbe", "LossProbe", "SplitProbe", "flatness", "loss"]


def __getattr__(name: str) -> Any:
    """What needs scipy and second derivatives is imported when it is used."""
    if name in ("flatness", "FlatnessProbe"):
        from . import sharpness

        return getattr(sharpness, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
