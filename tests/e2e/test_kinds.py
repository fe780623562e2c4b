"""Every kind of result opens in a view that fits it; results that follow each other in time; names that are markup; no WebGL."""

import pytest
from browsed import PHONE, colours, difference, viewing
from kinds import NASTY, NASTY_WORDS, nasty


@pytest.mark.parametrize(("name", "words"), [
    ("line", ("loss", "accuracy", "α")), ("hessian", ("eigenvalue", "density")), ("training", ("step", "training loss", "spike")),
    ("curve", ("t", "loss")), ("minima", ("disconnectivity tree", "a – b")), ("pruning", ("level", "loss")), ("run", ("step", "distance")),
    ("likeness", ("similarity",)),
])
def test_charts(visit, address, name, words):
    atlas = visit(f"{address}#ids=atlas%2F{name}", size=(700, 520)).ready()
    chart = atlas.tile().locator(".tile-picture svg").first
    text = chart.text_content()
    assert all(word in text for word in words), text
    box, room = chart.bounding_box(), atlas.tile().locator(".tile-picture").bounding_box()
    assert box["width"] <= room["width"] + 1
    assert colours(atlas.picture()) > 8
    if name in ("line", "training", "curve", "pruning"):
        atlas.until(lambda: len(atlas.hover(dx=0.05)) >= 2)


@pytest.mark.parametrize("mode", ["auto", "flat"])
def test_volume(visit, address, mode):
    atlas = visit(f"{address}#ids=atlas%2Fball&mode={mode}", size=(720, 540)).ready()
    before = atlas.picture()
    assert colours(before) > 15
    atlas.page.keyboard.press("s")
    slider = atlas.page.get_by_role("slider", name="Cut at")
    slider.fill("0.9")
    atlas.changes(before, 0.02)
    atlas.views(cut="0.9")
    atlas.page.get_by_role("radio", name="α").check(force=True)
    atlas.views(cutaxis="x")


def test_a_sequence_plays_on_one_scale(visit, address):
    atlas = visit(f"{address}#mode=flat", size=(900, 560))
    page = atlas.page
    if page.locator(".catalogue").is_hidden():
        page.keyboard.press("r")
    page.get_by_role("button", name="play 4 in time").click()
    atlas.ready()
    bars, pictures = [], []
    for number in range(4):
        atlas.until(lambda number=number: f"({number + 1} of 4)" in page.locator(".player-text").first.inner_text())
        bars.append(page.locator(".colorbar").get_attribute("aria-label"))
        pictures.append(atlas.changes(pictures[-1], 0.02) if pictures else atlas.picture())
        page.keyboard.press(".")
    assert len(set(bars)) == 1
    seen = set()
    page.get_by_role("button", name="Play (space)").first.click()
    atlas.until(lambda: seen.add(page.locator(".player-text").first.inner_text()) or len(seen) == 4, 40)
    page.keyboard.press(" ")
    atlas.stands_still()
    page.get_by_role("button", name="Stop playing in time").click()
    page.wait_for_function("() => !document.querySelector('.player:not([hidden])')")


def test_time_along_a_run(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fshort", size=(720, 600)).ready()
    before = atlas.picture()
    slider = atlas.page.get_by_label("Place in time").last
    slider.fill("0.25")
    atlas.says(".player-text", "step 97 of 390")
    quarter = atlas.changes(before, 0.0005)
    assert difference(before, quarter) < 0.2
    atlas.views(time="0.25")
    atlas.page.keyboard.press("t")  # dropped onto the surface
    atlas.views(tracks="dropped")
    atlas.changes(quarter, 0.0005)


def test_markup_stays_text(visit, tmp_path):
    with viewing(nasty(tmp_path / "nasty.zarr")) as url:
        for mode in ("auto", "flat"):
            atlas = visit(f"{url}&mode={mode}", size=(1200, 620)).ready()
            page = atlas.page
            said = page.locator("body").inner_text()
            assert NASTY_WORDS in said
            page.get_by_role("button", name="What is known of this result").click()
            atlas.says(".drawer", NASTY)
            atlas.hover(dx=0.05)
            page.wait_for_timeout(100)
            assert page.evaluate("window.x") is None
            assert page.locator("img").count() == 0
        page.close()


def test_without_webgl_the_same_data_are_drawn_flat(visit, address):
    solid = visit(f"{address}#ids=atlas%2Fshort&mode=flat", size=(720, 600)).ready()
    atlas = visit(f"{address}#ids=atlas%2Fshort", size=(720, 600), webgl=False).ready()
    assert atlas.page.evaluate("document.createElement('canvas').getContext('webgl2')") is None
    assert "WebGL" in atlas.page.locator("body").inner_text()
    atlas.until(lambda: difference(solid.picture(), atlas.picture()) < 0.01)
    atlas.until(lambda: atlas.hover(dx=0.06) == solid.hover(dx=0.06))
    atlas = visit(f"{address}#ids=atlas%2Fball", size=PHONE, webgl=False).ready()
    assert colours(atlas.picture()) > 15
    atlas.says("body", "no WebGL here")


def test_what_is_not_there_is_said(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fgone&scale=purple&nonsense=1", size=PHONE)
    atlas.seen.expected.append("404")
    atlas.page.get_by_text("This result cannot be shown").wait_for()
    assert "there is no result" in atlas.tile().inner_text()
    atlas.says(".notices", "nonsense")
    atlas.says(".notices", "purple")
    other = visit(address.replace("token=", "token=x"))
    other.seen.expected += ["403", "favicon"]
    assert "open the address that lossatlas view printed" in other.page.locator("body").inner_text()
