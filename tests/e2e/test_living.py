"""Results that change while somebody looks at them: a sweep in another process, a server that restarts, thousands of messages."""

import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from browsed import serving
from kinds import Growing, bowl

#: A minute's landscape in another process, until somebody who has seen enough of it makes the file "hurry".
SWEEP = """
import sys, time, torch, lossatlas as la
from pathlib import Path
hurry = Path(sys.argv[2])
objective = la.Objective.from_module(torch.nn.Linear(3, 2), (torch.randn(20, 3), torch.arange(20) % 2), loss="cross_entropy")
inner = la.probes.loss(objective)
class Slow:
    quantities = (inner.quantities[0],)
    def __call__(self, point):
        time.sleep(0 if hurry.exists() else 0.03)
        return {"loss": inner(point)["loss"]}
coords = {"alpha": la.axis(-1, 1, 45), "beta": la.axis(-1, 1, 45)}
la.sweep(Slow(), la.random_slice(objective, seed=0), coords, store=sys.argv[1])
"""


@pytest.fixture
def store(tmp_path):
    """A store with one small result."""
    Growing(tmp_path / "live.zarr" / "first", "slice", *bowl(9, 9)).finish()
    return tmp_path / "live.zarr"


def done(atlas):
    """Points of the tile's progress bar; None where it shows none."""
    said = atlas.page.evaluate("""() => {
        const meter = document.querySelector('.tile .meter')
        return meter && !meter.hidden ? Number(meter.getAttribute('aria-valuenow')) : null
    }""")
    return said


def test_a_sweep_in_another_process_appears_while_it_runs(visit, store, tmp_path):
    with serving(store, "t") as port:
        atlas = visit(f"http://127.0.0.1:{port}/?token=t#mode=flat&ids=live%2Fgrowing", size=(960, 560))
        atlas.seen.expected += ["404"]  # asked for before it is there
        atlas.page.evaluate("window.same = true")
        atlas.page.get_by_text("cannot be shown").wait_for()
        hurry = tmp_path / "hurry"
        sweep = subprocess.Popen([sys.executable, "-c", SWEEP, f"{store}/growing", hurry], env={**os.environ, "OMP_NUM_THREADS": "1"})
        try:
            counts, pictures = [], []
            atlas.until(lambda: done(atlas) is not None, 60)
            while sweep.poll() is None:
                now = done(atlas)
                if now is not None and (not counts or now > counts[-1]):
                    counts.append(now)
                    if atlas.page.locator(".colorbar").count():
                        pictures.append(atlas.picture())
                if len(counts) >= 3 and pictures:
                    hurry.touch()
                atlas.page.wait_for_timeout(30)
            assert sweep.returncode == 0
        finally:
            sweep.kill()
        assert len(counts) >= 3 and counts[0] < 45 * 45, counts
        atlas.until(lambda: done(atlas) is None)
        atlas.changes(pictures[0], 0.02)
        assert atlas.page.evaluate("window.same") is True  # the page was never loaded again
        assert "coarse first" not in atlas.page.locator(".tile-caption").inner_text()
        atlas.rest()
        atlas.page.close()


def test_after_the_server_restarts_the_page_goes_on(visit, store):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    growing = Growing(store / "grown", "slice", *bowl(9, 9), chunk=27)
    growing.write(0)
    with serving(store, "t", port):
        atlas = visit(f"http://127.0.0.1:{port}/?token=t#mode=flat&ids=live%2Fgrown", size=(960, 560)).ready()
        assert done(atlas) == 27
    atlas.seen.expected += ["WebSocket connection", "ERR_CONNECTION_REFUSED"]
    notice = atlas.page.locator(".notice", has_text="Connection lost")
    notice.wait_for()
    assert atlas.page.locator(".tile-picture canvas").first.is_visible()  # what was there stays
    growing.finish()
    with serving(store, "t", port):
        notice.wait_for(state="detached")
        atlas.until(lambda: done(atlas) is None)
        atlas.says(".connection", "live")
    atlas.page.close()


def test_a_thousand_changes_do_not_pile_up(visit, store):
    x, y = np.linspace(-1, 1, 40), np.linspace(-1, 1, 25)
    growing = Growing(store / "many", "slice", {"alpha": x, "beta": y}, bowl(40, 25)[1], chunk=1)
    growing.write(0)
    with serving(store, "t") as port:
        atlas = visit(f"http://127.0.0.1:{port}/?token=t#mode=flat&ids=live%2Fmany", size=(960, 560)).ready()
        began = time.monotonic()
        growing.finish()
        atlas.until(lambda: done(atlas) is None)
        looks = (time.monotonic() - began) / 0.1
        asked = len(atlas.seen.documents())
        assert 2 <= asked <= looks + 3, (asked, looks)
        atlas.rest()
        atlas.page.close()


KEEP_SOCKET = """
const Own = WebSocket
window.WebSocket = class extends Own { constructor(...given) { super(...given); window.socket = this } }
"""
BURST = """async () => {
    const answer = await fetch("/api/catalogue", { headers: { "x-lossatlas-token": "t" } })
    const [entry] = (await answer.json()).entries
    for (let number = 0; number < 5000; number++) {
        const data = JSON.stringify({ type: "changed", entries: [{ ...entry, revision: `r${number}` }], gone: [] })
        window.socket.dispatchEvent(new MessageEvent("message", { data }))
    }
    return entry.id
}"""


def test_messages_that_come_faster_than_documents_lead_to_one_more(visit, store):
    with serving(store, "t") as port:
        address = f"http://127.0.0.1:{port}/?token=t#mode=flat&ids=live%2Ffirst"
        atlas = visit(address, size=(960, 560), before=lambda page: page.add_init_script(KEEP_SOCKET)).ready()
        before = len(atlas.seen.documents())
        assert atlas.page.evaluate(BURST) == "live/first"
        atlas.until(lambda: len(atlas.seen.documents()) > before)
        atlas.stands_still()
        assert len(atlas.seen.documents()) - before <= 2  # one on its way, one after it
        atlas.page.close()
