"""Measures of flatness as a probe: any of them at any point of a family, so that ``sweep`` and its stores take them.

The penalty of the objective is left out: these are about the loss of the data. Every measure gives its number, ``…_stderr``,
``…_converged``, an interval ``…_low``, ``…_high`` where it has one, and what must not be left unsaid beside it: of a volume its mean-log
and effective sample size, of a learning coefficient the health of its chains.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any, get_args

import torch
from torch import Tensor

from .. import measures as m
from ..errors import InputError
from ..measures.hessian import hessian_trace, lambda_max
from ..measures.surface import Surface
from ..names import FlatnessName, choose
from ..objective import Objective
from ..params import Params, digest
from ..result.schema import FLAG, Quantity
from ..seeds import check_seed


@dataclass(frozen=True)
class Kind:
    """A measure as the probe takes it.

    Attributes:
        words: what it is.
        run: makes it of an objective.
        losses, gradients: passes over the data it takes, about.
        extras: of its details, what stands beside it.
        interval: whether it has one.
        rise: whether it takes the height of the rim.
        logarithm: the number is a logarithm: differences count, not ratios.
        tried: refuses an objective for which it is not defined, quickly.
    """

    words: str
    run: Callable[..., m.Measure]
    losses: float
    gradients: float
    extras: tuple[str, ...] = ()
    interval: bool = False
    rise: bool = False
    logarithm: bool = False
    tried: Callable[[Objective], object] | None = None


def _has_classes(objective: Objective) -> object:
    return Surface(objective).error({})


#: Directions of basins in the probe: the volume is ruled by the one largest radius whatever their number.
_DIRECTIONS = 30
KINDS: dict[str, Kind] = {
    "lambda_max": Kind("largest eigenvalue of the Hessian", lambda_max, 2, 60, interval=True),
    "trace": Kind("trace of the Hessian", hessian_trace, 2, 70, interval=True),
    "sam": Kind("SAM, rise at rho = 0.05 along the gradient", m.sam, 2, 1),
    "asam": Kind("ASAM, adaptive, rho = 0.5", partial(m.sam, adaptive=True, rho=0.5), 2, 1),
    "keskar": Kind("epsilon-sharpness x 100, full space, epsilon = 1e-3", m.keskar, 1, 13),
    "keskar_subspace": Kind("epsilon-sharpness x 100, random 100 dimensions", partial(m.keskar, dims=100), 1, 60, interval=True),
    "worst_case": Kind("adaptive worst case, linf, rho = 0.01", m.worst_case, 1, 21),
    "average_case": Kind("adaptive average case, rho = 0.1", m.average_case, 22, 0),
    "noise_tolerance": Kind("1/sigma^2 of the noise that costs 10 % accuracy", m.noise_tolerance, 100, 0, ("sigma",), True,
                            tried=_has_classes),
    "noise_tolerance_magnitude": Kind("the same, noise in proportion to weights", partial(m.noise_tolerance, magnitude=True), 100, 0,
                                      ("sigma",), True, tried=_has_classes),
    "fisher_rao": Kind("Fisher-Rao norm, squared", m.fisher_rao, 1, 1, tried=m.fisher_rao),
    "basin_radius": Kind("basin radius, filter-normalized", partial(m.basin_radius, directions=_DIRECTIONS), 360, 0, interval=True,
                         rise=True),
    "basin_volume": Kind("log volume of the basin", partial(m.basin_volume, directions=_DIRECTIONS), 600, 0,
                         ("log10", "mean_log", "mean_log_stderr", "effective_sample_size"), True, True, True),
    "level_width": Kind("width of the level set, Euclidean", partial(m.level_width, normalize="none"), 450, 0, interval=True, rise=True),
    "entropy_gradient": Kind("gradient of the local entropy, Entropy-SGD", m.entropy_gradient, 2, 20),
    "local_entropy": Kind("local entropy, gamma = 1000, relative to flat", m.local_entropy, 2, 5200, interval=True, logarithm=True),
    "llc": Kind("local learning coefficient, gamma = 100", m.llc, 2, 3900, ("r_hat", "acceptance", "plateau"), True),
}
#: What takes minutes at most on a small network.
QUICK = tuple(name for name, kind in KINDS.items() if kind.gradients < 1000)


@dataclass(frozen=True, eq=False)
class FlatnessProbe:
    """Measures of flatness at a point; see :func:`flatness`."""

    objective: Objective
    names: tuple[str, ...]
    rise: float = 0.1
    seed: int = 0
    say: Callable[[str, float, m.Measure], None] | None = field(default=None, repr=False)
    strict: bool = True
    _last: dict[str, dict[str, Tensor]] = field(default_factory=dict, repr=False)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The loss, then every measure with what stands beside it."""
        listed = [Quantity("loss", f"{self.objective.loss_name.replace('_', '-')} loss")]
        for name in self.names:
            kind = KINDS[name]
            listed += [Quantity(name, kind.words), Quantity(f"{name}_stderr", f"standard error of {kind.words}")]
            listed += [Quantity(f"{name}_{end}", f"{end} end of the interval of {kind.words}") for end in ("low", "high") if kind.interval]
            listed += [Quantity(f"{name}_{extra}", f"{extra.replace('_', ' ')} of {kind.words}") for extra in kind.extras]
            listed.append(Quantity(f"{name}_converged", f"{kind.words} converged", FLAG))
        return tuple(listed)

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All measures at one point; the last points are remembered, for the centre of a family is asked for more than once."""
        key = digest(point)
        if key not in self._last:
            for old in list(self._last)[:-1]:
                del self._last[old]
            self._last[key] = self._measured(point)
        return self._last[key]

    def _measured(self, point: Params) -> dict[str, Tensor]:
        with torch.no_grad():
            out: dict[str, Any] = {"loss": float(self.objective.value(point))}
        for name in self.names:
            kind, began = KINDS[name], perf_counter()
            found = self._one(kind, point)
            out |= {name: found.value, f"{name}_stderr": found.stderr, f"{name}_converged": float(found.converged)}
            out |= {f"{name}_low": found.low, f"{name}_high": found.high} if kind.interval else {}
            out |= {f"{name}_{extra}": found.details.get(extra, math.nan) for extra in kind.extras}
            if self.say is not None:
                self.say(name, perf_counter() - began, found)
        return {name: torch.tensor(float(value), dtype=torch.float64) for name, value in out.items()}

    def _one(self, kind: Kind, point: Params) -> m.Measure:
        """One measure; where it is not defined for this objective an error, or (of measures that nobody named) NaN with the reason."""
        try:
            with torch.enable_grad():
                return kind.run(self.objective, point=point, seed=self.seed, **({"rise": self.rise} if kind.rise else {}))
        except InputError as reason:
            if self.strict:
                raise
            return m.Measure(math.nan, converged=False, notes=(f"left out: {reason}",))

    @property
    def passes(self) -> tuple[float, float]:
        """Passes over the data at a point, about: forward only, and with a gradient."""
        return sum(KINDS[name].losses for name in self.names), sum(KINDS[name].gradients for name in self.names)

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "flatness", "measures": self.settings, "seed": self.seed, "objective": self.objective.spec()}

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The hyper-parameters of every measure, beside the seed."""
        found = {}
        for name in self.names:
            parameters = inspect.signature(KINDS[name].run).parameters.values()
            found[name] = {p.name: p.default for p in parameters if p.default is not p.empty and p.name not in ("point", "seed")}
            found[name] = {key: list(value) if isinstance(value, tuple) else value for key, value in found[name].items()}
            found[name] |= {"rise": self.rise} if KINDS[name].rise else {}
        return found

    def about(self) -> dict[str, Any]:
        """What a result says of the objective."""
        o = self.objective
        return {"bn": o.bn, "network": type(o.module).__name__, "n_examples": o.data.n_examples, "loss": o.loss_name, "source": o.source,
                "batch_size": o.data.batch_size, "digest_params": o.spec()["params"], "digest_data": o.data.digest(),
                "settings": self.settings, "seed": self.seed}


