"""The viewer in Debian's Chromium; ``browsed`` and ``kinds`` importable by name. Without a browser these tests are skipped and say so."""

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def chromium():
    """Starts browsers: chromium(webgl=True). One of each sort for all tests of a worker."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        pytest.skip("end-to-end tests need playwright: pip install playwright==1.65.2")
    from browsed import FLAGS, NO_WEBGL

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("end-to-end tests need a browser: apt-get install chromium")
    started = {}
    with sync_playwright() as playwright:

        def start(webgl=True):
            if webgl not in started:
                try:
                    started[webgl] = playwright.chromium.launch(executable_path=path, args=FLAGS if webgl else NO_WEBGL)
                except Error as error:
                    pytest.skip(f"end-to-end tests need a browser, and {path} does not start: {str(error).splitlines()[0]}")
            return started[webgl]

        yield start
        for browser in started.values():
            browser.close()


@pytest.fixture
def visit(chromium):
    """Opens an address as somebody with a fresh profile; afterwards, no page may have complained of anything.

    visit(address, size=(width, height), webgl=True, before=f(page), **options of the context) -> Atlas
    """
    from browsed import COUNTING, DESKTOP, Atlas, Seen

    contexts, seen = [], []

    def go(address, *, size=DESKTOP, webgl=True, offline=False, before=None, **options):
        context = chromium(webgl).new_context(viewport={"width": size[0], "height": size[1]}, **options)
        context.set_default_timeout(20_000)
        context.set_offline(offline)
        contexts.append(context)
        page = context.new_page()
        if "LOSSATLAS_E2E_SLOW" in os.environ:  # so many times slower a machine: what only passes on a fast one shows
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": float(os.environ["LOSSATLAS_E2E_SLOW"])})
        page.add_init_script(COUNTING)
        seen.append(Seen())
        seen[-1].attend(page)
        if before:
            before(page)
        page.goto(address)
        return Atlas(page, seen[-1])

    yield go
    for context in contexts:
        context.close()
    assert not [said for one in seen for said in one.unexpected()]


@pytest.fixture(scope="session")
def atlas(tmp_path_factory):
    """A store with a result of every kind; nobody writes to it."""
    import kinds

    return kinds.atlas(tmp_path_factory.mktemp("e2e") / "atlas.zarr")


@pytest.fixture(scope="session")
def address(atlas, chromium):
    """Where ``lossatlas view`` shows it."""
    from browsed import viewing

    with viewing(atlas) as url:
        yield url
