"""Training runs on disk: a Recorder writes them, ``open_run`` reads them."""

from .recorder import Recorder
from .run import Run, open_run

__all__ = ["Recorder", "Run", "open_run"]
