"""The page as a file without a network, on a phone, for people who do not see it, and what is saved from it."""

import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from browsed import PHONE, colours, difference
from PIL import Image

from lossatlas.viewer.showing import view


@pytest.fixture(scope="module")
def page_file(atlas, tmp_path_factory):
    """What ``lossatlas export STORE --to page.html`` writes."""
    return view([atlas / "short", atlas / "noshort", atlas / "line", atlas / "ball"], state="ids=atlas%2Fshort,atlas%2Fnoshort").save(
        tmp_path_factory.mktemp("page") / "page.html")


@pytest.mark.parametrize("webgl", [True, False])
def test_a_file_opens_from_disk_with_the_network_off(visit, page_file, address, webgl):
    atlas = visit(page_file.as_uri(), webgl=webgl, offline=True).ready(2)
    assert [asked for asked in atlas.seen.asked if not asked.startswith(("data:", "blob:"))] == [page_file.as_uri()]
    assert atlas.titles() == ["short", "noshort"]
    served = visit(f"{address}#ids=atlas%2Fshort,atlas%2Fnoshort", webgl=webgl).ready(2)
    atlas.until(lambda: difference(atlas.picture(1), served.picture(1)) < 0.002)
    assert atlas.page.locator(".connection").is_hidden()  # nothing is live in a file
    atlas.page.keyboard.press("l")
    atlas.views(scale="linear")
    atlas.page.go_back()
    atlas.views(scale=None)
    assert len([asked for asked in atlas.seen.asked if not asked.startswith(("data:", "blob:"))]) == 1


# ---- a phone -----------------------------------------------------------------------------------------------------


def test_on_a_phone(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fshort,atlas%2Fnoshort", size=PHONE, has_touch=True, is_mobile=True).ready(2)
    page = atlas.page
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE[0]
    before = atlas.picture()
    box = atlas.tile().locator(".tile-picture").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, dx in (("touchStart", 0), ("touchMove", 40), ("touchMove", 90), ("touchEnd", None)):
        points = [] if dx is None else [{"x": x + dx, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    atlas.until(lambda: "camera" in atlas.view())
    atlas.changes(before, 0.03)
    for panel, name in ((".settings", "Settings"), (".catalogue", "Results")):
        page.get_by_role("button", name=name, exact=True).first.tap()
        shown = page.locator(panel)
        shown.wait_for(state="visible")
        atlas.until(lambda shown=shown: shown.bounding_box()["y"] + shown.bounding_box()["height"] <= PHONE[1] + 1)  # it slides in
        box = shown.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0]
        shown.get_by_role("button", name="Close").first.tap()
        shown.wait_for(state="hidden")
    small = page.evaluate("""() => [...document.querySelectorAll('button, select, input')].filter((one) => one.checkVisibility())
        .map((one) => {
        const box = one.getBoundingClientRect()
        return [one.getAttribute('aria-label') || one.textContent, box.width, box.height, box.left, box.right]
    }).filter(([, width, height, left, right]) => width && (Math.min(width, height) < 24 || left < 0 || right > innerWidth))""")
    assert small == []


# ---- who does not see it -----------------------------------------------------------------------------------------


def violations(page):
    """What axe-core finds that is serious or critical, in words."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found
            if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(visit, address, page_file, scheme, size):
    where = address if scheme == "light" else page_file.as_uri()
    atlas = visit(f"{where}#ids=atlas%2Fshort,atlas%2Fline&mode=flat", size=size, color_scheme=scheme, bypass_csp=True).ready(2)
    page = atlas.page
    atlas.until(lambda: page.evaluate("document.documentElement.dataset.theme") == scheme)
    found = violations(page)
    for key, shown in (("r", ".catalogue"), ("s", ".settings"), ("?", "dialog.help"), ("e", "dialog.save")):
        if page.locator(shown).is_hidden():
            page.keyboard.press(key)
            page.locator(shown).wait_for(state="visible")
            page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
        found += [f"{shown}: {one}" for one in violations(page)]
        if shown.startswith("dialog"):
            page.keyboard.press("Escape")
    assert found == []
    described = page.locator(".tile .visually-hidden").first.inner_text()
    assert "short" in described and "cross-entropy" in described


# ---- what is saved -----------------------------------------------------------------------------------------------


def save(atlas, form):
    """Choose a format in the dialog and press Save; name and content of the file."""
    page = atlas.page
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Save")
    dialog.locator(f"input[value={form}]").check(force=True)
    with page.expect_download() as got:
        dialog.get_by_role("button", name="Save").click()
    dialog.wait_for(state="hidden")
    return got.value.suggested_filename, got.value.path().read_bytes()


def test_meshes_and_pictures_of_a_surface(visit, address):
    trimesh = pytest.importorskip("trimesh")
    atlas = visit(f"{address}#ids=atlas%2Fnoshort", size=(640, 520)).ready()
    name, content = save(atlas, "png")
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert name == "noshort.png" and picture.size[0] >= 1000 and colours(picture) > 40
    for form in ("obj", "glb"):
        name, content = save(atlas, form)
        assert name == f"noshort.{form}"
        mesh = trimesh.load(io.BytesIO(content), file_type=form, force="mesh")
        assert len(mesh.faces) >= 2 * 24 * 20
        extent = np.sort(mesh.bounds[1] - mesh.bounds[0])
        assert np.isclose(extent, 2.0, atol=1e-3).sum() >= 2  # α and β from −1 to 1


def test_drawings_and_films(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fline", size=(640, 520)).ready()
    name, content = save(atlas, "svg")
    root = ElementTree.fromstring(content)
    assert name == "line.svg" and root.tag.endswith("svg")
    assert {"loss", "accuracy"} <= {(one.text or "").strip() for one in root.iter() if one.tag.endswith("text")}
    atlas = visit(f"{address}#series=atlas%2Frun-slices%2Fstep*&mode=flat", size=(640, 520)).ready()
    name, content = save(atlas, "gif")
    film = Image.open(io.BytesIO(content))
    assert name.endswith(".gif") and film.n_frames == 4
    first = film.convert("RGB")
    film.seek(3)
    assert difference(first, film.convert("RGB")) > 0.02
    name, content = save(atlas, "svg")
    ElementTree.fromstring(content)


def test_a_film_of_a_surface_draws_every_picture_once_and_can_be_stopped(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fnoshort&quality=low", size=(420, 400)).ready()
    page = atlas.page
    atlas.rest()
    before, count = atlas.picture(), "() => Number(document.querySelector('.tile [data-frames]').dataset.frames)"
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Save")
    dialog.locator("input[value=gif]").check(force=True)
    dialog.get_by_role("radio", name="12 s").check(force=True)
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_function("() => document.querySelector('dialog progress').value > 0.01")
    dialog.get_by_role("button", name="Stop").click()
    dialog.get_by_role("button", name="Save").wait_for()
    atlas.rest()
    drawn = page.evaluate(count)
    dialog.get_by_role("radio", name="3 s").check(force=True)
    with page.expect_download(timeout=120_000) as got:
        dialog.get_by_role("button", name="Save").click()
    film = Image.open(got.value.path())
    assert film.n_frames == 45 and page.evaluate(count) - drawn < 90, "45 pictures, 4 for the palette, few for the page itself"
    first = film.convert("RGB")
    film.seek(20)
    assert difference(first, film.convert("RGB")) > 0.02
    dialog.wait_for(state="hidden")
    atlas.until(lambda: difference(before, atlas.picture()) < 0.01)
