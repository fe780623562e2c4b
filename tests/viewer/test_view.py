"""``lossatlas view`` as a person has it: an address that works, Ctrl-C that is quiet, ports, browsers, and a sweep while it runs."""

import base64
import json
import multiprocessing
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import made
import numpy as np
import pytest
import torch
from test_server import connect, heard, running

import lossatlas as la
from lossatlas.cli import demo
from lossatlas.cli import view as command
from lossatlas.viewer.security import Guard
from lossatlas.viewer.watch import Watch


def ask(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
        return answer.read()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_command_prints_an_address_that_works_loads_no_torch_and_ends_quietly(tmp_path):
    for name in ("a", "b"):
        made.store(tmp_path / "s.zarr", name)
    code = ("import sys, atexit; from lossatlas.cli import run\n"
            "code = run(['view', 's.zarr/a', 's.zarr/b', '--no-browser', '--port', '0']); sys.exit(code + 50 * ('torch' in sys.modules))")
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        found = re.fullmatch(r"2 results: (http://127\.0\.0\.1:\d+/)\?token=([\w-]{20,})#ids=s%2Fa,s%2Fb\n", said)
        assert found, said + process.stderr.read() if process.poll() else said
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        catalogue = json.loads(ask(f"{found[1]}api/catalogue", **{"X-Lossatlas-Token": found[2]}))
        assert [entry["id"] for entry in catalogue["entries"]] == ["s/a", "s/b"]
        document = json.loads(ask(f"{found[1]}api/document/s%2Fa", **{"X-Lossatlas-Token": found[2]}))
        assert document["field"]["x"]["dim"] == "alpha"
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out.strip(), err) == (0, "", "")


def test_a_token_of_the_environment_is_kept_and_one_that_could_be_guessed_is_refused(tmp_path, monkeypatch, capsys):
    made.store(tmp_path / "s.zarr", "a")
    monkeypatch.setattr(command, "serve", lambda *given: None)
    monkeypatch.setattr(command.asyncio, "run", lambda given: None)
    monkeypatch.setenv(command.TOKEN, "abcdefghij-KLMNOP_12")
    command.view([str(tmp_path / "s.zarr")], host="127.0.0.1", port=0, browser=False)
    assert "?token=abcdefghij-KLMNOP_12#" in capsys.readouterr().out
    for bad in ("", "short", "abcdefghijklmnop qrst", "abcdefghijklmnop/../x"):
        monkeypatch.setenv(command.TOKEN, bad)
        with pytest.raises(la.InputError, match="expected at least 16"):
            command.view([str(tmp_path / "s.zarr")], host="127.0.0.1", port=0, browser=False)


def test_a_port_that_is_taken(tmp_path, cli, monkeypatch):
    made.store(tmp_path / "s.zarr", "a")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        answer = cli("view", str(tmp_path / "s.zarr"), "--port", str(taken), "--no-browser")
        assert answer.code == 1 and f"port {taken} of 127.0.0.1 cannot be used" in answer.err and "leave --port out" in answer.err
        monkeypatch.setattr(command, "PORT", taken)
        with command.bind("127.0.0.1", None) as bound:
            assert bound.getsockname()[1] != taken and bound.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(("options", "said"), [(["none.zarr"], "nothing to view"), (["s.zarr", "--port", "70000"], "--port is 70000"),
                                               (["s.zarr", "--host", "no such host"], "--host is 'no such host'"),
                                               (["s.zarr", "--port", "x"], "whole"), ([], "STORE")])
