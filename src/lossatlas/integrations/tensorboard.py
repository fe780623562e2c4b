"""A monitor's numbers in TensorBoard: ``la.Monitor(objective, writers=[TensorBoardWriter("runs/a")])``.

Numbers are scalars under ``lossatlas/``, events are text, and results are images (:meth:`TensorBoardWriter.result`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .extra import need

if TYPE_CHECKING:
    import xarray as xr

    from ..figures import Figure

need("tensorboard", "tensorboard")

__all__ = ["TensorBoardWriter"]


class TensorBoardWriter:
    """Writes records and events of a monitor (:class:`lossatlas.monitor.Writer`) for TensorBoard.

    Args:
        to: the folder of the run, or a ``SummaryWriter`` (that of Lightning's logger is ``logger.experiment``), which stays open.
        prefix: of every tag.
    """

    def __init__(self, to: str | Path | Any, *, prefix: str = "lossatlas/") -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._owns = isinstance(to, str | Path)
        self.writer = SummaryWriter(str(to)) if self._owns else to
        self.prefix = prefix

    def __call__(self, step: int, values: Mapping[str, float]) -> None:
        """The numbers of a step, each a scalar; NaN stays NaN."""
        for name, value in values.items():
            self.writer.add_scalar(self.prefix + name, float(value), step)

    def event(self, step: int, event: str, text: str) -> None:
        """An event as text at its step."""
        self.writer.add_text(f"{self.prefix}events", f"{event}: {text}", step)

    def figure(self, name: str, figure: Figure, step: int | None = None) -> None:
        """A figure of ``la.figures`` as an image."""
        from ..render import mpl

        self.writer.add_figure(self.prefix + name, mpl.draw(figure), step, close=False)

    def result(self, name: str, ds: xr.Dataset, step: int | None = None) -> None:
        """A result, drawn as its kind is drawn: ``writer.result("landscape", la.sweep(…), step)``."""
        from ..figures import auto

        self.figure(name, auto(ds), step)

    def close(self) -> None:
        """Everything is on disk; a writer that was given stays open."""
        self.writer.flush()
        if self._owns:
            self.writer.close()
