"""Integrations are optional: nothing else imports them, and without its package each says in one line what to install."""

import subprocess
import sys

import pytest

PACKAGES = {"optuna": ("optuna",), "lightning": ("pytorch_lightning", "lightning"), "transformers": ("transformers",),
            "tensorboard": ("tensorboard",), "wandb": ("wandb",)}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_its_package_an_integration_says_what_to_install_and_loads_no_torch():
    hidden = [name for names in PACKAGES.values() for name in names]
    out = python(f"""
import sys
for name in {hidden!r}:
    sys.modules[name] = None
import importlib
for extra in {list(PACKAGES)!r}:
    try:
        importlib.import_module('lossatlas.integrations.' + extra)
        print(extra, 'imported')
    except ImportError as error:
        print(extra, '|', error)
assert 'torch' not in sys.modules
""").splitlines()
    assert len(out) == len(PACKAGES)
    for extra, line in zip(PACKAGES, out, strict=True):
        assert line.startswith(f"{extra} | lossatlas.integrations.{extra} needs {PACKAGES[extra][0]}, which cannot be imported")
        assert line.endswith(f"write pip install 'lossatlas[{extra}]'") and "\n" not in line


def test_lossatlas_imports_no_integration():
    out = python(f"""
import sys, lossatlas as la
dir(la), la.figures.auto, la.open
import lossatlas.cli.app, lossatlas.integrations
packages = {[name for names in PACKAGES.values() for name in names]!r}
print([name for name in sys.modules if name.partition('.')[0] in packages or name.startswith('lossatlas.integrations.')])
""")
    assert out.strip() == "[]"


@pytest.mark.parametrize("extra", PACKAGES)
def test_every_integration_is_an_extra_with_a_lower_bound(extra):
    import tomllib
    from pathlib import Path

    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras[extra] and all(">=" in one for one in extras[extra])
