"""Every kind of result opens in a view that fits it; results that follow each other in time; names that are markup; no WebGL."""

from itertools import pairwise

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
        said = atlas.hover(dx=0.05)
        assert len(said) >= 2, said


@pytest.mark.parametrize("mode", ["auto", "flat"])
def test_volume(visit, address, mode):
    atlas = visit(f"{address}#ids=atlas%2Fball&mode={mode}", size=(720, 540)).ready()
    before = atlas.picture()
    assert colours(before) > 15
    atlas.page.keyboard.press("s")
    slider = atlas.page.get_by_role("slider", name="Cut at")
    slider.fill("0.9")
    assert difference(before, atlas.picture()) > 0.02
    atlas.until(lambda: atlas.view().get("cut") == "0.9")
    atlas.page.get_by_role("radio", name="α").check(force=True)
    assert atlas.view()["cutaxis"] == "x"


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
        pictures.append(atlas.picture())
        page.keyboard.press(".")
    assert len(set(bars)) == 1
    assert all(difference(one, other) > 0.02 for one, other in pairwise(pictures))
    seen = set()
    page.get_by_role("button", name="Play (space)").first.click()
    atlas.until(lambda: seen.add(page.locator(".player-text").first.inner_text()) or len(seen) == 4)
    page.keyboard.press(" ")
    atlas.rest()  # a player that stands still draws nothing
    before = atlas.drawn()
    page.wait_for_timeout(600)
    assert atlas.drawn() == before
    page.get_by_role("button", name="Stop playing in time").click()
    page.wait_for_function("() => !document.querySelector('.player:not([hidden])')")


def test_time_along_a_run(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fshort", size=(720, 600)).ready()
    before = atlas.picture()
    slider = atlas.page.get_by_label("Place in time").last
    slider.fill("0.25")
    assert "step 97 of 390" in atlas.page.locator(".player-text").last.inner_text()
    quarter = atlas.picture()
    assert 0.0005 < difference(before, quarter) < 0.2
    atlas.until(lambda: atlas.view().get("time") == "0.25")
    atlas.page.keyboard.press("t")  # dropped onto the surface
    assert atlas.view()["tracks"] == "dropped"
    assert difference(quarter, atlas.picture()) > 0.0005


def test_markup_stays_text(visit, tmp_path):
    with viewing(nasty(tmp_path / "nasty.zarr")) as url:
        for mode in ("auto", "flat"):
            atlas = visit(f"{url}&mode={mode}", size=(1200, 620)).ready()
            page = atlas.page
            said = page.locator("body").inner_text()
            assert NASTY_WORDS in said
            page.get_by_role("button", name="What is known of this result").click()
            assert NASTY in page.locator(".drawer").inner_text()
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
    assert difference(solid.picture(), atlas.picture()) < 0.01
    assert atlas.hover(dx=0.06) == solid.hover(dx=0.06)
    atlas = visit(f"{address}#ids=atlas%2Fball", size=(720, 600), webgl=False).ready()
    assert colours(atlas.picture()) > 15


def test_what_is_not_there_is_said(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fgone&scale=purple&nonsense=1", size=PHONE)
    atlas.seen.expected.append("404")
    atlas.page.get_by_text("This result cannot be shown").wait_for()
    assert "there is no result" in atlas.tile().inner_text()
    notices = atlas.page.locator(".notices").inner_text()
    assert "nonsense" in notices and "purple" in notices
    other = visit(address.replace("token=", "token=x"))
    other.seen.expected += ["403", "favicon"]
    assert "open the address that lossatlas view printed" in other.page.locator("body").inner_text()
