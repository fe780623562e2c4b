"""Live monitoring as a callback of transformers: ``Trainer(…, callbacks=[LossAtlasCallback(store="run.zarr/a")])``.

The Trainer tells its callbacks of every optimizer step and shows them no batch, so numbers are measured on a few fixed batches of the
training data. The loss is the model's own, per example: of the losses that lossatlas knows the one that equals ``outputs.loss`` on these
batches. Measured is a copy of the model at its own weights in their own precision, without the Trainer's mixed precision around it;
derivatives go through the kernel of attention that has second ones. The model, the loader and the random numbers of training stay as they
are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .batches import first_batches, on, plain
from .extra import check_options, need

if TYPE_CHECKING:
    import transformers
    from torch import Tensor, nn

    from ..losses import LossFunction
    from ..monitor import Monitor
    from ..objective import Objective
else:
    transformers = need("transformers", "transformers")

__all__ = ["LossAtlasCallback", "objective_from"]

#: Relative difference between the model's own loss and ours from which on they are not the same, by bytes of a number.
_APART = {4: 1e-4, 8: 1e-6}


class LossAtlasCallback(transformers.TrainerCallback):
    """Watches training with a :class:`lossatlas.Monitor`, which is ``callback.monitor`` from the start of training on.

    Args:
        objective: what is measured, on the model's device. Default: made of the model and its training data at the start (see
            :func:`objective_from`).
        loss: then its loss, by name or a function of (outputs, batch) per example (default: the model's own).
        batches: then the batches that are measured on: how many of the training data, or a list of them.
        monitor: options of ``la.Monitor``: ``probes``, ``every``, ``budget``, ``store``, ``examples``, ``writers``, ``resume``.

    Raises:
        InputError: an unknown option.
    """

    def __init__(
        self, objective: Objective | None = None, *, loss: str | LossFunction | None = None, batches: int | Sequence[Any] = 1,
        **monitor: Any,
    ) -> None:
        check_options(monitor, "LossAtlasCallback")
        self.monitor: Monitor | None = None
        self._objective, self._loss, self._batches, self._options = objective, loss, batches, monitor

    def on_train_begin(
        self, args: transformers.TrainingArguments, state: transformers.TrainerState, control: transformers.TrainerControl, *,
        model: nn.Module, optimizer: Any, train_dataloader: Any, **kwargs: Any,
    ) -> None:
        """Make the objective and watch the optimizer; the log of a run that resumes from a checkpoint goes on."""
        from ..monitor import Monitor

        if self._objective is None:
            batches = first_batches(train_dataloader, self._batches) if isinstance(self._batches, int) else self._batches
            objective = objective_from(model, batches, loss=self._loss)
        else:
            objective = self._objective
        resumed = state.global_step > 0 and self._options.get("store") is not None
        self.monitor = Monitor(objective, **({"resume": True} if resumed else {}) | self._options)
        examples = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        self.monitor.watch(model, getattr(optimizer, "optimizer", optimizer), batch_size=examples, manual=True, step=state.global_step)

    def on_step_end(
        self, args: transformers.TrainingArguments, state: transformers.TrainerState, control: transformers.TrainerControl, **kwargs: Any,
    ) -> None:
        """An optimizer step was made."""
        if self.monitor is not None:
            self.monitor.observe(state.global_step)

    def on_train_end(
        self, args: transformers.TrainingArguments, state: transformers.TrainerState, control: transformers.TrainerControl, **kwargs: Any,
    ) -> None:
        """The run is over."""
        if self.monitor is not None:
            self.monitor.close()


def objective_from(model: nn.Module, batches: Sequence[Any], *, loss: str | LossFunction | None = None) -> Objective:
    """An objective of a Hugging Face model on batches with labels.

    Args:
        batches: dicts of tensors, as the training loader gives them.
        loss: by name, or a function of (outputs, batch) per example. Default: the model's own, found among cross-entropy of classes, of
            tokens, of next tokens, squared error and binary cross-entropy by its value on the first batch.

    Raises:
        InputError: no labels, or a loss of the model's own that is none of these.
    """
    from ..objective import Objective

    module = _bare(model)
    device = next(module.parameters()).device
    found = [on(device, plain(batch)) for batch in batches]
    return Objective.from_module(module, found, own_loss(module, found[0]) if loss is None else loss)


def own_loss(model: nn.Module, batch: Mapping[str, Tensor]) -> str | LossFunction:
    """The loss per example whose mean is what the model itself returns for a batch with labels.

    Raises:
        InputError: it returns none, or none of ours equals it.
    """
    import torch

    from ..losses import resolve
    from ..network import arguments

    if "labels" not in batch:
        raise InputError(f"a training batch has {', '.join(batch)} and no labels, so that the model has no loss; give the callback "
                         "loss=function of (outputs, batch), or an objective")
    with torch.no_grad():
        outputs = model(**arguments(model, dict(batch))[1], labels=batch["labels"])
        own = getattr(outputs, "loss", None)
        if own is None:
            raise InputError(f"{type(model).__name__} returns no loss for a batch with labels; give the callback loss=function of "
                             "(outputs, batch), or an objective")
        apart, told = _APART.get(own.element_size(), 2e-2), []
        for candidate in ("causal_lm", token_loss, "cross_entropy", squared_error, "bce"):
            name, function = resolve(candidate)  # type: ignore[arg-type]
            try:
                answer = function(outputs, dict(batch))
            except (InputError, RuntimeError, ValueError, IndexError, TypeError):
                continue  # for labels of another shape
            losses, weights = answer if isinstance(answer, tuple) else (answer, torch.ones_like(answer))
            mean = float((losses.double() * weights).sum() / weights.sum())
            if abs(mean - float(own)) <= apart * max(abs(float(own)), 1e-3):
                return candidate
            told.append(f"{name} {mean:.4g}")
    raise InputError(f"the loss that {type(model).__name__} computes itself ({float(own):.4g}) is none that lossatlas knows per example "
                     f"({', '.join(told) or 'none fits its labels'}); give the callback loss=function of (outputs, batch)")


def token_loss(outputs: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Cross-entropy of tokens in their own places (masked language models, tagging): an example is the mean over its counted tokens.

    Logits (n, T, C), labels (n, T), −100 not counted; losses (n,) and weights (n,), the numbers of tokens.
    """
    from ..losses import cross_entropy, logits_of

    logits = logits_of(outputs)
    if logits.ndim != 3:
        raise InputError(f"token_loss: logits have {logits.ndim} dimensions; expected (n, tokens, classes)")
    answer = cross_entropy(logits.transpose(1, 2), batch["labels"])
    assert isinstance(answer, tuple)
    return answer


def squared_error(outputs: Any, batch: Mapping[str, Tensor]) -> Tensor:
    """Squared error of a regression, (n, 1) or (n, k) outputs on labels (n,) or (n, k); losses (n,)."""
    from ..losses import logits_of

    logits, labels = logits_of(outputs), batch["labels"]
    labels = labels.reshape(len(labels), -1)
    if not labels.is_floating_point() or logits.shape != labels.shape:
        raise InputError(f"squared_error: outputs {tuple(logits.shape)} on labels {tuple(labels.shape)} of {labels.dtype}")
    return (logits - labels).square().mean(1)


def _bare(model: nn.Module) -> nn.Module:
    """A copy of the model in eval mode, without what the Trainer wraps around it: parallel wrappers, mixed precision, caches."""
    from accelerate.utils import extract_model_from_parallel

    module = copy.deepcopy(extract_model_from_parallel(model, keep_torch_compile=False)).eval()
    before = vars(module).pop("_original_forward", None)  # accelerate puts mixed precision around forward, and keeps what was there
    if before is not None:
        vars(module).pop("forward", None)
        if getattr(before, "__func__", None) is not type(module).forward:
            module.forward = MethodType(getattr(before, "__func__", before), module)  # type: ignore[method-assign]
    if getattr(module, "config", None) is not None:
        module.config.use_cache = False
    return module
