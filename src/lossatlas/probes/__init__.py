"""What to measure: probes give named quantities at one point."""

from typing import Any

from .loss import LossProbe, SplitProbe, loss

__all__ = ["CurvatureProbe", "FlatnessProbe", "GoldilocksProbe", "LossProbe", "SplitProbe", "curvature", "flatness", "goldilocks", "loss"]


def __getattr__(name: str) -> Any:
    """What needs scipy and second derivatives is imported when it is used."""
    if name in ("flatness", "FlatnessProbe"):
        from . import sharpness

        return getattr(sharpness, name)
    if name in ("curvature", "CurvatureProbe"):
        from . import eigenvalues

        return getattr(eigenvalues, name)
    if name in ("goldilocks", "GoldilocksProbe"):
        from . import convexity

        return getattr(convexity, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
