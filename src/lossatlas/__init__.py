"""lossatlas: true pictures of the loss landscapes of neural networks, and numbers you can trust.

    import lossatlas as la
    objective = la.Objective.from_module(model, (x, y), loss="cross_entropy", metrics={"accuracy": la.metrics.accuracy})
    plane = la.random_slice(objective, seed=0)
    ds = la.sweep(la.probes.loss(objective), plane, {"alpha": la.axis(-1, 1, 51), "beta": la.axis(-1, 1, 51)})
    la.figures.slice(ds).save("landscape.png")

Names are loaded when they are first used: ``import lossatlas`` does not import torch.
"""

from importlib import import_module
from typing import Any

from .version import __version__

#: public name -> module that has it (under its own name, or the one after the colon); None: the module itself
_WHERE = {
    "Objective": ".objective", "Batches": ".data", "sweep": ".run.sweep", "survey": ".run.survey", "fit": ".fitting", "axis": ".lattice",
    "Slice": ".family", "Copies": ".family", "Path": ".family", "Masked": ".family", "line": ".family", "plane": ".family",
    "random_slice": ".family",
    "random_direction": ".family", "per_layer": ".family", "auto_range": ".analyses",
    "Trajectory": ".family", "pca_slice": ".analyses", "random_beside": ".analyses", "projected": ".analyses", "frame_paths": ".analyses",
    "Recorder": ".record", "open_run": ".record", "spawn": ".record.spawning", "Monitor": ".monitor",
    "load_point": ".checkpoint", "save_point": ".checkpoint", "open": ".result.store:open_result",
    "hessian": ".curvature", "ggn": ".curvature", "fisher": ".curvature", "empirical_fisher": ".curvature",
    "gradient_covariance": ".curvature", "ntk": ".curvature", "restricted": ".curvature", "preflight": ".curvature.determinism",
    "eigenpairs": ".numerics.krylov", "EigenvalueTracker": ".numerics.tracking", "density": ".numerics.slq", "trace": ".numerics.traces",
    "spectrum": ".analyses", "hessian_slice": ".analyses", "curvature_seen": ".analyses",
    "monotonicity": ".analyses", "valley_crossing": ".analyses",
    "sharpness": ".analyses", "nonconvexity": ".analyses", "faithfulness": ".analyses", "slice_hessian": ".analyses",
    "expected_curvature": ".analyses", "barrier": ".analyses", "instability": ".analyses", "compare_runs": ".analyses",
    "connect": ".analyses", "similarity": ".analyses", "path_plane": ".analyses", "path_on_plane": ".analyses",
    "path_profile": ".analyses",
    "fast_geometric": ".analyses",
    "minima_graph": ".analyses", "m_connector": ".analyses", "string_path": ".analyses", "Star": ".family",
    "merge_check": ".analyses", "merge": ".analyses", "swa": ".analyses", "ensemble": ".analyses", "subspace_members": ".analyses",
    "match": ".symmetry", "symmetries": ".symmetry", "repair": ".symmetry", "variance_ratio": ".symmetry", "rescale_to": ".symmetry",
    "balance": ".symmetry",
    "progress": ".run.events", "Local": ".run.engine",
    "LossAtlasError": ".errors", "InputError": ".errors", "StoreError": ".errors", "SpecMismatch": ".errors",
    "flatness": ".analyses", "goldilocks": ".analyses", "gradient_subspace": ".analyses", "subspace_sgd": ".analyses", "measures": None,
    "bad_minimum": ".analyses", "minefield": ".analyses", "embedding": ".analyses",
    "view": ".viewer.showing",
    "export": ".exchange", "import_h5": ".exchange", "probes": None, "metrics": None, "figures": None, "zoo": None, "studies": None,
}

__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        from .names import suggest

        raise AttributeError(f"lossatlas has no {name!r}{suggest(name, _WHERE)}")
    place = _WHERE[name]
    if place is None:
        value = import_module(f".{name}", __name__)
    else:
        module, _, attribute = place.partition(":")
        value = getattr(import_module(module, __name__), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
