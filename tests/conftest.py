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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under xdist a file stays with one process, which shares its fixtures, and so do the fuzz tests, which count together."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            item.add_marker(pytest.mark.xdist_group("fuzz" if "fuzz" in item.path.parts else str(item.path)))
