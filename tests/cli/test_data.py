"""``lossatlas data fetch`` as a user runs it, from a server on the loopback; torch is never loaded."""

import hashlib
import os
import subprocess
import sys

import pytest
import servers

from lossatlas import fetch as module
from lossatlas.download import Content
from lossatlas.fetch import Published

FILES = {f"{s}-{k}-ubyte.gz": bytes(hashlib.shake_256(f"{s}{k}".encode()).digest(40_000))
         for s in ("train", "t10k") for k in ("images-idx3", "labels-idx1")}


@pytest.fixture
def web(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with servers.serve(servers.Web(files={f"/m/{name}": body for name, body in FILES.items()})) as running:
        files = {n: Content(len(b), hashlib.md5(b).hexdigest(), hashlib.sha256(b).hexdigest()) for n, b in FILES.items()}
        monkeypatch.setitem(module.SETS, "mnist", Published((f"{running.url}/m",), files))
        yield running


def test_fetch_says_what_to_write(cli, web, folder):
    answer = cli("data", "fetch", "mnist")
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "use it with: --data mnist:data/mnist"
    assert "fetched: train-images-idx3-ubyte.gz, " in answer.out and "train-images" in answer.err
    assert {path.name: path.read_bytes() for path in (folder / "data/mnist").iterdir()} == FILES
    again = cli("data", "fetch", "mnist")
    assert again.code == 0 and again.err == ""
    assert again.out == "mnist was there already, with the right checksums\nuse it with: --data mnist:data/mnist\n"


def test_fetch_to_another_folder_from_another_address(cli, web, folder):
    web.files = {path.replace("/m/", "/other/"): body for path, body in web.files.items()}
    answer = cli("data", "fetch", "mnist", "--to", "my data", "--from", f"{web.url}/other/")
    assert answer.code == 0 and answer.out.splitlines()[-1] == "use it with: --data 'mnist:my data'"
    assert len(list((folder / "my data").iterdir())) == 4


def test_errors_are_one_line_with_the_right_code(cli, web, folder):
    answer = cli("data", "fetch", "minst")
    assert answer.code == 2 and "mnist" in answer.err
    answer = cli("data", "fetch", "mnist", "--from", "ftp://x")
    assert answer.code == 2 and answer.err.count("\n") == 1 and "mirror (--from) is 'ftp://x'" in answer.err
    answer = cli("data", "fetch", "mnist", "--from", f"{web.url}/nothing")
    assert answer.code == 1 and answer.err.splitlines()[-1].startswith("lossatlas: cannot fetch train-images-idx3-ubyte.gz: ")
    assert "404" in answer.err


def test_interrupted(cli, web, folder, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "download", stop)
    answer = cli("data", "fetch", "mnist")
    assert answer.code == 130 and "run the same command again to go on" in answer.err


def test_no_torch():
    code = ("import sys; from lossatlas.cli import run; code = run(['data', 'fetch', 'mnist', '--from', 'nothing']); assert code == 2\n"
            "import lossatlas.fetch, lossatlas.cli.data; print([m for m in ('torch', 'numpy', 'xarray', 'zarr') if m in sys.modules])")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
