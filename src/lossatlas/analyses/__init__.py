"""Programs that call ``sweep`` for their parts."""

from .flatness import flatness
from .goldilocks import goldilocks
from .ranging import auto_range
from .slices import nonconvexity, sharpness
from .trust import expected_curvature, faithfulness, slice_hessian, trace_weights

__all__ = ["auto_range", "expected_curvature", "faithfulness", "flatness", "goldilocks", "nonconvexity", "sharpness", "slice_hessian",
           "trace_weights"]
