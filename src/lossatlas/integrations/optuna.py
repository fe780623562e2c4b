"""Searching for networks that are good and flat: measures of the landscape as objective values, constraints and pruners of Optuna.

A search ranks trials by what it is told of them. Told the validation loss alone it cannot tell a wide valley from a crack of the same
depth; here any probe can be told beside it:

* :func:`value` measures a trained trial, returns the number that Optuna optimizes, and keeps it with its standard error in the trial;
* :func:`constraint` makes a bound of it, which every sampler of Optuna respects;
* :class:`Reporter` measures *during* training (a hook of ``la.fit``, or one call in a loop), and :class:`BoundPruner` stops the trial where
  a measure crosses a bound: sharpness beyond the optimizer's own stability threshold, a loss that is no number.

:func:`study_dataset` turns the study into a Dataset that figures and the viewer show. (METHODS O3. Akiba et al. 2019, arXiv 1907.10902.)
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from ..errors import InputError
from ..names import FlatnessName, suggest
from .extra import need
from .study import REPORTED, curves, study_dataset

if TYPE_CHECKING:
    import optuna
else:
    optuna = need("optuna", "optuna")

__all__ = ["BoundPruner", "Reporter", "constraint", "curves", "report", "stability_ratio", "study_dataset", "value"]

#: What can be measured: a name, a probe, or a function of (objective, point=…).
Measured = str | Callable[..., Any]
#: The values of a trial that a bound can be set on, beside the measures: what was reported itself.
VALUE = "value"


def value(
    trial: optuna.trial.BaseTrial, objective: Any, point: Mapping[str, Any] | None = None, *, measure: Measured = "lambda_max",
    quantity: str | None = None, name: str | None = None, seed: int = 0,
) -> float:
    """Measure a trained network for a trial; the number is returned, and kept in the user attributes with all that stands beside it.

    Args:
        trial: of Optuna (a fixed or frozen one will do).
        objective: the :class:`~lossatlas.Objective` that is measured.
        point: where (default: where its network stood).
        measure: ``"loss"``, a metric of the objective, a measure of flatness by name (``lambda_max``, ``trace``, ``sam``, ``asam``,
            ``basin_radius``, … see ``la.probes.flatness``), any probe (``la.probes.curvature(objective)``), or a function called as
            ``measure(objective, point=point)`` that returns a number, a ``la.measures.Measure`` or a dict of numbers.
        quantity: which quantity of a probe, or which key of a dict, is returned (default: the first).
        name: under which it is kept (default: the name of the measure, or of the function).
        seed: of what a measure by name draws.

    Returns:
        The number. NaN where there is none, which makes Optuna fail the trial.

    Raises:
        InputError: an unknown measure or quantity, or an answer without numbers.
    """
    found = measured(objective, point, measure, name=name, seed=seed)
    wanted = quantity or next(iter(found))
    if wanted not in found:
        raise InputError(f"quantity is {wanted!r}; expected one of {', '.join(found)}{suggest(wanted, found)}")
    for key, number in found.items():
        trial.set_user_attr(key, number)
    if found.get(f"{wanted}_converged", found.get("converged", 1.0)) == 0:
        warnings.warn(f"trial {trial.number}: {wanted} = {found[wanted]:.4g} has not converged", stacklevel=2)
    return found[wanted]


def constraint(
    trial: optuna.trial.BaseTrial, name: str, value: float, *, upper: float | None = None, lower: float | None = None,
) -> bool:
    """Tell Optuna that a trial is feasible only where ``lower ≤ value ≤ upper``; samplers then avoid what is not.

    Both ends are relative: a violation is told as (value − upper) / |upper|, so that constraints of different units weigh alike. A value
    that is NaN violates by infinity.

    Returns:
        Whether the trial keeps the constraint.

    Raises:
        InputError: no bound, or a lower one above the upper one.
    """
    low, high = _bound(name, (lower, upper))
    excess = max((end for end in (_excess(value, high), _excess(-value, -low)) if end is not None), default=-math.inf)
    trial.set_constraint(name, excess)
    return excess <= 0


def report(trial: optuna.Trial, step: int, value: float, measures: Mapping[str, float] | None = None) -> bool:
    """Tell a trial in training where it stands: ``value`` as Optuna's intermediate value, and measures beside it.

    Returns:
        Whether the pruner of the study would stop the trial: ``if report(…): raise optuna.TrialPruned()``.
    """
    for name, number in (measures or {}).items():
        trial.set_user_attr(f"{REPORTED}{name}@{int(step)}", float(number))
    trial.report(float(value), int(step))
    return trial.should_prune()


class Reporter:
    """Reports the loss and measures of a network in training, and stops the trial where the study's pruner says so.

    A hook of ``la.fit``: ``la.fit(objective.training(), hooks=[Reporter(trial, objective, every=100)], …)``; in a loop of your own call
    ``reporter(step, dict(model.named_parameters()), optimizer)`` after a step.

    Args:
        objective: what the loss and the measures are measured on; the view that is not trained, often fewer examples.
        every: steps between two reports; nothing is reported before the first step.
        measures: by name, as for :func:`value`: ``("lambda_max", "asam")``, or ``{"name": measure}``. ``"stability"`` is λ1 of the Hessian
            over the optimizer's own stability threshold, above 1 beyond it (see ``la.Monitor``).
        seed: of what measures draw.

    Raises:
        InputError: an unknown measure, ``every`` < 1.
    """

    def __init__(
        self, trial: optuna.Trial, objective: Any, *, every: int = 100, measures: Sequence[str] | Mapping[str, Measured] = ("lambda_max",),
        seed: int = 0,
    ) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise InputError(f"every is {every!r}; expected a whole number of steps of at least 1")
        names = (measures,) if isinstance(measures, str) else measures
        self.trial, self.objective, self.every, self.seed = trial, objective, every, seed
        self.measures: dict[str, Measured] = dict(names) if isinstance(names, Mapping) else {name: name for name in names}
        for measure in self.measures.values():
            if isinstance(measure, str) and measure != "stability":
                _known(objective, measure)

    def __call__(self, step: int, point: Mapping[str, Any], state: Any) -> None:
        """Report, where a report is due; ``state`` is that of ``la.fit``, or an optimizer.

        Raises:
            optuna.TrialPruned: the pruner of the study stops the trial.
        """
        if step == 0 or step % self.every:
            return
        here = {name: tensor.detach().clone() for name, tensor in point.items()}
        numbers = {name: stability_ratio(self.objective, point, getattr(state, "optimizer", state)) if measure == "stability" else
                   next(iter(measured(self.objective, here, measure, seed=self.seed).values())) for name, measure in self.measures.items()}
        loss = next(iter(measured(self.objective, here, "loss").values()))
        if report(self.trial, step, loss, numbers):
            raise optuna.TrialPruned(f"step {step}: loss {loss:.4g}" + "".join(f", {name} {x:.4g}" for name, x in numbers.items()))


def stability_ratio(objective: Any, point: Mapping[str, Any], optimizer: Any) -> float:
    """λ1 of the Hessian (preconditioned as the optimizer does) over the optimizer's own stability threshold: above 1 it is unstable.

    The threshold is a statement about full-batch training (Cohen et al. 2021): with mini-batches λ1 settles below it.

    Args:
        point: the very tensors that the optimizer steps, by name.

    Raises:
        InputError: an optimizer without a known threshold, with the reason.
    """
    from ..curvature import hessian
    from ..monitor.thresholds import diagonal, stability
    from ..monitor.view import Training
    from ..numerics.krylov import eigenpairs
    from ..numerics.operator import Scaled

    training = Training.of(optimizer, {id(tensor): name for name, tensor in point.items()}, 1.0)
    if all(group.options.get("lr") == 0 for group in training.groups):
        return 0.0
    found = stability(training, names=tuple(objective.params), penalized=objective.penalty is not None)
    if not math.isfinite(found.threshold):
        raise InputError(f"'stability' has no threshold to compare with: {found.why}; measure lambda_max instead")
    at = {name: tensor.detach().clone() for name, tensor in point.items()}
    op = hessian(objective, at)
    scaled = op if found.scales is None else Scaled(op, diagonal(found.scales, op.names, at))
    return float(eigenpairs(scaled, 1, which="largest", tol=1e-2).values[0]) / found.threshold


class BoundPruner(optuna.pruners.BasePruner):
    """Stops a trial where the value or a measure that it reported crosses a bound, or is NaN; else asks another pruner.

    Args:
        bounds: measure -> its upper bound, or (lower, upper) with None for no bound; ``"value"`` is the reported value itself.
            ``{"stability": 1.0}`` stops training beyond the edge of stability.
        patience: reports in a row that must lie beyond (NaN stops at once): sharpness swings about the edge of stability.
        warmup: steps before which nothing is stopped.
        then: the pruner that is asked where all bounds are kept (default: none).

    Raises:
        InputError: no bounds, patience < 1.
    """

    def __init__(
        self, bounds: Mapping[str, float | tuple[float | None, float | None]], *, patience: int = 1, warmup: int = 0,
        then: optuna.pruners.BasePruner | None = None,
    ) -> None:
        if not isinstance(bounds, Mapping) or not bounds:
            raise InputError(f"bounds is {bounds!r}; expected measures and their upper bounds: {{'stability': 1.0}}")
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise InputError(f"patience is {patience!r}; expected a whole number of reports of at least 1")
        self.bounds = {name: _bound(name, bound if isinstance(bound, tuple) else (None, bound)) for name, bound in bounds.items()}
        self.patience, self.warmup, self.then = patience, warmup, then

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        """Whether the trial is to be stopped, by what it reported last.

        Raises:
            InputError: a bound of something that the trial does not report.
        """
        step = trial.last_step
        if step is None or step < self.warmup:
            return False
        reported = [VALUE, *dict.fromkeys(key.removeprefix(REPORTED).rpartition("@")[0] for key in trial.user_attrs if REPORTED in key)]
        if unknown := [name for name in self.bounds if name not in reported]:
            raise InputError(f"BoundPruner has a bound of {unknown[0]!r}, which trial {trial.number} has not reported; it reported "
                             f"{', '.join(reported)}{suggest(unknown[0], reported)}")
        if any(_crossed(_series(trial, name), bound, self.patience) for name, bound in self.bounds.items()):
            return True
        return self.then is not None and self.then.prune(study, trial)


def measured(
    objective: Any, point: Mapping[str, Any] | None, measure: Measured, *, name: str | None = None, seed: int = 0,
) -> dict[str, float]:
    """Numbers by name, the wanted one first.

    Raises:
        InputError: an unknown measure, or one that answers without numbers.
    """
    if isinstance(measure, str):
        found = _by_name(objective, point, measure, seed)
        return {(name or measure) + key.removeprefix(measure): number for key, number in found.items()}
    if hasattr(measure, "quantities"):
        answer = measure(point if point is not None else measure.objective.point())
        return _numbers({q.name: answer[q.name] for q in measure.quantities if not q.dims}, measure)
    answer = measure(objective, point=point)
    called = name or getattr(measure, "__name__", "") or getattr(getattr(measure, "func", None), "__name__", "measure")
    if isinstance(answer, Mapping):
        return _numbers(answer, measure)
    if hasattr(answer, "converged") and hasattr(answer, "stderr"):  # la.measures.Measure
        return {called: float(answer.value), f"{called}_stderr": float(answer.stderr), f"{called}_converged": float(answer.converged)}
    return _numbers({called: answer}, measure)


def _by_name(objective: Any, point: Mapping[str, Any] | None, name: str, seed: int) -> dict[str, float]:
    from .. import probes

    _known(objective, name)
    where = objective.point() if point is None else point
    plain = name == "loss" or name in objective.metrics
    found = probes.loss(objective)(where) if plain else probes.flatness(objective, (name,), seed=seed)(where)
    return {key: float(found[key]) for key in (name, f"{name}_stderr", f"{name}_low", f"{name}_high", f"{name}_converged") if key in found}


def _known(objective: Any, name: str) -> None:
    names = ("loss", *getattr(objective, "metrics", ()), *get_args(FlatnessName))
    if name not in names:
        raise InputError(f"measure is {name!r}; expected one of {', '.join(names)}{suggest(name, names)}, a probe, or a function of "
                         "(objective, point=…)")


def _numbers(found: Mapping[str, Any], measure: Measured) -> dict[str, float]:
    try:
        numbers = {str(key): float(number) for key, number in found.items()}
    except (TypeError, ValueError):
        numbers = {}
    if not numbers:
        raise InputError(f"measure {getattr(measure, '__name__', type(measure).__name__)!r} answered no single numbers; expected a number, "
                         "a la.measures.Measure, or a dict of numbers")
    return numbers


def _bound(name: str, bound: tuple[float | None, float | None]) -> tuple[float, float]:
    low, high = -math.inf if bound[0] is None else float(bound[0]), math.inf if bound[1] is None else float(bound[1])
    if not low <= high or (low, high) == (-math.inf, math.inf):
        raise InputError(f"the bounds of {name!r} are {bound}; expected an upper one, a lower one, or both: (lower, upper)")
    return low, high


def _excess(value: float, upper: float) -> float | None:
    """How far a value lies above its bound, in units of the bound; None without one."""
    if math.isinf(upper):
        return None
    return math.inf if math.isnan(value) else (value - upper) / (abs(upper) or 1.0)


def _series(trial: optuna.trial.FrozenTrial, name: str) -> list[float]:
    """What a trial reported of a measure, in the order of the steps."""
    if name == VALUE:
        found = dict(trial.intermediate_values)
    else:
        prefix = f"{REPORTED}{name}@"
        found = {int(key.removeprefix(prefix)): number for key, number in trial.user_attrs.items() if key.startswith(prefix)}
    return [found[step] for step in sorted(found)]


def _crossed(values: Sequence[float], bound: tuple[float, float], patience: int) -> bool:
    """Whether the last values are beyond their bound, or the very last is NaN."""
    if values and math.isnan(values[-1]):
        return True
    last = values[-patience:]
    return len(last) == patience and all(not bound[0] <= number <= bound[1] for number in last)
