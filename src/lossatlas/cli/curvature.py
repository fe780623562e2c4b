"""``lossatlas spectrum`` and ``lossatlas eigenmap``: curvature at a point, and over a slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..analyses import curvature_seen
from ..analyses import spectrum as measured
from ..curvature.choosing import free_memory
from ..family import random_slice
from ..objective import Objective
from ..probes import curvature
from ..probes import spectrum as spectrum_probe
from ..result.description import exists
from ..result.store import ZarrStore, split_path
from ..run.engine import Local
from ..run.events import progress
from ..run.sweep import sweep
from .measure import DEFAULT_STORE, Target, lattice
from .objectives import Options, note_fresh, printing, single
from .show import check_output, draw_to


def spectrum(
    objective: str, options: Options, *, operator: str, top: int, which: str, density: bool, steps: int, probes: int, per_layer: bool,
    subsets: int, store: str | None, output: Path | None,
) -> None:
    """``lossatlas spectrum``."""
    check_output(output)
    if store is not None:
        split_path(store, "spectrum")
    one = single(objective, options, "curvature")
    probe = spectrum_probe(one, operator=operator, top=top, which=which, density=(steps, probes) if density else None,  # type: ignore[arg-type]
                           per_layer=per_layer, subsets=subsets, seed=options.seed)
    print(_cost(probe), flush=True)
    ds = measured(probe, store=store or DEFAULT_STORE, on_event=printing)
    path = ds.attrs["store"]
    print(f"result: {path}")
    for line in lines(ds):
        print(line)
    finish(ds, path, output)
    note_fresh(objective, options)


def lines(ds: Any) -> list[str]:
    """Eigenvalues and sums as a person reads them."""
    out = []
    for k, (value, error, good) in enumerate(zip(ds["eigenvalue"].values, ds["eigenvalue_error"].values, ds["eigen_converged"].values,
                                                 strict=True)):
        over = f"; over examples ± {float(ds['eigenvalue_stderr'][k]):.2g}" if "eigenvalue_stderr" in ds else ""
        out.append(f"eigenvalue {k + 1:>3}  {value:>12.6g} ± {error:.1g}{'' if good else '  not converged'}{over}")
    out.append(f"trace {float(ds['trace']):.5g} ± {float(ds['trace_stderr']):.2g}; Frobenius norm {float(ds['frobenius']):.5g}; "
               f"{int(ds['products'])} products; BatchNorm {ds.attrs['bn']}")
    if "layer_lambda_max" in ds:
        width = max(len(str(name)) for name in ds["layer"].values)
        for k, name in enumerate(ds["layer"].values):
            out.append(f"layer {name!s:<{width}}  λmax {float(ds['layer_lambda_max'][k]):>10.4g}  λmin "
                       f"{float(ds['layer_lambda_min'][k]):>10.4g}  trace {float(ds['layer_trace'][k]):.4g} ± "
                       f"{float(ds['layer_trace_stderr'][k]):.2g}")
    return out


def _cost(probe: Any) -> str:
    """A sentence on what is to be computed, in products; how long one takes is said when the first are done."""
    parts = [f"about {20 + 4 * probe.count} products for {probe.count} eigenvalues"]
    if probe.density:
        parts.append(f"{probe.density[0] * probe.density[1]} for the density")
    if probe.subsets:
        parts.append(f"about as many again as the eigenvalues for {probe.subsets} subsets")
    if probe.per_layer:
        parts.append(f"some 20 for each of {len(probe.layers)} layers")
    o = probe.objective
    of = f"{probe.operator} of {probe.n_parameters:,} parameters on {o.data.n_examples:,} examples"
    room = free_memory(o.device) / 2e6
    return f"{of}: {', '.join(parts)}; a product is about 2 to 4 gradients, and what it keeps at most {room:,.0f} MB, half of what is free"


@dataclass(frozen=True)
class MapRecipe:
    """What an eigenvalue map measures, made once here and once more by every worker."""

    objective: str
    options: Options
    operator: str
    tol: float
    said: Mapping[str, Any] = field(default_factory=dict)

    def base(self) -> tuple[Objective, Any]:
        """The objective and the plane."""
        one = single(self.objective, self.options, "curvature")
        return one, random_slice(one, seed=self.options.seed)

    def __call__(self) -> tuple[Any, Any]:
        one, plane = self.base()
        return self.probe(one), plane.saying(self.said) if self.said else plane

    def probe(self, one: Objective) -> Any:
        """The probe of the map."""
        return curvature(one, operator=self.operator, tol=self.tol, seed=self.options.seed)  # type: ignore[arg-type]


def eigenmap(
    objective: str, options: Options, target: Target, *, operator: str, tol: float, range_: str, points: str,
) -> None:
    """``lossatlas eigenmap``."""
    coords = lattice(range_, points, ("alpha", "beta"))
    target = target.check("slice", [len(values) for values in coords.values()])
    recipe = MapRecipe(objective, options, operator, tol)
    one, plane = recipe.base()
    seen = _known(target.store) or curvature_seen(one, plane, seed=options.seed)
    recipe = MapRecipe(objective, options, operator, tol, {"curvature_seen": seen})
    with progress(" × ".join(str(len(values)) for values in coords.values()) + " points") as bar:
        ds = sweep(recipe.probe(one), plane.saying(recipe.said), coords, engine=Local(workers=target.workers, make=recipe),
                   store=target.store or DEFAULT_STORE, plan="plain", on_event=bar)
    path = ds.attrs["store"]
    print(f"result: {path}")
    good, done = int(ds["converged"].sum()), int(ds["done"].sum())
    print(f"{good} of {done} points converged to {tol:g}; {int(np.nansum(ds['products']))} products; abs(λmin/λmax) from "
          f"{float(ds['ratio'].min()):.3g} to {float(ds['ratio'].max()):.3g}, at the centre {float(ds['center_ratio']):.3g}")
    print(seen_words(seen))
    finish(ds, path, target.output, quantity=None, draw=target.draw)
    note_fresh(objective, options)


def seen_words(seen: Mapping[str, Any]) -> str:
    """How much of the curvature the slice sees, as a sentence."""
    two = " and ".join(f"{value:.3g}" for value in seen["slice"])
    of = (f"; a random direction like these sees {seen['expected']:.3g} ± {seen['expected_stderr']:.2g} on average"
          if "expected" in seen else "")
    return (f"principal curvatures of this plane at the centre: {two}; the Hessian's eigenvalues reach from {seen['lambda_min']:.3g} to "
            f"{seen['lambda_max']:.3g}{of}")


def _known(store: str | None) -> dict[str, Any] | None:
    """What an earlier run of a named group found at the centre."""
    if store is None or not exists(place := Path(*split_path(store, "slice"))):
        return None
    return ZarrStore(*split_path(place)).attrs.get("curvature_seen")


def finish(ds: Any, path: str, output: Path | None, **how: Any) -> None:
    """Draw, and say how to draw again."""
    if output is not None:
        draw_to(ds, output, **how)
        print(f"figure: {output}")
    print(f"draw it again: lossatlas plot {path} -o {output or f'{Path(path).name}.png'}")