def flatness(
    objective: Objective, measures: Sequence[FlatnessName] | None = None, *, rise: float = 0.1, seed: int = 0,
    say: Callable[[str, float, m.Measure], None] | None = None,
) -> FlatnessProbe:
    """The probe of measures of flatness (see :mod:`lossatlas.measures`), with their default settings.

    Args:
        measures: which, by name. None: all but ``llc`` and ``local_entropy``, which take thousands of gradients; one that is not defined
            for the objective (accuracy without classes) is then NaN.
        rise: how far above the loss of the point the rim of a basin is.
        seed: of all that is drawn.
        say: is told name, seconds and result of every measure as it is made.

    Raises:
        InputError: not an objective, an unknown name.
    """
    if not isinstance(objective, Objective):
        hint = "; of a train/test pair, one of the two" if isinstance(objective, Mapping) else ""
        raise InputError(f"flatness() got a {type(objective).__name__}; expected an Objective{hint}")
    strict = measures is not None
    measures = QUICK if measures is None else measures  # type: ignore[assignment]
    if isinstance(measures, str) or not measures:
        raise InputError(f"measures is {measures!r}; expected names, e.g. measures=('lambda_max', 'asam')")
    names = tuple(dict.fromkeys(choose(name, get_args(FlatnessName), "measures") for name in measures))
    probe = FlatnessProbe(replace(objective, penalty=None), names, float(rise), check_seed(seed), say, strict)
    tries = [KINDS[name].tried for name in names if strict]
    if any(tries):  # refused now and not after the measures before it
        first = probe.objective.with_data([next(iter(objective.data)).value])
        for tried in filter(None, tries):
            tried(first)
    return probe
