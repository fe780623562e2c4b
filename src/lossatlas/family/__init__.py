"""Where to look: families map coordinates to points of parameter space."""

from .copies import Copies
from .directions import normalize_direction, random_direction, random_slice
from .layers import per_layer
from .masked import Masked
from .path import Path
from .slice import Family, Projection, Slice, line, plane
from .star import Star
from .trajectory import Trajectory

__all__ = ["Copies", "Family", "Masked", "Path", "Projection", "Slice", "Star", "Trajectory", "line", "normalize_direction", "per_layer",
           "plane", "random_direction", "random_slice"]
