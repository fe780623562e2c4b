"""The spectrum of a curvature matrix at a point: outer eigenvalues with bounds, density, trace and norm, layers, and the spread over data.

One measurement answers what people ask of a spectrum: how large the outliers are and whether they converged (Lanczos), where the rest
lies (stochastic Lanczos quadrature, Ghorbani et al. 2019), how much curvature each layer has, and by how much all of that would change
with other data: the eigenvalues over disjoint subsets of the examples, whose spread over the square root of their number is the standard
error of a mean over all. (Eigenvalues of a subset are biased outwards, for noise adds to them; their mean says by how much.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..curvature import fisher, ggn, hessian
from ..curvature.choosing import EXPECTED
from ..curvature.operators import CurvatureOperator
from ..errors import InputError
from ..family.layers import by_module
from ..names import SpectrumOperator, Which, choose
from ..numerics.krylov import Eigenpairs, eigenpairs
from ..numerics.slq import density
from ..objective import Objective
from ..params import Params
from ..result.schema import FLAG, Quantity
from ..seeds import check_seed

#: Points of the stored density; a finer grid than nodes ask for is thinned to it.
GRID = 4096
#: Relative error of the outer eigenvalues.
FINE = 1e-4
#: Relative error of the eigenvalues of layers and of subsets, of which a picture is made and a spread taken; the second: of small ones.
COARSE = (1e-2, 1e-2)
#: Products at most for the outer eigenvalues.
STEPS = 400


@dataclass(frozen=True, eq=False)
class SpectrumProbe:
    """Measures the spectrum; see :func:`spectrum`. ``say`` takes a sentence for every part as it is done."""

    objective: Objective
    operator: str = "hessian"
    top: int = 10
    which: str = "largest"
    density: tuple[int, int] | None = None
    per_layer: bool = False
    subsets: int = 0
    seed: int = 0
    say: Callable[[str], None] = field(default=lambda sentence: None, repr=False)
    _last: list[Any] = field(default_factory=list, repr=False)

    @property
    def layers(self) -> dict[str, list[str]]:
        """Names of the tensors of every layer with parameters."""
        return by_module(list(self.objective.params))

    @property
    def count(self) -> int:
        """Eigenvalues in all: ``top`` at each end for both."""
        return 2 * self.top if self.which == "both" else self.top

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        eigen, layer = ("eigen", self.count), ("layer", len(self.layers))
        out = [Quantity("eigenvalue", "eigenvalue", dims=(eigen,)), Quantity("eigenvalue_error", "bound on its error", dims=(eigen,)),
               Quantity("residual", "norm of the residual", dims=(eigen,)), Quantity("eigen_converged", "converged", FLAG, (eigen,)),
               Quantity("trace", "trace"), Quantity("trace_stderr", "standard error of the trace"), Quantity("frobenius", "Frobenius norm"),
               Quantity("frobenius_stderr", "standard error of the Frobenius norm"), Quantity("products", "products spent")]
        if self.subsets:
            many = ("subset", self.subsets)
            out += [Quantity("subset_eigenvalue", "eigenvalue of a disjoint subset of the examples", dims=(many, eigen)),
                    Quantity("eigenvalue_stderr", "standard error over examples, from the subsets", dims=(eigen,))]
        if self.density:
            steps, probes = min(self.density[0], self.n_parameters), self.density[1]
            nodes = (("probe", probes), ("node", steps))
            out += [Quantity("ritz", "Ritz value", dims=nodes), Quantity("weight", "its weight", dims=nodes),
                    *(Quantity(name, words, dims=(("lambda", GRID),)) for name, words in
                      (("grid", "eigenvalue"), ("density", "spectral density"), ("density_low", "lower end of the band over probes"),
                       ("density_high", "upper end of the band over probes"))),
                    Quantity("kernel_width", "standard deviation of the kernel")]
        if self.per_layer:
            out += [Quantity(f"layer_{name}", words, FLAG if name == "converged" else "", (layer,)) for name, words in
                    (("lambda_max", "largest eigenvalue of the layer's block"), ("lambda_min", "smallest eigenvalue of the layer's block"),
                     ("trace", "trace of the layer's block"), ("trace_stderr", "standard error of its trace"), ("converged", "converged"))]
        return tuple(out)

    @property
    def n_parameters(self) -> int:
        """Parameters of the network, which is how many eigenvalues there are."""
        return sum(p.numel() for p in self.objective.params.values())

    def __call__(self, point: Params) -> dict[str, Any]:
        """All quantities at one point; asked twice of one point in a row, it answers what it found."""
        if self._last and all(torch.equal(point[name], tensor) for name, tensor in self._last[0].items()):
            return self._last[1]
        found = self._measured(point)
        self._last[:] = [{name: point[name] for name in self.objective.params}, found]
        return found

    def _measured(self, point: Params) -> dict[str, Any]:
        op = self._op(self.objective, point)
        steps = min(STEPS, 4 * op.shape[0])
        op.expected = 2 * EXPECTED + (self.density[0] * self.density[1] if self.density else 0)
        pairs = eigenpairs(op, self.top, which=self.which, tol=FINE, seed=self.seed, steps=steps)  # type: ignore[arg-type]
        chosen = op.choice
        self.say(f"{int(pairs.converged.sum())} of {self.count} eigenvalues converged after {pairs.products} products"
                 + (f"; backend {chosen.backend}" if chosen else ""))
        trace, error = pairs.trace
        out: dict[str, Any] = {
            "eigenvalue": pairs.values, "eigenvalue_error": pairs.errors, "residual": pairs.residuals,
            "eigen_converged": pairs.converged.astype(float), "trace": trace, "trace_stderr": error, "frobenius": pairs.frobenius,
            "frobenius_stderr": np.nan}
        if self.subsets:
            out |= self._over_subsets(point, pairs)
        if self.density:
            out |= self._density(op)
        out["products"] = float(op.products)
        if self.per_layer:
            out |= self._by_layer(point)
        return out

    def _op(self, objective: Objective, point: Params, **options: Any) -> CurvatureOperator:
        if self.operator == "fisher":
            return fisher(objective, point, **options)
        return {"hessian": hessian, "ggn": ggn}[self.operator](objective, point, **options)

    def _density(self, op: CurvatureOperator) -> dict[str, Any]:
        assert self.density is not None
        steps, probes = self.density
        found = density(op, steps=steps, probes=probes, seed=self.seed)
        self.say(f"density: {probes} probes of {steps} steps")
        m = min(steps, self.n_parameters)
        thin = np.unique(np.linspace(0, len(found.grid) - 1, GRID).round().astype(int)) if len(found.grid) > GRID else slice(None)

        def padded(values: np.ndarray, length: int) -> np.ndarray:
            return np.concatenate([values, np.full((*values.shape[:-1], length - values.shape[-1]), np.nan)], -1)

        curves = {"grid": found.grid, "density": found.density, "density_low": found.low, "density_high": found.high}
        return {"ritz": padded(found.nodes, m), "weight": np.nan_to_num(padded(found.weights, m)), "kernel_width": found.kernel_width,
                **{name: padded(curve[thin], GRID) for name, curve in curves.items()},
                "trace": found.trace, "trace_stderr": found.trace_stderr, "frobenius": found.frobenius,
                "frobenius_stderr": found.frobenius_stderr}

    def _over_subsets(self, point: Params, pairs: Eigenpairs) -> dict[str, Any]:
        """Eigenvalues of every subset of the examples, number i in subset i mod S, from the eigenvectors of all."""
        start: Tensor = pairs.vectors.sum(1)  # one vector, so that one polynomial serves all
        rows = []
        for k in range(self.subsets):
            data = self.objective.data
            part = self.objective.with_data(data.take(torch.arange(k, data.n_examples, self.subsets)))
            found = eigenpairs(self._op(part, point), self.top, which=self.which, tol=COARSE, start=start, steps=STEPS)  # type: ignore[arg-type]
            rows.append(found.values)
            self.say(f"subset {k + 1} of {self.subsets}: {found.products} products")
        return {"subset_eigenvalue": np.array(rows), "eigenvalue_stderr": np.std(rows, axis=0, ddof=1) / np.sqrt(self.subsets)}

    def _by_layer(self, point: Params) -> dict[str, Any]:
        columns: dict[str, list[float]] = {name: [] for name in ("lambda_max", "lambda_min", "trace", "trace_stderr", "converged")}
        for number, (label, names) in enumerate(self.layers.items()):
            op = self._op(self.objective, point, params=names)
            if op.shape[0] == 1:
                value = float((op @ torch.ones(1, dtype=op.dtype, device=op.device))[0])
                row = [value, value, value, 0.0, 1.0]
            else:
                found = eigenpairs(op, 1, which="both", tol=COARSE, seed=self.seed, steps=min(100, 4 * op.shape[0]))
                row = [found.values[0], found.values[-1], *found.trace, float(found.converged.all())]
            for column, value in zip(columns.values(), row, strict=True):
                column.append(float(value))
            self.say(f"layer {number + 1} of {len(self.layers)}: {label}")
        return {f"layer_{name}": np.array(values) for name, values in columns.items()}

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "spectrum", "operator": self.operator, "top": self.top, "which": self.which,
                "density": list(self.density) if self.density else None, "per_layer": self.per_layer, "subsets": self.subsets,
                "seed": self.seed, "objective": self.objective.spec()}

    def about(self) -> dict[str, Any]:
        """What a result says of objective and operator."""
        o, spec = self.objective, self.objective.spec()
        about: dict[str, Any] = {
            "bn": o.bn, "network": type(o.module).__name__, "n_examples": o.data.n_examples, "loss": o.loss_name, "source": o.source,
            "batch_size": o.data.batch_size, "digest_params": spec["params"], "digest_data": spec["data"], "operator": self.operator,
            "n_parameters": self.n_parameters, "which": self.which, "seed": self.seed}
        if self.density:
            about |= {"steps": min(self.density[0], self.n_parameters), "probes": self.density[1]}
        return about | ({"labels": {"layer": list(self.layers)}} if self.per_layer else {})


def spectrum(
    objective: Objective, *, operator: SpectrumOperator = "hessian", top: int = 10, which: Which = "largest",
    density: tuple[int, int] | None = None, per_layer: bool = False, subsets: int = 0, seed: int = 0,
) -> SpectrumProbe:
    """The probe of a spectrum at a point.

    Args:
        operator: ``hessian``, ``ggn`` or ``fisher`` (exact labels).
        top: how many eigenvalues; at each end for ``which="both"``.
        which: as for :func:`lossatlas.eigenpairs`.
        density: (steps, probes) of the spectral density, e.g. (80, 4); None: no density, and trace and norm are from one vector.
        per_layer: also the extreme eigenvalues and the trace of every layer's own block.
        subsets: so many disjoint subsets of the examples give a standard error over examples; 0: none.

    Raises:
        InputError: not one objective, numbers out of range, an unknown word.
    """
    if not isinstance(objective, Objective):
        raise InputError(f"spectrum() got a {type(objective).__name__}; expected one Objective (of a train/test pair, one of the two)")
    choose(operator, SpectrumOperator, "operator")
    choose(which, Which, "which")
    n = sum(p.numel() for p in objective.params.values())
    most = n // 2 if which == "both" else n
    if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= most:
        raise InputError(f"top is {top!r}; expected a whole number from 1 to {most}, for the network has {n:,} parameters")
    if density is not None and not (isinstance(density, tuple | list) and len(density) == 2 and all(
            isinstance(v, int) and not isinstance(v, bool) and v >= 1 for v in density)):
        raise InputError(f"density is {density!r}; expected (steps, probes), whole numbers of at least 1 such as (80, 4), or None")
    examples = objective.data.n_examples
    if isinstance(subsets, bool) or not isinstance(subsets, int) or subsets < 0 or subsets == 1 or subsets > examples // 2:
        raise InputError(f"subsets is {subsets!r}; expected 0, or 2 to {examples // 2} disjoint subsets of {examples} examples")
    return SpectrumProbe(objective, operator, top, which, tuple(density) if density else None, bool(per_layer), subsets, check_seed(seed))


