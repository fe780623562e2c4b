"""Where to look: families map coordinates to points of parameter space."""

from .directions import normalize_direction, random_direction, random_slice
from .slice import Family, Projection, Repeats, Slice, line, plane

__all__ = ["Family", "Projection", "Repeats", "Slice", "line", "normalize_direction", "plane", "random_direction", "random_slice"]
