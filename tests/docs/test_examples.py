"""Every example runs and draws its pictures."""

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if not path.name.startswith("_"))
#: What would take a minute, with less of it.
ARGUMENTS = {"four_minima": ["--minima", "2", "--steps", "6", "--points", "3"], "optuna_flatness": ["--trials", "3"]}
#: What takes a package that may not be here.
NEEDS = {"optuna_flatness": "optuna"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example(script, tmp_path, monkeypatch):
    if script.stem in NEEDS:
        pytest.importorskip(NEEDS[script.stem], reason="pip install --no-deps -r requirements/integrations.txt (make test does it)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setattr(sys, "argv", [str(script), *ARGUMENTS.get(script.stem, [])])
    runpy.run_path(str(script), run_name="__main__")
    sys.modules.pop("_digits", None)
    pictures = list(tmp_path.glob("*.png"))
    assert pictures, f"{script.name} drew nothing"
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
