"""Programs that call ``sweep`` for their parts."""

from .along import path_profile
from .averaging import swa
from .bad_minima import bad_minimum
from .barrier import barrier
from .comparing import compare_runs
from .connecting import connect
from .connectors import m_connector
from .eigendirections import hessian_slice
from .embedding import embedding
from .ensembles import ensemble
from .fge import fast_geometric
from .flatness import flatness
from .goldilocks import goldilocks
from .instability import instability
from .members import subspace_members
from .merging import merge_check
from .minefield import minefield
from .minima import minima_graph
from .path_planes import path_on_plane, path_plane
from .predictions import similarity
from .ranging import auto_range
from .slices import nonconvexity, sharpness
from .soups import merge
from .spectra import curvature_seen, spectrum
from .steps import monotonicity, valley_crossing
from .strings import string_path
from .subspace import gradient_subspace, subspace_sgd
from .trajectories import frame_paths, pca_slice, projected, random_beside
from .trust import expected_curvature, faithfulness, slice_hessian, trace_weights

__all__ = ["auto_range", "bad_minimum", "barrier", "compare_runs", "connect", "curvature_seen", "embedding", "ensemble",
           "expected_curvature", "faithfulness", "fast_geometric", "flatness", "frame_paths", "goldilocks",
           "gradient_subspace", "hessian_slice", "instability", "m_connector", "merge", "merge_check", "minefield",
           "minima_graph", "monotonicity", "nonconvexity", "path_on_plane", "path_plane", "path_profile", "pca_slice", "projected",
           "random_beside", "sharpness", "similarity", "slice_hessian", "spectrum", "string_path", "subspace_members",
           "subspace_sgd", "swa", "trace_weights", "valley_crossing"]
