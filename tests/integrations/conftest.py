"""A small objective; ``integrated`` importable by name."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def objective():
    """A small network on separable data."""
    from integrated import make

    return make()
