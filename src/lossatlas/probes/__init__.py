"""What to measure: probes give named quantities at one point."""

from importlib import import_module
from typing import Any

from .loss import LossProbe, SplitProbe, loss

__all__ = ["CurvatureProbe", "FlatnessProbe", "FunctionProbe", "GoldilocksProbe", "LossProbe", "SpectrumProbe", "SplitProbe", "curvature",
           "flatness", "function", "goldilocks", "loss", "spectrum"]
#: What needs scipy and second derivatives, and where it is: imported when it is used.
_LATER = {"flatness": "sharpness", "FlatnessProbe": "sharpness", "curvature": "eigenvalues", "CurvatureProbe": "eigenvalues",
          "function": "functions", "FunctionProbe": "functions", "goldilocks": "convexity", "GoldilocksProbe": "convexity",
          "spectrum": "spectra", "SpectrumProbe": "spectra"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
