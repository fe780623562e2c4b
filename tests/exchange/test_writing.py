"""The door: suffixes, places, options; a file appears whole or not at all."""

import inspect
import os
import subprocess
import sys

import pytest

import lossatlas as la
from lossatlas.exchange.writing import SUFFIXES

TARGETS = [f"a{suffix}" for suffix in SUFFIXES]


@pytest.mark.parametrize(("name", "said"), [
    ("a.vtk", r"has '.vtk'; expected one of .h5, .vtp, .glb, .obj, .csv, .nc; did you mean '.vtp'"), ("a", "has no suffix"),
    ("none/a.csv", "make it first"), ("folder.csv", "is a folder")])
def test_places_that_are_none(plane, tmp_path, name, said):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(la.InputError, match=said):
        la.export(plane, tmp_path / name)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_file_is_replaced_whole(plane, tmp_path, name):
    path = tmp_path / name
    path.write_text("what was there")
    assert la.export(plane, str(path)) == path and not path.read_bytes().startswith(b"what")
    first = path.read_bytes()
    la.export(plane, path)
    assert path.read_bytes() == first or path.suffix in (".h5", ".nc"), "the same bytes again"
    assert os.listdir(tmp_path) == [name]


FULL = """
import signal, sys, resource, warnings, xarray as xr, lossatlas as la
warnings.simplefilter("ignore")
ds = xr.open_dataset("in.nc").load().drop_attrs().assign_attrs(kind="slice")
for name in sys.argv[1:]:
    la.export(ds, "warm-" + name)  # whatever is imported is imported now
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
for name in sys.argv[1:]:
    try:
        la.export(ds, name)
    except la.InputError as error:
        print(error)
"""


def test_a_full_disk_leaves_what_was_there(plane, tmp_path):
    """Files of at most 300 bytes stand for a full disk, in a process of its own."""
    la.export(plane, tmp_path / "in.nc")
    for name in TARGETS:
        (tmp_path / name).write_text("what was there")
    done = subprocess.run([sys.executable, "-c", FULL, *TARGETS], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0 and done.stderr == "", done
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [f"cannot write {name!r}" for name in TARGETS]
    assert all((tmp_path / name).read_text() == "what was there" for name in TARGETS)
    assert sorted(os.listdir(tmp_path)) == sorted(["in.nc", *TARGETS, *(f"warm-{name}" for name in TARGETS)])


@pytest.mark.parametrize("name", ["a.h5", "a.csv", "a.nc"])
@pytest.mark.parametrize("options", [{"quantity": "loss"}, {"scale": "log"}, {"height": 0.5}])
def test_options_of_surfaces_are_not_ignored_elsewhere(plane, tmp_path, name, options):
    with pytest.raises(la.InputError, match="which is for surfaces"):
        la.export(plane, tmp_path / name, **options)


def test_results_that_are_none(plane, tmp_path):
    for wrong in (3, plane.loss, plane.drop_vars("done")):
        with pytest.raises(la.InputError, match=r"expected a result of la\.sweep or la\.open"):
            la.export(wrong, tmp_path / "a.csv")
    with pytest.raises(la.StoreError, match="no store at"):
        la.export(tmp_path / "no.zarr/x", tmp_path / "a.csv")


def test_at_most_seven_options_by_keyword():
    for function in (la.export, la.import_h5):
        assert len([p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]) <= 7
        assert "Raises:" in function.__doc__
