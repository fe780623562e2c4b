"""Somebody opens two landscapes, moves around in them and reads numbers."""

import numpy as np
import pytest
from browsed import colours, difference, parse, viewing

import lossatlas as la


@pytest.fixture(scope="module")
def two(atlas, chromium):
    """``lossatlas view`` with two results named, which stand side by side."""
    with viewing(atlas / "short", atlas / "noshort") as url:
        yield url


def test_two_landscapes_side_by_side(visit, two):
    atlas = visit(two).ready(2)
    assert atlas.titles() == ["short", "noshort"]
    assert [colours(atlas.picture(number)) > 40 for number in range(2)] == [True, True]
    assert difference(atlas.picture(0), atlas.picture(1)) > 0.05
    captions = atlas.page.locator(".tile-caption").all_inner_texts()
    assert all("500 examples" in text for text in captions)
    assert "cross-entropy" in atlas.page.locator(".common-bar").text_content()  # one bar: one scale for both
    assert "short" in atlas.page.title()


def test_turning_one_turns_both_and_back_undoes_nothing_else(visit, two):
    atlas = visit(two, size=(900, 560)).ready(2)
    before = [atlas.picture(number) for number in range(2)]
    assert "camera" not in atlas.view()
    atlas.drag()
    atlas.until(lambda: "camera" in atlas.view())
    for number, one in enumerate(before):
        atlas.changes(one, 0.05, number)
    turned = atlas.view()["camera"]
    atlas.page.keyboard.press("1")
    atlas.until(lambda: atlas.view().get("camera", turned) != turned)
    atlas.until(lambda: float(atlas.view()["camera"].split(",")[1]) > 80)  # from the top
    atlas.page.go_back()
    atlas.views(camera=turned)
    atlas.page.reload()
    atlas.ready(2)
    atlas.views(camera=turned)


def test_unlinked_cameras_move_alone(visit, two):
    atlas = visit(f"{two}&linked=off").ready(2)
    before = [atlas.picture(number) for number in range(2)]
    atlas.drag()
    atlas.changes(before[0], 0.05)
    assert difference(before[1], atlas.picture(1)) == 0


@pytest.mark.parametrize("mode", ["auto", "flat"])
def test_the_pointer_reads_the_cell_below_it(visit, two, atlas, mode):
    page = visit(f"{two.split('#')[0]}#ids=atlas%2Fshort&mode={mode}&camera=-90,90,3,0,0,0").ready()
    ds = la.open(atlas / "short")
    said = page.hover(dx=0.06, dy=-0.04)
    x, y = (parse(next(text for name, text in said.items() if letter in name)) for letter in "αβ")
    cell = ds.sel(alpha=x, beta=y, method="nearest")
    assert abs(float(cell.alpha) - x) < 0.06 and abs(float(cell.beta) - y) < 0.06
    loss = next(text for name, text in said.items() if "cross-entropy" in name)
    near = ds.loss.sel(alpha=slice(x - 0.06, x + 0.06), beta=slice(y - 0.08, y + 0.08))
    assert near.min() * 0.99 <= parse(loss) <= near.max() * 1.01, said
    assert "±" in loss
    accuracy = next(text for name, text in said.items() if "accuracy" in name)
    assert abs(parse(accuracy) - float(cell.accuracy)) < 0.06


def test_scale_changes_the_picture_and_the_address_and_back_undoes(visit, two):
    atlas = visit(two).ready(2)
    atlas.page.keyboard.press("s")
    before = atlas.picture()
    atlas.page.get_by_role("radio", name="Linear").check(force=True)
    atlas.views(scale="linear")
    atlas.changes(before, 0.05)
    atlas.until(lambda: "log scale" not in atlas.page.locator(".common-bar").text_content())
    atlas.page.go_back()
    atlas.views(scale=None)
    atlas.until(lambda: difference(before, atlas.picture()) < 0.01)


def test_colours_of_another_quantity_leave_the_height(visit, two):
    atlas = visit(two).ready(2)
    atlas.page.keyboard.press("s")
    before = atlas.picture()
    atlas.page.get_by_label("Colour by").select_option("accuracy")
    atlas.views(color="accuracy")
    atlas.changes(before, 0.05)
    atlas.until(lambda: "accuracy" in atlas.page.locator(".common-bar").text_content())
    atlas.page.get_by_label("Colour map").select_option("cividis")
    atlas.views(map="cividis")


def test_results_are_put_beside_and_taken_away(visit, two, address):
    atlas = visit(f"{address}#ids=atlas%2Fshort,atlas%2Fnoshort", size=(1100, 640)).ready(2)
    page = atlas.page
    page.keyboard.press("r")
    page.get_by_role("searchbox").fill("survey")
    page.get_by_role("button", name="Show survey beside the others").click()
    atlas.ready(3)
    atlas.until(lambda: atlas.titles() == ["short", "noshort", "survey"])
    page.get_by_role("button", name="Take this result away").nth(1).click()
    atlas.until(lambda: atlas.titles() == ["short", "survey"])
    page.go_back()
    atlas.ready(3)
    page.get_by_role("button", name="Move left").nth(1).click()
    atlas.until(lambda: atlas.titles() == ["noshort", "short", "survey"])
    page.get_by_role("searchbox").fill("no such result")
    atlas.says(".catalogue-list", "Nothing matches")


def test_what_a_survey_predicted_is_told_from_what_it_evaluated(visit, address):
    atlas = visit(f"{address}#ids=atlas%2Fsurvey&mode=flat").ready()
    atlas.page.keyboard.press("s")
    before = atlas.picture()
    atlas.page.get_by_label("Colour by").select_option("evaluated")
    atlas.changes(before, 0.1)
    assert atlas.page.locator(".colorbar").text_content() == "evaluated or predictedevaluatedpredicted"


def test_holes_stay_holes(visit, address, atlas):
    page = visit(f"{address}#ids=atlas%2Fholes&mode=flat").ready()
    assert np.isnan(la.open(atlas / "holes").loss.values).sum() == 25
    box = page.tile().locator(".tile-picture").bounding_box()
    assert box["height"] > 200
    said = page.hover(dx=-0.3, dy=0.28)  # the lower left corner is a hole
    assert any("not a number" in text or "no value" in text or "hole" in text or text == "—" for text in said.values()), said


def test_nothing_is_drawn_while_nothing_happens(visit, two):
    atlas = visit(two).ready(2)
    atlas.stands_still()


def test_keys(visit, two):
    atlas = visit(two).ready(2)
    page = atlas.page
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys and gestures")
    sheet.wait_for(state="visible")
    assert "contour lines" in sheet.inner_text()
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    page.keyboard.press("d")
    atlas.until(lambda: page.evaluate("document.documentElement.dataset.theme") == "dark")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("""() => {
            const at = document.activeElement
            const tile = at.closest('.tile-picture') && at.closest('.tile')
            return tile ? 'picture of ' + tile.getAttribute('aria-label') : at.getAttribute('aria-label') || at.tagName
        }"""))
    assert {"picture of short", "picture of noshort", "Save this picture"} <= reached
    atlas.tile().locator(".tile-picture [tabindex='0']").first.focus()
    turned = atlas.view().get("camera")
    page.keyboard.press("ArrowRight")
    atlas.until(lambda: atlas.view().get("camera") != turned)
