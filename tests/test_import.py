"""What must be quick is quick: no torch in ``import lossatlas``, ``--help``, ``info`` and ``plot``."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import lossatlas as la

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
HEAVY = ("torch", "safetensors", "sklearn", "scipy")


def python(code: str, folder: Path | None = None) -> tuple[float, str]:
    """Seconds of processor time (what the wall clock shows where nobody else computes on the machine), and the output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, cwd=folder, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode == 0, done.stderr
    return seconds, done.stdout


def command(*arguments: str) -> str:
    """Code that runs a command and then says which heavy modules it loaded."""
    return (f"import sys; from lossatlas.cli import run; code = run({list(arguments)!r}); assert code == 0, code\n"
            f"print('loaded:', [m for m in {(*HEAVY, 'matplotlib', 'xarray', 'zarr', 'numpy')!r} if m in sys.modules])")


def loaded(out: str) -> set[str]:
    return set(eval(out.rsplit("loaded:", 1)[1]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    folder = tmp_path_factory.mktemp("store")
    net, data = torch.nn.Linear(3, 2), (torch.randn(9, 3), torch.randint(2, (9,)))
    objective = la.Objective.from_module(net, data, "cross_entropy")
    la.sweep(la.probes.loss(objective), la.random_slice(objective), {"alpha": la.axis(-1, 1, 51), "beta": la.axis(-1, 1, 51)},
             store=folder / "r.zarr/a")
    return folder


def test_import_loads_nothing_heavy_and_names_load_alone():
    _, out = python("import sys, lossatlas as la\n"
                    f"heavy = {(*HEAVY, 'numpy', 'xarray', 'zarr', 'matplotlib', 'rich', 'cyclopts')!r}\n"
                    "assert not [m for m in heavy if m in sys.modules], [m for m in heavy if m in sys.modules]\n"
                    "dir(la), la.__version__, la.__all__\n"
                    "la.axis(-1, 1, 3), la.InputError, la.SpecMismatch\n"
                    "assert 'torch' not in sys.modules and 'xarray' not in sys.modules\n"
                    "la.open, la.figures.slice\n"
                    "assert 'torch' not in sys.modules, 'figures or open load torch'\n"
                    "la.progress\n"
                    "print('rest', 'torch' in sys.modules)")
    assert "rest" in out


def test_every_public_name_loads_and_an_unknown_one_is_suggested():
    for name in la.__all__:
        assert getattr(la, name) is not None and name in dir(la)
    with pytest.raises(AttributeError, match="lossatlas has no 'sweeep'; did you mean 'sweep'"):
        la.sweeep  # noqa: B018
    assert not hasattr(la, "__wrapped__"), "tools that look for dunder names must not be led astray"


@pytest.mark.parametrize(("arguments", "limit", "may_load"), [
    (("--help",), 0.5, set()), (("slice", "--help"), 0.5, set()), (("--version",), 0.5, set()),
    (("info", "r.zarr"), 1.0, {"zarr", "numpy"}),
    (("plot", "r.zarr/a", "--as", "surface", "-o", "a.png"), 3.0, {"xarray", "zarr", "numpy", "matplotlib"}),
    (("plot", "r.zarr/a", "-o", "a.svg"), 3.0, {"xarray", "zarr", "numpy", "matplotlib"})])
def test_quick_commands(store: Path, arguments: tuple[str, ...], limit: float, may_load: set[str]):
    best = float("inf")
    for _ in range(6):  # the machine is shared: the best of a few runs, until one is quick enough
        seconds, out = python(command(*arguments), store)
        assert loaded(out) <= may_load, f"{arguments} loads {loaded(out) - may_load}"
        best = min(best, seconds)
        if best < limit:
            return
    pytest.fail(f"lossatlas {' '.join(arguments)} takes {best:.2f} s; the limit is {limit} s")
