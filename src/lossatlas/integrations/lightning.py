"""Live monitoring as a callback of Lightning: ``Trainer(callbacks=[LossAtlasCallback(loss="cross_entropy", store="run.zarr/a")])``.

A step of the monitor is a training batch after which the optimizers stepped: of one optimizer what Lightning counts itself, whatever
accumulates, scales or clips gradients, and whether or not the module optimizes by hand. Numbers are measured on a few fixed batches of the
training data, at the module's own weights in their own precision (automatic mixed precision changes what training computes, not what is
measured), on a copy of the network: the module, the data loader and the random numbers of training stay as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .batches import first_batches, on, plain
from .extra import check_options, need

if TYPE_CHECKING:
    import pytorch_lightning as pl
    from torch import Tensor

    from ..losses import LossFunction
    from ..monitor import Monitor
    from ..objective import Objective


def _package() -> Any:
    """The package that the user has: two names of one library, whose trainers take callbacks of their own."""
    first = "lightning.pytorch" if sys.modules.get("lightning.pytorch") else "pytorch_lightning"
    try:
        return import_module(first)
    except ImportError:
        if sys.modules.get("lightning", True) is not None:
            try:
                return import_module("lightning.pytorch")
            except ImportError:
                pass
        return need("pytorch_lightning", "lightning")


if not TYPE_CHECKING:
    pl = _package()

__all__ = ["LossAtlasCallback", "objective_from"]


class LossAtlasCallback(pl.Callback):
    """Watches training with a :class:`lossatlas.Monitor`, which is ``callback.monitor`` from the start of training on.

    Args:
        objective: what is measured; its network is the module, or the part of it that ``network`` names. Default: made of the module and
            its training data at the start (see :func:`objective_from`).
        loss: then its loss, by name or a function of (outputs, targets) per example, for Lightning does not tell it from the rest of
            ``training_step``.
        batches: then the batches that are measured on: how many of the training data, or a list of them.
        network: the name of the submodule that maps a batch to outputs, where that is not the module itself (``"model"``).
        optimizer: which of several optimizers the learning rate, the temperature and the stability threshold are of.
        monitor: options of ``la.Monitor``: ``probes``, ``every``, ``budget``, ``store``, ``examples``, ``writers``, ``resume``.

    The fixed batches travel in Lightning's checkpoints, so that a run that is resumed is measured on the same ones; with a ``store`` its
    log then goes on where it was.

    Raises:
        InputError: neither an objective nor a loss, or an unknown option.
    """

    def __init__(
        self, objective: Objective | None = None, *, loss: str | LossFunction | None = None, batches: int | Sequence[Any] = 1,
        network: str = "", optimizer: int = 0, **monitor: Any,
    ) -> None:
        if objective is None and loss is None:
            raise InputError("LossAtlasCallback got neither an objective nor a loss; expected one of them: "
                             "LossAtlasCallback(loss='cross_entropy')")
        check_options(monitor, "LossAtlasCallback")
        self.monitor: Monitor | None = None
        self._objective, self._loss, self._network, self._optimizer = objective, loss, network, optimizer
        self._batches, self._options = batches, monitor
        self._step = 0  # training batches after which optimizers had stepped
        self._seen = 0  # Lightning's count of steps, which counts those of all optimizers
        self._losses: list[Tensor] = []  # of the micro-batches since the last step

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make the objective and watch the optimizer; a second call of ``fit`` is a monitor of its own."""
        from ..monitor import Monitor

        if not 0 <= self._optimizer < len(trainer.optimizers):
            raise InputError(f"optimizer is {self._optimizer}; expected the number of one of {len(trainer.optimizers)} optimizers")
        if self._objective is None and isinstance(self._batches, int):
            self._batches = _own_batches(trainer, self._batches)
        objective = self._objective or objective_from(trainer, pl_module, self._loss, batches=self._batches, network=self._network)
        objective = objective if objective.device == pl_module.device else objective.to(pl_module.device)
        self._seen, self._losses = trainer.global_step, []
        self._step = (self._step or self._seen) if self._seen else 0
        self.monitor = Monitor(objective, **self._options)
        self.monitor.watch(pl_module.get_submodule(self._network), trainer.optimizers[self._optimizer], manual=True, step=self._step,
                           batch_size=_examples_per_step(trainer))

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Where this batch completed an optimizer step, tell the monitor, with the loss of the step."""
        import torch

        if self.monitor is None:
            return
        if (loss := _loss_of(outputs)) is not None:
            self._losses.append(loss)
        if trainer.global_step != self._seen:
            self._seen, self._step = trainer.global_step, self._step + 1
            losses, self._losses = self._losses, []
            total = torch.stack(losses).sum() if losses else None  # Lightning has divided each by the number of micro-batches
            by_hand = total is not None and not pl_module.automatic_optimization
            self.monitor.observe(self._step, loss=total / len(losses) if by_hand else total)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The run is over."""
        if self.monitor is not None:
            self.monitor.close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """The run stopped, and why."""
        if self.monitor is not None:
            self.monitor.close(exception)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs: the batches that are measured on."""
        import torch

        own = self._objective is None and not isinstance(self._batches, int)
        return {"step": self._step, **({"batches": [on(torch.device("cpu"), batch) for batch in self._batches]} if own else {})}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Measure on the same batches as before, and let the log go on."""
        self._step = int(state_dict["step"])
        if "batches" in state_dict:
            self._batches = list(state_dict["batches"])
        if self._options.get("store") is not None:
            self._options = {"resume": True, **self._options}


def objective_from(
    trainer: pl.Trainer, module: pl.LightningModule, loss: str | LossFunction | None, *, batches: int | Sequence[Any] = 1,
    network: str = "",
) -> Objective:
    """An objective of a Lightning module in training, on fixed batches of its training data, which are not disturbed.

    Hooks that change a batch on its way to the device are not run.

    Args:
        loss: by name, or a function of (outputs, targets) per example.
        batches: how many of the training data, or a list of them.
        network: the name of the submodule that maps a batch to outputs, if it is not the module.

    Raises:
        InputError: training data that cannot be read twice, a network that does not take the batches, a loss that does not fit.
    """
    from ..objective import Objective

    found = _own_batches(trainer, batches) if isinstance(batches, int) else [plain(batch) for batch in batches]
    model = module.get_submodule(network)
    return Objective.from_module(model, [on(module.device, batch) for batch in found], loss)  # type: ignore[arg-type]


def _own_batches(trainer: pl.Trainer, count: int) -> list[Any]:
    return [plain(batch) for batch in first_batches(trainer.train_dataloader, count)]


def _examples_per_step(trainer: pl.Trainer) -> int | None:
    """Examples of an optimizer step, over micro-batches and processes; None where the loader does not say."""
    size = getattr(trainer.train_dataloader, "batch_size", None)
    return None if size is None else int(size) * int(trainer.accumulate_grad_batches) * int(trainer.world_size)


def _loss_of(outputs: Any) -> Tensor | None:
    """The loss in what ``training_step`` returned."""
    found = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
    return found.detach() if hasattr(found, "detach") and found.ndim == 0 else None
