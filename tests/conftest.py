"""What every test shares: one thread, and ``oracles`` and ``cases`` importable by name."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)

settings.register_profile("ci", derandomize=True)  # CI repeats the same examples; at home they differ from run to run
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture
def preloaded_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of ``la.Local`` begin where torch is imported already; see preloaded.py."""
    import preloaded

    from lossatlas.run import supervise

    real = supervise.multiprocessing.get_context
    monkeypatch.setattr(supervise.multiprocessing, "get_context",
                        lambda method=None: preloaded.workers() if method == "spawn" else real(method))
