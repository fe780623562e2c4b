"""The objective: network, loss and data as a pure function of a point.

``value(θ) = Σ_i w_i l(f_θ(x_i), y_i) / Σ_i w_i``. What else decides a landscape is part of the definition and named: the
BatchNorm policy, a penalty, the batch size where BatchNorm looks at batches. The network is copied when the objective
is made and called functionally, so the user's module, its mode, buffers and gradients are never touched, and the
same point always has the same value.

BatchNorm policies (Li et al. 2018, footnotes 2 and 3; METHODS 2.2):

* ``eval``: running statistics as trained (the point's own where it carries them).
* ``batch``: every batch is normalized by itself (train mode); the batch size is part of the definition.
* ``recompute``: statistics are re-estimated at every point by a pass over the data in train mode, each batch weighted by
  its size: the average of the within-batch means and (unbiased) variances; then as in eval.
* ``interpolate``: running statistics are coordinates, for families through given points only.

Under every policy all other layers (dropout …) are in eval mode, but for :meth:`Objective.training`.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from .data import Batch, Batches, Raw, examples, targets_of
from .errors import InputError
from .layout import Layout, batchnorm_layers, layout_of
from .losses import LossFunction, check_targets, resolve
from .names import BatchNormPolicy, LossName, choose
from .numerics.stats import Stats, group_sums, sums
from .params import Params, check_point, digest
from .seeds import fixed_rng

Metric = Callable[[Any, Any], Tensor]
Penalty = float | Callable[[Params], Tensor]

#: Examples that `from_module` sends through the network once, to find a wrong loss or wrong targets at once.
TRIED_EXAMPLES = 4


@dataclass(frozen=True)
class Prepared:
    """A point ready to be evaluated on batches: every tensor the network needs, and what holds for all batches."""

    tensors: Params
    penalty: Tensor | None = None
    negative_variance: str | None = None  # the BatchNorm layer whose variance is negative here: no value exists


@dataclass(frozen=True)
class Objective:
    """Network + loss + data + policies; made by :meth:`from_module`. Frozen: the ``with_…`` methods return views.

    Attributes:
        params: the parameters where the module stood, detached, tied ones once.
        buffers: its buffers.
        layout: per parameter the filter axis, groups and normalization rule.
        data: the :class:`~lossatlas.data.Batches`.
        bn: the BatchNorm policy.
        source: how a command line names the objective (``file.py:name``), for provenance.
    """

    module: nn.Module = field(repr=False)
    loss: LossFunction = field(repr=False)
    loss_name: str
    data: Batches = field(repr=False)
    params: Params = field(repr=False)
    buffers: Params = field(repr=False)
    layout: Layout = field(repr=False)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    bn: BatchNormPolicy = "eval"
    bn_data: Batches | None = field(default=None, repr=False)
    penalty: Penalty | None = None
    in_training: bool = False
    source: str | None = None

    @classmethod
    def from_module(
        cls,
        model: nn.Module,
        data: Any,
        loss: LossName | LossFunction,
        *,
        metrics: Mapping[str, Metric] | None = None,
        bn: BatchNormPolicy = "eval",
        penalty: Penalty | None = None,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
        batch_size: int | None = None,
        layout: Mapping[str, int | str | None] | None = None,
    ) -> Objective:
        """An objective from a module, data and a loss.

        Args:
            model: any ``nn.Module``; it is copied, and changing it later does not change the objective.
            data: tensors ``(x, y)``, a Dataset, a DataLoader, a list of batches, dict batches, or
                :class:`~lossatlas.data.Batches`. Floating-point data take the network's dtype.
            loss: ``cross_entropy``, ``mse``, ``bce``, ``causal_lm``, or a function: ``loss(outputs, targets)`` for
                tuple batches, ``loss(outputs, batch)`` for dicts, returning losses (n,) or (losses, weights).
            metrics: name -> ``metric(outputs, targets)`` with values (n,) or one mean; never a condition of the loss.
            bn: BatchNorm policy, see the module.
            penalty: a number λ adds ½·λ·‖θ‖² over all parameters; or a function of the point.
            device: None keeps the module's; ``"auto"`` takes a GPU where there is one.
            dtype: None keeps the module's.
            batch_size: examples per batch; None keeps a loader's own batches and means 128 otherwise.
            layout: ``{name or glob: axis}``, filter axes that the layer does not tell.

        Raises:
            InputError: empty data, targets out of range, a loss that is not per example, NaN weights, a network that
                does not take the batches, an unknown option.
        """
        if not isinstance(model, nn.Module):
            raise InputError(f"model is a {type(model).__name__}; expected a torch.nn.Module")
        loss_name, loss_fn = resolve(loss)
        choose(bn, BatchNormPolicy, "bn")
        module = _copy(model)
        where = _device(device, module)
        module = module.to(device=where, dtype=dtype).eval().requires_grad_(False)
        params = {name: p.detach() for name, p in module.named_parameters()}
        if not params:
            raise InputError(f"{type(model).__name__} has no parameters; expected a network with weights")
        check_point(params, what=f"the {type(model).__name__}")
        dtypes = {p.dtype for p in params.values() if p.is_floating_point()}
        batches = Batches.of(data, batch_size=batch_size).to(where, dtypes.pop() if len(dtypes) == 1 else None)
        objective = cls(module, loss_fn, loss_name, batches, params, dict(module.named_buffers()),
                        layout_of(module, override=layout), dict(metrics or {}), "eval", None, penalty)
        objective._try_out()
        return objective.with_bn(bn)

    # ---- views -------------------------------------------------------------------------------------------------

    def with_data(self, data: Any, *, batch_size: int | None = None) -> Objective:
        """The same network, loss and policies on other data (or the same data in other batches)."""
        batches = Batches.of(data, batch_size=batch_size)
        dtype = next((p.dtype for p in self.params.values() if p.is_floating_point()), None)
        view = replace(self, data=batches.to(self.device, dtype))
        view._try_out()
        return view._check_batches()

    def with_bn(self, bn: BatchNormPolicy, *, data: Batches | None = None) -> Objective:
        """The same objective under another BatchNorm policy.

        Args:
            data: what ``recompute`` re-estimates the statistics on (default: the objective's own data; for a test
                objective, the training data).
        """
        choose(bn, BatchNormPolicy, "bn")
        return replace(self, bn=bn, bn_data=data if bn == "recompute" else None)._check_batches()

    def with_metrics(self, metrics: Mapping[str, Metric]) -> Objective:
        """The same objective with these metrics."""
        return replace(self, metrics=dict(metrics))

    def with_source(self, source: str) -> Objective:
        """The same objective under the name that a command line gives it."""
        return replace(self, source=source)

    def training(self) -> Objective:
        """The view that an optimizer trains: every layer in train mode, statistics in the point updated in place."""
        return replace(self, bn="batch", bn_data=None, in_training=True)

    def to(self, device: str | torch.device) -> Objective:
        """The same objective on another device (``"auto"``: a GPU where there is one)."""
        where = _device(device, self.module)
        module = _copy(self.module).to(where)
        return replace(self, module=module, params={n: p.detach() for n, p in module.named_parameters()},
                       buffers=dict(module.named_buffers()), data=self.data.to(where),
                       bn_data=self.bn_data.to(where) if self.bn_data else None)

    # ---- points ------------------------------------------------------------------------------------------------

    @property
    def device(self) -> torch.device:
        """Where the parameters live."""
        return next(iter(self.params.values())).device

    @property
    def has_batchnorm(self) -> bool:
        """Whether some layer keeps running statistics."""
        return bool(batchnorm_layers(self.module))

    def point(self) -> Params:
        """Where the module stood: parameters and float buffers together (shared, not copied)."""
        return {**self.params, **{n: b for n, b in self.buffers.items() if b.is_floating_point()}}

    def conform(self, point: Mapping[str, Tensor], *, what: str = "the point") -> Params:
        """A point of this network from a checkpoint: names checked, tied copies dropped, on our device and dtype.

        Raises:
            InputError: not finite, or of another architecture: the names and shapes that differ.
        """
        own = self.point()
        known = {name: t for name, t in point.items() if name in own}
        unknown = {name: t for name, t in point.items() if name not in own and not self._is_alias(name)}
        check_point({**known, **unknown}, what=what, like=self.params)
        return {n: known[n].detach().to(self.device, own[n].dtype) for n in own if n in known}

    def _is_alias(self, name: str) -> bool:
        everything = {**dict(self.module.named_parameters(remove_duplicate=False)),
                      **dict(self.module.named_buffers(remove_duplicate=False))}
        return name in everything

    def negative_variance(self, point: Mapping[str, Tensor]) -> str | None:
        """The first BatchNorm layer whose running variance is negative at the point, or None."""
        for name in batchnorm_layers(self.module):
            variance = point.get(f"{name}.running_var" if name else "running_var")
            if variance is not None and bool((variance < 0).any()):
                return name or type(self.module).__name__
        return None

    def prepare(self, point: Mapping[str, Tensor] | Prepared) -> Prepared:
        """Everything about a point that does not depend on the batch (under ``recompute``: a pass over the data)."""
        if isinstance(point, Prepared):
            return point
        if not point.keys() >= self.params.keys():
            check_point(point, what="the point", like=self.params)
        buffers = {n: b.clone() for n, b in self.buffers.items()}  # a forward pass may write to them: never to ours
        own = {**buffers, **self.params}
        tensors = {n: t.to(own[n].device, own[n].dtype) for n, t in point.items() if n in own}
        negative = self.negative_variance(point) if self.bn in ("eval", "interpolate") else None
        prepared = Prepared({**buffers, **tensors}, self._penalty(point), negative)
        return self._recomputed(prepared) if self.bn == "recompute" else prepared

    def _penalty(self, point: Mapping[str, Tensor]) -> Tensor | None:
        if self.penalty is None:
            return None
        own = {n: point[n] for n in self.params}
        if callable(self.penalty):
            return torch.as_tensor(self.penalty(own)).to(torch.float64)
        squares = torch.stack([t.abs().square().to(torch.float64).sum() for t in own.values()])
        return 0.5 * float(self.penalty) * squares.sum()

    def _recomputed(self, prepared: Prepared) -> Prepared:
        layers = batchnorm_layers(self.module)
        tensors = dict(prepared.tensors)
        for name in layers:
            prefix = f"{name}." if name else ""
            tensors[f"{prefix}running_mean"] = torch.zeros_like(tensors[f"{prefix}running_mean"])
            tensors[f"{prefix}running_var"] = torch.ones_like(tensors[f"{prefix}running_var"])
        before = {name: (layer.training, layer.momentum) for name, layer in layers.items()}
        seen = 0
        try:
            with torch.no_grad():
                detached = {n: t.detach() for n, t in tensors.items()}
                for batch in self.bn_data or self.data:
                    seen += batch.size
                    for layer in layers.values():
                        layer.training, layer.momentum = True, batch.size / seen
                    self._call(detached, batch.value)
        finally:
            for name, layer in layers.items():
                layer.training, layer.momentum = before[name]
        return replace(prepared, tensors=tensors)

    # ---- values ------------------------------------------------------------------------------------------------

    def stats(self, point: Mapping[str, Tensor] | Prepared, batch: Batch | Raw) -> Stats:
        """Sums over one batch: of losses, their squares and weights, per group of examples, and of every metric."""
        prepared = self.prepare(point)
        batch = batch if isinstance(batch, Batch) else Batch(batch, 0, examples(batch))
        outputs, losses, weights = self._losses(prepared, batch)
        if prepared.penalty is not None:
            losses = losses + prepared.penalty.to(losses.dtype)
        total = Stats({**sums("loss", losses, weights), **group_sums("loss", losses, weights, batch.start)})
        for name, metric in self.metrics.items():
            total.update(_metric_sums(name, metric, outputs, _target(batch.value), batch.size, losses.device))
        return total

    def losses(self, point: Mapping[str, Tensor] | None = None) -> Tensor:
        """Per-example losses at a point (default: where the module stood), shape (n,); without penalty, no gradient."""
        with torch.no_grad(), fixed_rng(0, "forward"):
            prepared = self.prepare(self.point() if point is None else point)
            return torch.cat([self._losses(prepared, batch)[1] for batch in self.data])

    def value(self, point: Mapping[str, Tensor] | None = None, batch: Batch | Raw | None = None) -> Tensor:
        """Mean loss (with the penalty) over one batch or all data, shape (), float64, differentiable in the point.

        Under ``recompute`` the derivative takes the re-estimated statistics as constants.
        """
        prepared = self.prepare(self.point() if point is None else point)
        total = count = torch.zeros((), dtype=torch.float64, device=self.device)
        for item in self.data if batch is None else [batch]:
            item = item if isinstance(item, Batch) else Batch(item, 0, examples(item))
            _, losses, weights = self._losses(prepared, item)
            wide = losses.to(torch.float64)
            total = total + (wide if weights is None else wide * weights.to(torch.float64)).sum()
            count = count + (float(item.size) if weights is None else weights.to(torch.float64).sum())
        return total / count if prepared.penalty is None else total / count + prepared.penalty

    def _losses(self, prepared: Prepared, batch: Batch) -> tuple[Any, Tensor, Tensor | None]:
        if prepared.negative_variance is not None:
            return None, torch.full((batch.size,), torch.nan, device=self.device), None
        outputs = self._call(prepared.tensors, batch.value)
        answer = self.loss(outputs, _target(batch.value))
        losses, weights = answer if isinstance(answer, tuple) else (answer, None)
        if not isinstance(losses, Tensor) or losses.shape != (batch.size,):
            shape = tuple(losses.shape) if isinstance(losses, Tensor) else type(losses).__name__
            hint = "reduction='none'" if shape == () else "the mean over all but the first dimension"
            raise InputError(f"loss {self.loss_name!r} returned {shape} for {batch.size} examples; expected per-example "
                             f"losses of shape ({batch.size},): write {hint}")
        return outputs, losses, weights

    def _call(self, tensors: Params, value: Raw) -> Any:
        batch_mode = self.bn == "batch" and not self.in_training
        if self.in_training:
            self.module.train()
        layers = batchnorm_layers(self.module).values() if batch_mode else ()
        for layer in layers:  # normalized by the batch, and the statistics are not even read
            layer.training, layer.track_running_stats = True, False
        try:
            args, kwargs = _arguments(self.module, value)
            return functional_call(self.module, tensors, args, kwargs)
        finally:
            for layer in layers:
                layer.training, layer.track_running_stats = False, True
            if self.in_training:
                self.module.eval()

    # ---- checks and provenance ---------------------------------------------------------------------------------

    def _try_out(self) -> None:
        """One small forward pass, and all targets: what cannot work is refused now, with the reason."""
        part = next(iter(self.data)).value
        few = _head(part, min(TRIED_EXAMPLES, examples(part)))
        view = replace(self, bn="eval", bn_data=None, penalty=None, in_training=False)
        with torch.no_grad(), fixed_rng(0, "forward"):
            prepared = view.prepare(view.point())
            try:
                outputs = view._call(prepared.tensors, few)
            except Exception as error:
                first = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise InputError(f"the network does not take the first batch ({_shapes(few)}): {first[:200]}") from error
            for batch in self.data:
                check_targets(self.loss_name, outputs, targets_of(batch.value))
            try:
                view._losses(prepared, Batch(few, 0, examples(few)))
            except (RuntimeError, TypeError, IndexError, ValueError) as error:
                if isinstance(error, InputError):
                    raise
                first = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise InputError(f"loss {self.loss_name!r} fails on the first batch: {first[:200]}; expected targets that "
                                 "fit the outputs") from error

    def _check_batches(self) -> Objective:
        data = self.bn_data or self.data
        if self.bn in ("batch", "recompute") and self.has_batchnorm and min(data.sizes) == 1:
            raise InputError(f"under bn={self.bn!r} a batch has a single example, whose variance is undefined; choose a "
                             f"batch size that does not leave one of {data.n_examples} examples over")
        return self

    def spec(self) -> dict[str, Any]:
        """What defines this objective, as plain data: two objectives with equal specs have equal values."""
        by_batch = self.has_batchnorm and self.bn in ("batch", "recompute")
        spec: dict[str, Any] = {
            "network": f"{type(self.module).__name__} {_text_digest(repr(self.module))}",
            "params": digest(self.params), "buffers": digest(self.buffers),
            "dtype": sorted({str(p.dtype) for p in self.params.values()}),
            "loss": self.loss_name + _code_digest(self.loss, self.loss_name),
            "metrics": {name: _code_digest(metric, name) for name, metric in self.metrics.items()},
            "data": self.data.digest(), "n_examples": self.data.n_examples, "bn": self.bn,
            "penalty": self.penalty if not callable(self.penalty) else getattr(self.penalty, "__qualname__", "function"),
        }
        if by_batch:
            spec["batch_size"] = self.data.batch_size
        if by_batch and self.bn == "recompute":
            spec["bn_data"] = (self.bn_data or self.data).digest()
        return spec


def _copy(model: nn.Module) -> nn.Module:
    """A deep copy, also where a layer holds a computed (non-leaf) tensor, as the old weight_norm does."""
    memo: dict[int, Any] = {}
    for module in model.modules():
        for value in vars(module).values():
            if isinstance(value, Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach().clone()
        for name, parameter in [*module._parameters.items(), *module._buffers.items()]:
            if isinstance(parameter, nn.parameter.UninitializedTensorMixin):
                raise InputError(f"parameter {name!r} of a lazy layer has no shape yet; run the model on one batch first")
    return copy.deepcopy(model, memo)


def _device(device: str | torch.device | None, module: nn.Module) -> torch.device:
    if device is None:
        return next((p.device for p in module.parameters()), torch.device("cpu"))
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        where = torch.device(device)
        torch.empty(0, device=where)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device is {str(device)!r}, which torch cannot use here ({str(error).splitlines()[0][:100]}); "
                         "expected 'auto', 'cpu' or 'cuda'") from None
    return where


def _arguments(module: nn.Module, value: Raw) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """How a network is called on a batch: inputs in order, or the entries of a dict that its forward names.

    ``labels`` are left to the loss (a Hugging Face model would compute its own).
    """
    if not isinstance(value, dict):
        if len(value) == 2 and isinstance(value[0], dict):
            return (), value[0]
        return tuple(value[:-1]), {}
    accepted = inspect.signature(module.forward).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values()) and "input_ids" not in accepted:
        return (), {k: v for k, v in value.items() if k != "labels"}
    required = {k for k, p in accepted.items() if p.default is inspect.Parameter.empty}
    return (), {k: v for k, v in value.items() if k in accepted and (k != "labels" or k in required)}


def _target(value: Raw) -> Any:
    return value if isinstance(value, dict) else value[-1]


def _head(value: Any, n: int) -> Any:
    if isinstance(value, Tensor):
        return value[:n]
    if isinstance(value, dict):
        return {k: _head(v, n) for k, v in value.items()}
    return tuple(_head(v, n) for v in value)


def _metric_sums(name: str, metric: Metric, outputs: Any, targets: Any, n: int, device: torch.device) -> Stats:
    """A metric's sums; a metric that fails gives NaN (with a warning): it may never break the loss."""
    try:
        if outputs is None:
            raise ValueError("no outputs")
        values = torch.as_tensor(metric(outputs, targets), device=device).detach().to(torch.float64)
        if values.ndim == 0:
            values = values.expand(n)
        if values.shape != (n,):
            raise ValueError(f"it returned shape {tuple(values.shape)}; expected ({n},) or one number")
    except Exception as error:
        if outputs is not None:
            import warnings

            warnings.warn(f"metric {name!r} failed and is NaN: {type(error).__name__}: {error}", stacklevel=2)
        values = torch.full((n,), torch.nan, dtype=torch.float64, device=device)
    return sums(name, values)


def _shapes(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_shapes(v)}" for k, v in value.items())
    return ", ".join(_shapes(v) for v in value)


def _text_digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _code_digest(fn: Any, name: str) -> str:
    code = getattr(fn, "__code__", None)
    if code is None or name in ("cross_entropy", "mse", "bce", "causal_lm"):
        return ""
    return " " + _text_digest(f"{code.co_code.hex()}{code.co_names}")


