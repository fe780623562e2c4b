"""One file that opens from disk: nothing in it is loaded, what a store says stays text, and its policy names what may run."""

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import drawn
import made
import pytest
import xarray as xr

import lossatlas as la
from lossatlas.viewer import page, showing, types
from lossatlas.viewer.documents import Catalogue, Entry, Inlined

NASTY = "<script>alert(1)</script><!--</ScRiPt>&\u2028"
ROOT = Path(__file__).parents[2]
PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>lossatlas</title>
    <link rel="icon" href="data:," />
    <script type="module" crossorigin src="./viewer.js"></script>
    <link rel="stylesheet" crossorigin href="./viewer.css">
  </head>
  <body>
    <div id="app"></div>
  </body>
</html>
"""


@pytest.fixture
def static(tmp_path, monkeypatch):
    """A client whose script holds all that could end it."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "viewer.js").write_text("const s = '</script><script><!--</SCRIPT>', r = /<!--/, t = `</script ${1 < 2}`; export { s, r, t }")
    (folder / "viewer.css").write_text("a::after { content: '</style>' }")
    (folder / "licenses.md").write_text("# Licences\n")
    monkeypatch.setattr(page, "STATIC", folder)
    return folder


class Elements(HTMLParser):
    """The elements of a page as a browser reads them: scripts and styles are text up to their ends."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.found, self._inside = [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))
        self._inside = True

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.found[-1][2].append(data)

    def all(self, tag):
        return [(attrs, "".join(text)) for name, attrs, text in self.found if name == tag]


def inlined(title="a"):
    return Inlined(Catalogue("0.1", (Entry("a", title, "slice", title, "", "1", 0, 0, False),)), (), "ids=a")


def test_one_file_holds_everything_and_loads_nothing(static):
    found = Elements(page.standalone(inlined(), title="demo.zarr · lossatlas"))
    assert [tag for tag, attrs, _ in found.found if attrs.get("src") or attrs.get("href", "data:,") != "data:,"] == []
    data, licences, script = found.all("script")
    assert data[0] == {"type": "application/json", "id": "lossatlas-inlined"} and script[0] == {"type": "module"}
    assert licences[0] == {"type": "text/plain", "id": "licenses"} and licences[1] == (static / "licenses.md").read_text()
    assert json.loads(data[1]) == json.loads(page.json_text(inlined())) and json.loads(data[1])["view"] == "ids=a"
    assert found.all("title")[0][1] == "demo.zarr · lossatlas" and found.all("div")[0][0] == {"id": "app"}


def test_its_policy_allows_this_script_and_this_style_and_no_connection(static):
    found = Elements(page.standalone(inlined()))
    (policy,) = [attrs["content"] for attrs, _ in found.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(found.all(tag)[-1][1].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'" and "connect-src" not in rules
    order = [tag for tag, attrs, _ in found.found if tag in ("meta", "style", "script")]
    assert order.index("meta") < order.index("style") < order.index("script"), "a policy holds for what comes after it"


def test_a_run_may_be_called_script(static):
    text = page.standalone(inlined(NASTY), title=NASTY)
    found = Elements(text)
    assert len(found.all("script")) == 3 and json.loads(found.all("script")[0][1])["catalogue"]["entries"][0]["title"] == NASTY
    assert found.all("title")[0][1] == NASTY and "alert(1)</script>" not in text and "<!--" not in text
    assert "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e" in text


def test_what_would_end_the_script_or_the_style_is_written_in_another_way(static):
    found = Elements(page.standalone(inlined()))
    script = found.all("script")[2][1]
    assert not re.search(r"</?script|<!--", script, re.IGNORECASE) and "1 < 2" in script
    assert script.replace("\\x3c", "<") == (static / "viewer.js").read_text()
    assert found.all("style")[0][1] == "a::after { content: '<\\/style>' }"


def test_without_the_client_an_error_says_how_to_build_it(static):
    (static / "viewer.js").unlink()
    with pytest.raises(la.LossAtlasError, match="npm ci && npm run build"):
        page.standalone(inlined())
    (static / "viewer.js").write_text("")
    (static / "index.html").write_text("<html></html>")
    with pytest.raises(la.LossAtlasError, match="is not the page"):
        page.standalone(inlined())


def test_the_built_client_stands_in_one_file():
    text = page.standalone(inlined())
    found = Elements(text)
    assert len(found.all("script")) == 3 and "./viewer" not in re.sub(r"<script.*</script>", "", text, flags=re.DOTALL)


def test_a_view_is_a_page_for_a_notebook_a_file_and_a_browser(static, tmp_path, monkeypatch):
    shown = la.view({"before": drawn.plane(), "after": drawn.plane(5, 4)}, height=500)
    bundle = shown._repr_mimebundle_()
    (frame,) = Elements(bundle["text/html"]).all("iframe")
    assert frame[0]["sandbox"] == "allow-scripts allow-downloads" and "height:500px" in frame[0]["style"]
    assert frame[0]["srcdoc"] == shown.page and html.escape(shown.page) in bundle["text/html"] and "before, after" in bundle["text/plain"]
    held = json.loads(Elements(shown.page).all("script")[0][1])
    assert held["view"] == "ids=before,after"
    assert [one["entry"]["dims"] for one in held["documents"]] == ["alpha 5 × beta 3", "alpha 5 × beta 4"]
    assert shown.save(tmp_path / "page.html").read_text() == shown.page
    opened = []
    monkeypatch.setattr(showing.webbrowser, "open", lambda address: opened.append(address) or True)
    assert shown.open().read_text() == shown.page and opened[0].startswith("file:///")
    with pytest.raises(la.InputError, match="write another path"):
        shown.save(tmp_path / "no/page.html")
    assert not [*tmp_path.glob(".*part*")]


def test_a_notebook_shows_a_view(static):
    formatter = pytest.importorskip("IPython.core.formatters", reason="IPython is not installed").DisplayFormatter()
    data, _ = formatter.format(la.view(drawn.plane()))
    assert data["text/html"].startswith("<iframe srcdoc=")


def test_results_are_given_in_many_ways(tmp_path):
    one, run = made.store(tmp_path / "s.zarr", "one"), made.path(tmp_path / "s.zarr", "sgd")
    made.store(tmp_path / "s.zarr", "two")

    def shown(*given, **options):
        return [(d.entry.id, [t.name for t in d.field.tracks] if d.field else None) for d in la.view(*given, **options).inlined.documents]

    slice_, path = one.dataset(), run.dataset()
    assert shown(slice_) == [("one", [])] and shown([slice_, slice_]) == [("one (1)", []), ("one (2)", [])]
    assert shown(slice_, points=path) == [("one", ["sgd"])] and shown(slice_, points={"Adam": path}) == [("one", ["Adam"])]
    assert shown([slice_, path]) == [("one", ["sgd"]), ("sgd", None)], "a run among the results lies over its slice"
    assert shown(tmp_path / "s.zarr") == [("s/one", ["sgd"]), ("s/sgd", None), ("s/two", ["sgd"])]
    assert shown([str(tmp_path / "s.zarr/one"), slice_.rename()]) == [("s/one", ["sgd"]), ("one (2)", [])]
    with pytest.raises(la.InputError, match=r"la\.view"):
        la.export(slice_, tmp_path / "a.html")
    tree = xr.DataTree.from_dict({"planes/a": drawn.plane(kind="slice"), "lines/a": drawn.line(kind="profile"), "numbers": xr.Dataset()})
    assert [key for key, _ in shown(tree)] == ["planes/a", "lines/a"]
    assert la.view(slice_, state="#scale=log").inlined.view == "scale=log"
    other = made.path(tmp_path / "t.zarr", "run", plane={**made.PLANE, "origin": "o2"}).dataset()
    for given, options, said in ((slice_, {"points": other}, "lie on none"), (3, {}, "a int"), ([], {}, "none"), ([3], {}, "a int among"),
                                 (slice_, {"height": 5}, "expected pixels"), (tmp_path / "x.zarr", {}, "nothing to view")):
        with pytest.raises(la.InputError, match=said):
            la.view(given, **options)


def test_export_writes_one_page_of_several_stores(cli, tmp_path, static):
    made.store(tmp_path / "s.zarr", "<script>alert(1)<!script>")
    made.store(tmp_path / "t.zarr", "b")
    answer = cli("export", str(tmp_path / "s.zarr"), str(tmp_path / "t.zarr"), "--to", str(tmp_path / "p.html"), "--view", "#scale=log")
    assert answer.code == 0 and answer.err == ""
    assert re.fullmatch(r"page: \S+p\.html, 0\.\d MB, 2 results; it opens without a network\n", answer.out)
    held = json.loads(Elements((tmp_path / "p.html").read_text()).all("script")[0][1])
    assert [d["entry"]["id"] for d in held["documents"]] == ["s/<script>alert(1)<!script>", "t/b"] and held["view"] == "scale=log"
    assert not any(entry["live"] for entry in held["catalogue"]["entries"])
    assert str(tmp_path) not in (tmp_path / "p.html").read_text(), "where it lay on this machine is nobody's business"
    damaged = made.store(tmp_path / "t.zarr", "c").path
    for file in ("zarr.json", "done/.description.json"):
        (damaged / file).write_text("{")
    answer = cli("export", str(tmp_path / "t.zarr"), "--to", str(tmp_path / "q.html"))
    assert answer.code == 0 and "note: t/c cannot be drawn" in answer.out and "1 result;" in answer.out


@pytest.mark.parametrize(("options", "code", "said"), [
    (["s.zarr", "--to", "no/p.html"], 2, "make it first"), (["s.zarr", "--to", "p.html", "--quantity", "loss"], 2, "--view quantity=loss"),
    (["s.zarr/a", "--to", "a.csv", "--view", "x"], 2, "only a page"), (["s.zarr/a", "s.zarr/b", "--to", "a.csv"], 2, "2 stores are given"),
    (["s.zarr/c", "--to", "p.html"], 2, "nothing to view"), (["--to", "p.html"], 2, "STORE")])
def test_what_export_refuses(cli, tmp_path, monkeypatch, static, options, code, said):
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        made.store(tmp_path / "s.zarr", name)
    answer = cli("export", *options)
    assert answer.code == code and said in answer.err and answer.err.count("\n") == 1 and not [*tmp_path.glob("*p.html")]


def test_the_types_of_the_client_are_those_of_the_records():
    folder = ROOT / "viewer-client/src"
    assert (folder / "types.ts").read_text() == types.typescript(), "run python -m lossatlas.viewer.types"
    assert (folder / "colormaps.ts").read_text() == types.maps(), "run python -m lossatlas.viewer.types"


def test_neither_pages_nor_the_server_load_torch(tmp_path):
    made.store(tmp_path / "s.zarr", "a")
    place = str(tmp_path / "s.zarr")
    code = ("import sys, lossatlas as la\nfrom lossatlas.cli import view\nfrom lossatlas.viewer.watch import Watch\n"
            "import lossatlas.viewer.server\n"
            f"la.view({place!r}); Watch([{place!r}]).document('s/a'); sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode == 0
