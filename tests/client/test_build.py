"""The browser side: its own tests pass, and the build that the wheel carries is that of the source."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT, BUILT = ROOT / "viewer-client", ROOT / "src" / "lossatlas" / "viewer" / "static"
#: What Vite 8 runs on.
NODE = (20, 19)


def npm(*words, folder=CLIENT):
    """Run npm, and fail with what it said."""
    done = subprocess.run(["npm", *words], cwd=folder, capture_output=True, text=True, timeout=300, env={**os.environ, "CI": "true"})
    assert done.returncode == 0, f"npm {' '.join(words)} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def client():
    """The folder with what the lock file names installed."""
    if shutil.which("npm") is None:
        pytest.skip("no npm: the client is neither tested nor built again here; install Node.js 20.19 or newer")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < NODE:
        pytest.skip(f"Node.js is {version}: the client is neither tested nor built again here; install 20.19 or newer")
    installed, wanted = CLIENT / "node_modules" / ".package-lock.json", CLIENT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
        npm("ci", "--no-audit", "--no-fund")
    return CLIENT


def test_the_client_passes_its_own_tests(client):
    npm("test")


def test_the_committed_build_is_that_of_the_source(client, tmp_path):
    npm("run", "build", "--", "--outDir", str(tmp_path / "static"))
    built, committed = ({path.name: path.read_bytes() for path in sorted(folder.iterdir())} for folder in (tmp_path / "static", BUILT))
    assert sorted(built) == sorted(committed) == ["index.html", "licenses.md", "viewer.css", "viewer.js"]
    stale = [name for name in built if built[name] != committed[name]]
    assert not stale, f"{', '.join(stale)} in {BUILT} is not the build of viewer-client: run npm run build there and commit it"


def test_the_build_says_nothing_of_where_it_was_made_and_asks_nobody(client):
    text = "".join((BUILT / name).read_text() for name in ("index.html", "viewer.css", "viewer.js"))
    assert str(ROOT) not in text and "sourceMappingURL" not in text
    assert "https://fonts" not in text and "cdn." not in text and "@import" not in text


def test_what_the_bundle_holds_of_others_comes_with_its_licences():
    wanted = json.loads((CLIENT / "package.json").read_text())["dependencies"]
    told = (BUILT / "licenses.md").read_text()
    assert sorted(wanted) == ["gifenc", "three"]
    for name, version in wanted.items():
        assert f"## {name} - {version} (MIT)" in told
    assert told.count("Permission is hereby granted") == len(wanted)


def test_what_the_client_stands_on_is_pinned():
    wanted = json.loads((CLIENT / "package.json").read_text())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert version[0].isdigit(), f"{name} is {version}; expected one version: npm install --save-exact"