def test_what_view_refuses(tmp_path, cli, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    made.store(tmp_path / "s.zarr", "a")
    answer = cli("view", *options, "--no-browser")
    assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1 and answer.out == ""


def test_results_that_are_named_stand_side_by_side(tmp_path):
    for name in ("a", "b c"):
        made.store(tmp_path / "s.zarr", name)
    both = [str(tmp_path / "s.zarr/b c"), str(tmp_path / "s.zarr/a")]
    assert command.opened(Watch(both), both) == "#ids=s%2Fb%20c,s%2Fa"
    assert command.opened(Watch([tmp_path / "s.zarr"]), [str(tmp_path / "s.zarr")]) == "", "the page chooses"


def test_a_browser_is_opened_only_where_it_has_a_window(monkeypatch):
    opened = []
    monkeypatch.setattr(command.webbrowser, "open", lambda address: opened.append(address) or True)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert not command.open_browser("http://a") and not opened
    monkeypatch.setenv("DISPLAY", ":0")
    assert command.open_browser("http://a") and opened == ["http://a"]
    assert command._shown("0.0.0.0") == "127.0.0.1" and command._shown("::1") == "[::1]"


class Slow:
    """A loss that takes its time."""

    def __init__(self, objective):
        self.inner = la.probes.loss(objective)
        self.quantities = self.inner.quantities

    def __call__(self, point):
        time.sleep(0.02)
        return self.inner(point)


def sweep(store):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    data = torch.randn(20, 3, generator=generator), torch.randint(2, (20,), generator=generator)
    objective = la.Objective.from_module(torch.nn.Linear(3, 2), data, "cross_entropy")
    coords = {"alpha": la.axis(-1, 1, 9), "beta": la.axis(-1, 1, 9)}
    la.sweep(Slow(objective), la.random_slice(objective), coords, store=store, plan="plain")


@pytest.mark.skipif(os.name != "posix", reason="fork")
def test_while_a_sweep_runs_its_cells_appear_coarse_first(tmp_path):
    """A real sweep in another process, a real server, a real socket: done cells grow, the first ones span the plane, then all is still."""
    made.store(tmp_path / "s.zarr", "other")
    process = multiprocessing.get_context("fork").Process(target=sweep, args=(tmp_path / "s.zarr/live",), daemon=True)
    watch = Watch([tmp_path / "s.zarr"])
    process.start()
    grown, first = [], None
    with running(watch, Guard(token="right"), every=0.05) as (host, _), connect(host) as socket_:
        until = time.monotonic() + 60
        while time.monotonic() < until and (not grown or grown[-1] != (81, False)):
            message = heard(socket_, 60)
            for entry in message["entries"]:
                if entry["id"] == "s/live" and entry["done"]:
                    grown.append((entry["done"], entry["live"]))
            if first is None and grown and grown[-1][0] < 81:
                packed = json.loads(ask(f"http://{host}/api/document/s/live", **{"X-Lossatlas-Token": "right"}))["field"]["sheets"][0]
                first = np.frombuffer(base64.b64decode(packed["done"]["data"]), "u1").reshape(9, 9)
                values = np.frombuffer(base64.b64decode(packed["quantities"][0]["values"]["data"]), "<f4").reshape(9, 9)
                assert np.isfinite(values[first == 1]).all() and np.isnan(values[first == 0]).all()
    process.join(20)
    counts = [done for done, _ in grown]
    assert grown[-1] == (81, False) and counts == sorted(counts)
    assert any(0 < done < 81 and live for done, live in grown), grown
    assert first is not None and 0 < first.sum() < 81
    rows, columns = np.nonzero(first)
    assert {0, 4, 8} <= set(rows) & set(columns), "the first cells span the plane"


def test_the_demo_ends_with_the_command_that_opens_both_landscapes(tmp_path, monkeypatch, capsys):
    names = ("digits_resnet-seed0", "digits_resnet_noshort-seed0")
    for name, title in zip(names, demo.NETWORKS, strict=True):
        made.store(tmp_path / "demo/demo.zarr", name).revise({"title": title})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/nowhere/lossatlas"])
    demo._go_on(Path("demo"), [f"demo/demo.zarr/{name}" for name in names])
    said, other = shlex.split(capsys.readouterr().out.splitlines()[-1]), [f"demo/demo.zarr/{name}" for name in names]
    assert said == ["lossatlas", "view", *other]
    watch = Watch(other)
    assert command.opened(watch, other) == "#ids=demo%2Fdigits_resnet-seed0,demo%2Fdigits_resnet_noshort-seed0"
    assert [entry.title for entry in watch.entries.values()] == ["with skip connections", "without skip connections"]
    own = tmp_path / ".venv/bin/lossatlas"
    own.parent.mkdir(parents=True)
    own.write_text("")
    monkeypatch.setattr(sys, "argv", [str(own)])
    assert demo.called() == str(own), "make demo leaves it where no shell looks"
    monkeypatch.setattr(demo.shutil, "which", lambda name: str(own))
    assert demo.called() == "lossatlas"
