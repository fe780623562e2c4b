"""The other libraries, where they are here; ``crossed`` importable by name."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

WITHOUT = "the other libraries are not here: pip install --no-deps -r requirements/cross.txt (make test does it)"


@pytest.fixture(scope="session")
def curvlinops():
    return pytest.importorskip("curvlinops", reason=WITHOUT)


@pytest.fixture(scope="session")
def eigenthings():
    return pytest.importorskip("hessian_eigenthings", reason=WITHOUT)
