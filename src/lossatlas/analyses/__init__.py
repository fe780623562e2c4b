"""Programs that call ``sweep`` for their parts."""

from .ranging import auto_range
from .slices import nonconvexity, sharpness
from .trust import expected_curvature, faithfulness, slice_hessian, trace_weights

__all__ = ["auto_range", "expected_curvature", "faithfulness", "nonconvexity", "sharpness", "slice_hessian", "trace_weights"]
