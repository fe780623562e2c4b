"""A monitor's numbers in Weights & Biases: ``la.Monitor(objective, writers=[WandbWriter(run)])``, online or offline.

Numbers stand under ``lossatlas/`` over a step of their own, ``lossatlas/step``, so that they go beside whatever else the run logs. Events
are a table; results are images, and the interactive page of a store (:meth:`WandbWriter.page`) is shown in the run and kept as an artifact.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..names import choose
from .extra import need

if TYPE_CHECKING:
    import wandb
    import xarray as xr

    from ..figures import Figure
else:
    wandb = need("wandb", "wandb")

__all__ = ["WandbWriter"]

#: Events that W&B tells a person of, where alerts are on.
ALERTS = ("not finite", "unstable", "spike", "stopped")


class WandbWriter:
    """Writes records and events of a monitor (:class:`lossatlas.monitor.Writer`) to a run of Weights & Biases, which stays open.

    Args:
        run: of ``wandb.init`` (default: the one that is active).
        prefix: of every name.
        steps: ``"own"``: over ``<prefix>step``; ``"run"``: over the run's own step, for loops that log with ``run.log(…, step=step)``,
            whose numbers would be refused if the monitor's moved the run's step on.
        alerts: also send W&B's alerts of what is not finite, unstable, a spike or the end by an error.

    Raises:
        InputError: no run is active.
    """

    def __init__(self, run: Any = None, *, prefix: str = "lossatlas/", steps: Literal["own", "run"] = "own", alerts: bool = False) -> None:
        self.run = wandb.run if run is None else run
        if self.run is None:
            raise InputError("WandbWriter got no run and none is active; expected wandb.init(…) before")
        self.prefix, self.steps, self.alerts = prefix, choose(steps, ("own", "run"), "steps"), alerts
        self._events: list[tuple[int, str, str]] = []
        if steps == "own":
            self.run.define_metric(f"{prefix}step", hidden=True)
            self.run.define_metric(f"{prefix}*", step_metric=f"{prefix}step")

    def __call__(self, step: int, values: Mapping[str, float]) -> None:
        """The numbers of a step; NaN stays NaN."""
        self._log({name: float(value) for name, value in values.items()}, step)

    def event(self, step: int, event: str, text: str) -> None:
        """An event: a row of the table that :meth:`close` writes, and the last one in the summary at once."""
        self._events.append((int(step), event, text))
        self.run.summary[f"{self.prefix}last_event"] = f"step {step}: {event}: {text}"
        if self.alerts and event in ALERTS:
            self.run.alert(title=f"{event} at step {step}", text=text)

    def figure(self, name: str, figure: Figure, step: int | None = None) -> None:
        """A figure of ``la.figures`` as an image."""
        from PIL import Image

        from ..render import mpl

        with Image.open(io.BytesIO(mpl.to_bytes(figure, "png"))) as picture:
            self._log({name: wandb.Image(picture, caption=figure.title)}, step)

    def result(self, name: str, ds: xr.Dataset, step: int | None = None) -> None:
        """A result, drawn as its kind is drawn: ``writer.result("landscape", la.sweep(…), step)``."""
        from ..figures import auto

        self.figure(name, auto(ds), step)

    def page(self, results: Any, name: str = "atlas") -> None:
        """An interactive page, shown in the run and kept as an artifact: one HTML file that opens anywhere.

        Args:
            results: whatever ``la.view`` takes (a result, the path of a store or group, several of them), what it returned, or the file of
                a page that is there already (``lossatlas export runs.zarr --to page.html``).

        Raises:
            InputError: no such file, or nothing that can be drawn.
            LossAtlasError: the client is not built.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "page.html")
            path.write_text(_html_of(results), encoding="utf-8")
            self._log({name: wandb.Html(path.read_text(encoding="utf-8"), inject=False)}, None)
            artifact = wandb.Artifact(re.sub(r"[^\w.-]", "-", f"{self.run.id}-{name}"), type="landscape", description="interactive page")
            artifact.add_file(str(path), name="page.html")
            self.run.log_artifact(artifact)

    def close(self) -> None:
        """Write the table of events; the run stays open."""
        if self._events:
            self._log({"events": wandb.Table(columns=["step", "event", "text"], data=[list(row) for row in self._events])}, None)

    def _log(self, values: Mapping[str, Any], step: int | None) -> None:
        named = {self.prefix + name: value for name, value in values.items()}
        if step is None:
            self.run.log(named)
        elif self.steps == "run":
            self.run.log(named, step=step)
        else:
            self.run.log(named | {f"{self.prefix}step": step})


def _html_of(results: Any) -> str:
    """The page as text."""
    if isinstance(results, str | Path) and str(results).lower().endswith((".html", ".htm")):
        if not Path(results).is_file():
            raise InputError(f"there is no page {str(results)!r}; make it first: lossatlas export STORE --to {Path(results).name}")
        return Path(results).read_text(encoding="utf-8")
    from ..viewer.showing import View, view

    return (results if isinstance(results, View) else view(results)).page
