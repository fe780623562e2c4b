"""Programs that call ``sweep`` for their parts."""

from .flatness import flatness
from .ranging import auto_range
from .slices import nonconvexity, sharpness
from .trust import expected_curvature, faithfulness, slice_hessian, trace_weights

__all__ = ["auto_range", "expected_curvature", "faithfulness", "flatness", "nonconvexity", "sharpness", "slice_hessian", "trace_weights"]
