"""Pictures of the viewer for people to judge: ``python tests/e2e/look.py FOLDER [WORD…]``; with words, those whose names hold one of them.

The results are the toys of :mod:`kinds`, the landscapes of ``make demo`` where they are, and a surface of 301 × 301 points, whose first
picture is timed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from browsed import COUNTING, FLAGS, NO_WEBGL, PHONE, Atlas, Seen, viewing
from kinds import Growing, atlas, bowl, nasty

DEMO = Path(__file__).parents[2] / "demo" / "demo.zarr"
WIDE, DESK = (1440, 900), (1280, 800)
HAND = {"has_touch": True, "device_scale_factor": 2}
TWO = "ids=atlas%2Fshort,atlas%2Fnoshort"


def shots() -> dict[str, tuple[str, tuple[int, int], dict[str, Any]]]:
    """name -> (view, size, options of the context)."""
    made: dict[str, tuple[str, tuple[int, int], dict[str, Any]]] = {
        "demo-light": ("ids=demo%2Fdigits_resnet-seed0,demo%2Fdigits_resnet_noshort-seed0", WIDE, {}),
        "demo-dark": ("ids=demo%2Fdigits_resnet-seed0,demo%2Fdigits_resnet_noshort-seed0&theme=dark", WIDE, {}),
        "demo-one": ("ids=demo%2Fdigits_resnet_noshort-seed0", WIDE, {}),
        "demo-flat": ("ids=demo%2Fdigits_resnet-seed0,demo%2Fdigits_resnet_noshort-seed0&mode=flat", WIDE, {}),
        "demo-flat-dark": ("ids=demo%2Fdigits_resnet_noshort-seed0&mode=flat&theme=dark", DESK, {}),
        "demo-phone": ("ids=demo%2Fdigits_resnet-seed0,demo%2Fdigits_resnet_noshort-seed0", PHONE, dict(HAND)),
        "empty-start": ("", DESK, {}),
        "surface-track": ("ids=atlas%2Fshort", DESK, {}),
        "surface-track-dropped": ("ids=atlas%2Fshort&tracks=dropped&time=0.5&theme=dark", DESK, {}),
        "surface-top": ("ids=atlas%2Fshort&camera=-90,90,3.35,0,0,-0.04", DESK, {}),
        "surface-accuracy": ("ids=atlas%2Fnoshort&color=accuracy&map=cividis", DESK, {}),
        "surface-holes": ("ids=atlas%2Fholes", DESK, {}),
        "surface-301": ("ids=large%2Fplane", WIDE, {}),
        "compare-six": ("ids=atlas%2Fshort,atlas%2Fnoshort,atlas%2Fsurvey,atlas%2Fholes,atlas%2Fline,atlas%2Fball", WIDE, {}),
        "survey-evaluated": ("ids=atlas%2Fsurvey&color=evaluated", DESK, {}),
        "survey-evaluated-flat": ("ids=atlas%2Fsurvey&color=evaluated&mode=flat", DESK, {}),
        "series": ("series=atlas%2Frun-slices%2Fstep*", DESK, {}),
        "volume": ("ids=atlas%2Fball", DESK, {}),
        "volume-dark": ("ids=atlas%2Fball&theme=dark&iso=0.7&cut=0.3", DESK, {}),
        "volume-flat": ("ids=atlas%2Fball&mode=flat", DESK, {}),
        "markup": ("ids=nasty%2F%3Cscript%3Ewindow.x%3D1%3C%2Fscript%3E", DESK, {}),
        "no-such": ("ids=atlas%2Fgone", DESK, {}),
        "phone-surface": ("ids=atlas%2Fshort", PHONE, dict(HAND)),
        "phone-chart": ("ids=atlas%2Fhessian", PHONE, dict(HAND)),
        "phone-dark": ("ids=atlas%2Fshort&mode=flat&theme=dark", PHONE, dict(HAND)),
    }
    for kind in ("line", "hessian", "run", "training", "curve", "minima", "pruning", "likeness"):
        made[f"chart-{kind}"] = (f"ids=atlas%2F{kind}", DESK, {})
    made["chart-dark"] = ("ids=atlas%2Fhessian&theme=dark", DESK, {})
    made["charts-side"] = ("ids=atlas%2Fline,atlas%2Ftraining,atlas%2Fhessian,atlas%2Fminima", WIDE, {})
    return made


def after(page: Any, seen: Atlas, name: str) -> None:
    """What a person does before the picture is taken."""
    if name in ("surface-track", "demo-flat", "chart-line"):
        seen.hover(dx=0.05, dy=0.05)
    if name == "phone-surface":
        page.get_by_role("button", name="Settings").click()


def take(folder: Path, words: list[str]) -> None:
    """Take the pictures."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        stores = [atlas(Path(place) / "atlas.zarr"), nasty(Path(place) / "nasty.zarr"), *([DEMO] if DEMO.is_dir() else [])]
        Growing(Path(place) / "large.zarr" / "plane", "slice", *bowl(301, 301, rough=1.0), chunk=8192).finish()
        stores.append(Path(place) / "large.zarr")
        with viewing(*stores) as url:
            browsers = {webgl: playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
                        for webgl, flags in ((True, FLAGS), (False, NO_WEBGL))}
            every = shots()
            every["no-webgl"] = (TWO, DESK, {"webgl": False})
            for name, (view, size, options) in every.items():
                if words and not any(word in name for word in words):
                    continue
                context = browsers[options.pop("webgl", True)].new_context(viewport={"width": size[0], "height": size[1]}, **options)
                page = context.new_page()
                page.add_init_script(COUNTING)
                seen = Seen()
                seen.attend(page)
                page.goto(f"{url}#{view}")
                one = Atlas(page, seen)
                try:
                    page.wait_for_selector(".tile, .empty:not([hidden])", timeout=15_000)
                    page.wait_for_function("() => !document.querySelector('.tile .spinner')", timeout=30_000)
                    one.rest()
                    after(page, one, name)
                    page.wait_for_timeout(300)
                except Exception as error:
                    print(name, str(error).splitlines()[0])
                page.screenshot(path=folder / f"{name}.png")
                ready = page.evaluate("document.documentElement.dataset.ready")
                print(f"{name}: first picture after {ready} ms", *seen.complaints, flush=True)
                context.close()
            for browser in browsers.values():
                browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    take(target, sys.argv[2:])
