"""What every test shares: one thread, and ``oracles`` and ``cases`` importable by name."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import torch
from hypothesis import settings

torch.set_num_threads(1)

settings.register_profile("ci", derandomize=True)  # CI repeats the same examples; at home they differ from run to run
if os.environ.get("CI"):
    settings.load_profile("ci")
