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

import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .data import Batch, Batches, Raw, examples, targets_of
from .errors import InputError
from .identity import code_digest, describe
from .layout import Layout, batchnorm_layers, layout_of, normalizes_by_batch
from .losses import NAMED, LossFunction, Metric, Penalty, check_penalty, checked_metrics, penalty_at, per_example, resolve
from .names import Autocast, BatchNormPolicy, Corruption, LossName, choose
from .network import Slots, arguments, cast, copied, copy_of, device_of, differentiable_statistics, first_names, own_hooks, reestimated
from .numerics.stats import Stats, class_sums, group_sums, metric_sums, metric_values, sums
from .params import Params, check_point, digest, is_running_statistic, kept
from .seeds import fixed_rng
from .trial import tried, with_whole_batches

if TYPE_CHECKING:
    from .execution.forward import Forward

#: How mini-batches are changed at random: (inputs (n, …), generator) -> inputs (n, …); of a batch that is not (x, y), the whole of it.
Augment = Callable[[Any, torch.Generator], Any]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A point ready to be evaluated on batches: every tensor the network needs, and what holds for all batches.

    With a ``forward`` of its own, ``tensors`` are what that made of the point.
    """

    tensors: Any
    penalty: Tensor | None = None
    negative_variance: str | None = None  # the BatchNorm layer whose variance is negative here: no value exists
    forward: Forward | None = None


@dataclass(frozen=True, eq=False)
class Objective:
    """Network + loss + data + policies; made by :meth:`from_module`. Frozen: the ``with_…`` methods return views.

    Attributes:
        params: the parameters where the module stood, detached, tied ones once.
        buffers: its buffers.
        layout: per parameter the filter axis, groups and normalization rule.
        data: the :class:`~lossatlas.data.Batches`.
        bn: the BatchNorm policy.
        source: how a command line names the objective (``file.py:name``), for provenance.
        network: name and digest of the network's structure, code and plain attributes.
        writes_batches: network or loss change the batch in place, so every evaluation gets a copy of it.
        writes_weights: the forward pass changes parameters in place (an Embedding with max_norm), so it gets copies.
        forward: how the network is called (None: plainly); an execution choice that a plan makes, and no part of the definition.
    """

    module: nn.Module = field(repr=False)
    slots: Slots = field(repr=False)
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
    augment: Augment | None = field(default=None, repr=False)
    autocast: Autocast | None = None
    source: str | None = None
    network: str = ""
    writes_batches: bool = False
    writes_weights: bool = False
    forward: Forward | None = field(default=None, repr=False)

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
            model: any ``nn.Module``; it is copied, and changing it later does not change the objective. Its forward hooks are part of
                the function and run on every batch, with a warning: remove those that only look.
            data: tensors ``(x, y)``, a Dataset, a DataLoader, a list of batches, dict batches, or
                :class:`~lossatlas.data.Batches`. Floating-point data take the network's dtype.
            loss: ``cross_entropy``, ``mse``, ``bce``, ``causal_lm``, or a function: ``loss(outputs, targets)`` for
                tuple batches, ``loss(outputs, batch)`` for dicts, returning losses (n,) or (losses, weights).
            metrics: name -> ``metric(outputs, targets)`` with values (n,) or one mean; never a condition of the loss.
            bn: BatchNorm policy, see the module.
            penalty: a number λ adds ½·λ·‖θ‖² over all parameters; or a function of the point.
            device: None keeps the module's; ``"auto"`` takes a GPU where there is one.
            dtype: None keeps the module's. Half precision networks are evaluated in their own dtype, at points that are
                float32 (see :mod:`lossatlas.params`). Complex weights take the complex dtype of the same precision.
            batch_size: examples per batch; None keeps a loader's own batches and means 128 otherwise.
            layout: ``{name or glob: axis}``, filter axes that the layer does not tell; also None (one filter), ``"zero"``
                (never moved), ``"heads"`` or ``"heads:12"`` (:meth:`lossatlas.layout.Layout.override`).

        Raises:
            InputError: empty data, targets out of range, a loss that is not per example, NaN weights, a network that
                does not take the batches, an unknown option.
        """
        if not isinstance(model, nn.Module):
            raise InputError(f"model is a {type(model).__name__}; expected a torch.nn.Module")
        loss_name, loss_fn = resolve(loss)
        choose(bn, BatchNormPolicy, "bn")
        check_penalty(penalty)
        if dtype is not None and not (isinstance(dtype, torch.dtype) and (dtype.is_floating_point or dtype.is_complex)):
            raise InputError(f"dtype is {dtype!r}; expected a floating-point torch dtype such as torch.float64")
        module = copy_of(model)
        if hooked := own_hooks(module):
            some = f"{', '.join(hooked[:4])}{', …' if len(hooked) > 4 else ''}"
            warnings.warn(f"forward hooks of {some} are part of the function and run on every batch; remove those that only look before "
                          "you make the objective", stacklevel=2)
        where = device_of(device, module)
        rules = layout_of(module, override=layout)
        module = cast(module.to(device=where), dtype).eval().requires_grad_(False)
        params = {name: p.detach() for name, p in module.named_parameters()}
        if not params:
            raise InputError(f"{type(model).__name__} has no parameters; expected a network with weights")
        check_point(params, what=f"the {type(model).__name__}")
        dtypes = {p.dtype for p in params.values() if p.is_floating_point()}
        batches = Batches.of(data, batch_size=batch_size).to(where, dtypes.pop() if len(dtypes) == 1 else None)
        objective = cls(module, Slots(module), loss_fn, loss_name, batches, params, dict(module.named_buffers()),
                        rules, checked_metrics(metrics or {}), "eval", None, penalty, network=describe(module))
        return tried(objective).with_bn(bn)

    # ---- views -------------------------------------------------------------------------------------------------

    def with_data(self, data: Any, *, batch_size: int | None = None) -> Objective:
        """The same network, loss and policies on other data (or the same data in other batches)."""
        batches = Batches.of(data, batch_size=batch_size)
        dtypes = {p.dtype for p in self.params.values() if p.is_floating_point()}
        return with_whole_batches(tried(replace(self, data=batches.to(self.device, dtypes.pop() if len(dtypes) == 1 else None))))

    def with_bn(self, bn: BatchNormPolicy, *, data: Batches | None = None) -> Objective:
        """The same objective under another BatchNorm policy.

        Args:
            data: what ``recompute`` re-estimates the statistics on (default: the objective's own data; for a test
                objective, the training data).
        """
        choose(bn, BatchNormPolicy, "bn")
        return with_whole_batches(replace(self, bn=bn, bn_data=data if bn == "recompute" else None))

    def with_metrics(self, metrics: Mapping[str, Metric]) -> Objective:
        """The same objective with these metrics."""
        return replace(self, metrics=checked_metrics(metrics))

    def with_source(self, source: str) -> Objective:
        """The same objective under the name that a command line gives it."""
        return replace(self, source=source)

    def training(self, augment: Augment | None = None, *, autocast: Autocast | None = None) -> Objective:
        """The view that an optimizer trains: every layer in train mode, statistics in the point updated in place.

        Args:
            augment: ``augment(inputs, generator)``, how mini-batches are changed at random: inputs (n, …) (of a batch that is not
                (x, y), the whole batch) and a CPU generator that seed and step fix.
            autocast: ``bf16``: network and loss in mixed precision; the weights stay as they are.

        Raises:
            InputError: an augmentation that is no function, a precision that the device does not have.
        """
        if augment is not None and not callable(augment):
            raise InputError(f"augment is a {type(augment).__name__}; expected a function of (inputs, generator), or None")
        if autocast is not None:
            choose(autocast, Autocast, "autocast")
            if self.device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
                raise InputError(f"autocast is 'bf16', which {torch.cuda.get_device_name(self.device)} does not have; write autocast=None")
        return replace(self, bn="batch", bn_data=None, in_training=True, forward=None, augment=augment, autocast=autocast)

    def augmented(self, batch: Batch, generator: torch.Generator) -> Batch:
        """A mini-batch as the training view sees it: changed at random, where that view has an augmentation."""
        if self.augment is None:
            return batch
        value = batch.value
        pair = isinstance(value, tuple) and len(value) == 2
        changed = self.augment(value[0] if pair else value, generator)
        found = examples((changed,) if pair else changed)
        if found != batch.size:
            raise InputError(f"the augmentation gave {found} examples for {batch.size}; expected one for each")
        return replace(batch, value=(changed, value[1]) if pair else changed)

    def poison(self, pool: Any, beta: float = 0.35) -> Objective:
        """The objective of bad minima (Huang et al. 2020): cross-entropy here, −log(1 − p_y) on a held-out pool, a share β of every batch.

        Metrics are left out: those of the objective itself are meant for its own data.
        """
        from .poisoning import poisoned

        return poisoned(self, pool, beta)

    def corrupt(self, kind: Corruption, share: float = 1.0, *, seed: int = 0) -> Objective:
        """The same objective on data that can only be memorized (Zhang et al. 2017), drawn once and fixed over all epochs.

        Args:
            kind: ``random_labels`` (drawn anew, uniformly over the classes of the data: of a share p over C classes about p·(1 − 1/C)
                differ from the truth), ``shuffled_pixels`` (one permutation for all images, the same for training and test data),
                ``random_pixels`` (one for every image), ``gaussian`` (inputs with the mean and variance of the data, per channel).
            share: of the examples that are corrupted; those of a smaller share are among those of a larger one.
            seed: of all that is drawn.

        Loss, metrics and policies stay. What was done is said in every result (``attrs["corrupted"]``).

        Raises:
            InputError: an unknown kind, a share outside 0 to 1, targets that are not one class an example, inputs without pixels.
        """
        from .corrupting import corrupted

        return corrupted(self, kind, share, seed)

    def to(self, device: str | torch.device) -> Objective:
        """The same objective on another device (``"auto"``: a GPU where there is one)."""
        where = device_of(device, self.module)
        module = copy_of(self.module).to(where)
        return replace(self, module=module, slots=Slots(module), params={n: p.detach() for n, p in module.named_parameters()},
                       buffers=dict(module.named_buffers()), data=self.data.to(where),
                       bn_data=self.bn_data.to(where) if self.bn_data else None, forward=None)

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

        Float buffers that it lacks (a checkpoint has no non-persistent ones) are the network's own, but for running statistics.
        A point of a half precision network keeps float32 where it comes with more precision than the network has.

        Raises:
            InputError: not finite, or of another architecture: the names and shapes that differ.
        """
        own = self.point()
        if not isinstance(point, Mapping):
            check_point(point, what=what)
        known = first_names(self.module, point, what)
        check_point(known, what=what, like={n: t for n, t in own.items() if n in self.params or n in known})
        return {n: known[n].detach().to(self.device, kept(known[n].dtype, own[n].dtype)) for n in own if n in known} | {
            n: own[n] for n in own if n not in known and not is_running_statistic(n)}

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
        buffers = {n: b.clone() for n, b in self.buffers.items()}  # a forward pass may write to them: never to ours or the point's
        own = {**buffers, **self.params}
        tensors = {n: t.to(own[n].device, own[n].dtype) for n, t in point.items() if n in own}
        if not self.in_training:
            tensors |= {n: t.clone() for n, t in tensors.items() if n in buffers or self.writes_weights}
        if self.bn == "interpolate":
            tensors = differentiable_statistics(self.module, {**buffers, **tensors})
        negative = self.negative_variance(point) if self.bn in ("eval", "interpolate") else None
        prepared = Prepared({**buffers, **tensors}, self._penalty(point), negative)
        prepared = self._recomputed(prepared) if self.bn == "recompute" else prepared
        if self.forward is None:
            return prepared
        return replace(prepared, tensors=self.forward.ready(prepared.tensors), forward=self.forward)

    def _penalty(self, point: Mapping[str, Tensor]) -> Tensor | None:
        return None if self.penalty is None else penalty_at(self.penalty, {n: point[n] for n in self.params})

    def _recomputed(self, prepared: Prepared) -> Prepared:
        def run(tensors: Params, batch: Batch) -> None:
            with torch.no_grad():
                self._call(tensors, self._own(batch.value))

        return replace(prepared, tensors=reestimated(self.module, prepared.tensors, self.bn_data or self.data, run))

    # ---- values ------------------------------------------------------------------------------------------------

    def stats(self, point: Mapping[str, Tensor] | Prepared, batch: Batch | Raw, *, classes: int | None = None) -> Stats:
        """Sums over one batch: of losses, their squares and weights, per group of examples, and of every metric.

        With ``classes``, targets must be classes, one an example; then also the sums of ``class_loss`` and every
        ``class_<metric>`` within each of so many classes.
        """
        prepared = self.prepare(point)
        batch = batch if isinstance(batch, Batch) else Batch(batch, 0, examples(batch))
        outputs, losses, weights = self._losses(prepared, batch)
        total = Stats({**sums("loss", losses, weights), **group_sums("loss", losses, weights, batch.start)})
        if prepared.penalty is not None:  # kept apart, so that a large penalty does not drown the spread over examples
            total |= {"penalty:wv": prepared.penalty.detach() * total["loss:w"], "penalty:w": total["loss:w"]}
        labels = targets_of(batch.value) if classes else None
        if classes:
            total |= class_sums("class_loss", losses, weights, labels, classes)
        for name, metric in self.metrics.items():
            values, weights, each = metric_values(name, metric, outputs, _target(batch.value), batch.size, losses.device)
            total |= metric_sums(name, values, weights, each)
            if classes:
                total |= class_sums(f"class_{name}", values if each else torch.full_like(values, torch.nan), weights, labels, classes)
        return total

    def losses(self, point: Mapping[str, Tensor] | None = None) -> Tensor:
        """Per-example losses at a point (default: where the module stood), shape (n,); without penalty, no gradient."""
        with torch.no_grad(), fixed_rng(0, "forward"):
            prepared = self.prepare(self.point() if point is None else point)
            return torch.cat([self._losses(prepared, batch)[1] for batch in self.data])

    def value(self, point: Mapping[str, Tensor] | None = None, batch: Batch | Raw | None = None) -> Tensor:
        """Mean loss (with the penalty) over one batch or all data, shape (), float64, differentiable in the point.

        Under ``recompute`` the derivative takes the re-estimated statistics as constants. What the network draws at random
        is the same at every call, but for :meth:`training`.
        """
        with nullcontext() if self.in_training else fixed_rng(0, "forward"):
            return self._value(point, batch)

    def _value(self, point: Mapping[str, Tensor] | None, batch: Batch | Raw | None) -> Tensor:
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
        value = self._own(batch.value)
        with nullcontext() if self.autocast is None else torch.autocast(self.device.type, torch.bfloat16):
            outputs = self._call(prepared.tensors, value, prepared.forward)
            if self.autocast is not None and isinstance(outputs, Tensor):
                outputs = outputs.float()  # else the loss has three digits
            losses, weights = per_example(self.loss_name, self.loss(outputs, _target(value)), batch.size)
        return outputs, losses, weights

    def _own(self, value: Raw) -> Raw:
        return copied(value) if self.writes_batches else value

    def _call(self, tensors: Any, value: Raw, forward: Forward | None = None) -> Any:
        batch_mode = self.bn == "batch" and not self.in_training
        if self.in_training:
            self.module.train()
        layers = batchnorm_layers(self.module).values() if batch_mode else ()
        for layer in layers:  # normalized by the batch, and the statistics are not even read
            layer.training, layer.track_running_stats = True, False
        try:
            if forward is not None:
                return forward(tensors, value)
            args, kwargs = arguments(self.module, value)
            with self.slots.holding(tensors):
                return self.module(*args, **kwargs)
        finally:
            for layer in layers:
                layer.training, layer.track_running_stats = False, True
            if self.in_training:
                self.module.eval()

    # ---- provenance -------- ---------------------------------------------------------------------------------

    def spec(self) -> dict[str, Any]:
        """What defines this objective, as plain data: two objectives with equal specs have equal values."""
        by_batch = (self.has_batchnorm and self.bn in ("batch", "recompute")) or normalizes_by_batch(self.module)
        spec: dict[str, Any] = {
            "network": self.network,
            "params": digest(self.params), "buffers": digest(self.buffers),
            "dtype": sorted({str(p.dtype) for p in self.params.values()}),
            "loss": self.loss_name if self.loss_name in NAMED else f"{self.loss_name} {code_digest(self.loss)}",
            "metrics": {name: code_digest(metric) for name, metric in self.metrics.items()},
            "data": self.data.digest(), "n_examples": self.data.n_examples, "bn": self.bn,
            "penalty": code_digest(self.penalty) if callable(self.penalty) else self.penalty,
        }
        if by_batch:
            spec["batch_size"] = self.data.batch_size
        if by_batch and self.bn == "recompute":
            source = self.bn_data or self.data
            spec |= {"bn_data": source.digest(), "bn_batch_size": source.batch_size}
        return spec


def _target(value: Raw) -> Any:
    return value if isinstance(value, dict) else value[-1]
