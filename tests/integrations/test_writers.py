"""What a monitor writes, read back from TensorBoard's event files and from the files of an offline run of Weights & Biases."""

import json
import math
import struct
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from integrated import WITHOUT, make

import lossatlas as la
from lossatlas.errors import InputError


def watched(writer, **options) -> tuple[la.Monitor, object]:
    """Ten steps, monitored; the log and what came of it."""
    objective = make()
    monitor = la.Monitor(objective, probes=("loss", "gradient"), budget=None, writers=[writer], **options)
    sgd = partial(torch.optim.SGD, lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a writer that fails is left out with a warning
        la.fit(objective.training(), optimizer=sgd, steps=10, seed=0, hooks=[monitor])
        monitor.close()
    return monitor, monitor.dataset()


def landscape():
    objective = make()
    return la.sweep(la.probes.loss(objective), la.random_slice(objective, seed=0), {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 4)})


def test_tensorboard_holds_scalars_events_and_pictures(tmp_path: Path):
    pytest.importorskip("tensorboard", reason=WITHOUT)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from lossatlas.integrations.tensorboard import TensorBoardWriter

    writer = TensorBoardWriter(tmp_path / "run")
    writer.result("landscape", landscape(), 10)
    _, ds = watched(writer)
    found = EventAccumulator(str(tmp_path / "run"), size_guidance={"scalars": 0, "tensors": 0})
    found.Reload()
    for name in ("loss", "gradient_norm", "training_loss"):
        rows = found.Scalars(f"lossatlas/{name}")
        there = ds[name].dropna("step")
        assert [row.step for row in rows] == there["step"].values.tolist()
        assert np.allclose([row.value for row in rows], there.values, rtol=1e-6)
    texts = [(row.step, row.tensor_proto.string_val[0].decode()) for row in found.Tensors("lossatlas/events/text_summary")]
    assert (10, "finished: ") in [(step, text[:10]) for step, text in texts]
    image = found.Images("lossatlas/landscape")[0]
    assert image.step == 10 and image.width > 300 and image.encoded_image_string.startswith(b"\x89PNG")


def test_a_summary_writer_that_is_given_stays_open_and_nan_stays_nan(tmp_path: Path):
    pytest.importorskip("tensorboard", reason=WITHOUT)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    from lossatlas.integrations.tensorboard import TensorBoardWriter

    own = SummaryWriter(str(tmp_path))
    writer = TensorBoardWriter(own, prefix="mine/")
    writer(3, {"loss": math.nan})
    writer.close()
    own.add_scalar("after", 1.0, 0)
    own.close()
    found = EventAccumulator(str(tmp_path))
    found.Reload()
    assert math.isnan(found.Scalars("mine/loss")[0].value) and found.Scalars("after")[0].value == 1.0


@pytest.fixture
def wandb(tmp_path, monkeypatch):
    """The real package, offline, in a folder of its own."""
    for key, value in {"MODE": "offline", "SILENT": "true", "DISABLE_GIT": "true", "CONSOLE": "off", "DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"WANDB_{key}", value)
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / name.lower()))
    return pytest.importorskip("wandb", reason=WITHOUT)


def logged(path: Path) -> Iterator[bytes]:
    """The records of a transaction log: LevelDB's log format after 7 bytes of W&B's own, pieces in blocks of 32 kB."""
    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # all of a record, or its last piece
            yield whole
            whole = b""


def records(folder: Path) -> tuple[list[dict], dict]:
    """History and summary of the offline run in a folder, as W&B's own messages; its service writes on for a moment after the end."""
    from wandb.proto import wandb_internal_pb2 as pb

    until = time.monotonic() + 60
    while True:
        found = [pb.Record.FromString(data) for data in logged(next(folder.glob("wandb/offline-run-*/run-*.wandb")))]
        if found and found[-1].WhichOneof("record_type") in ("exit", "final", "footer"):
            break
        assert time.monotonic() < until, "the offline run has no end"
        time.sleep(0.05)

    def items(listed) -> dict:
        return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in listed}

    history = [items(record.history.item) for record in found if record.WhichOneof("record_type") == "history"]
    summaries = [items(record.summary.update) for record in found if record.WhichOneof("record_type") == "summary"]
    return history, {key: value for one in summaries for key, value in one.items()}


def test_weights_and_biases_offline_holds_numbers_events_pictures_and_the_page(tmp_path: Path, wandb):
    from lossatlas.integrations.wandb import WandbWriter

    page, ds = tmp_path / "page.html", landscape()
    page.write_text("<!doctype html><title>atlas</title><p>the page</p>")
    run = wandb.init(project="p", dir=str(tmp_path))
    writer = WandbWriter(alerts=True)
    writer.result("landscape", ds, 10)
    writer.page(page)
    writer.page(ds, "live")
    with pytest.raises(InputError, match=r"there is no page 'nothing.html'; make it first: lossatlas export"):
        writer.page("nothing.html")
    _, ds = watched(writer)
    assert wandb.run is run  # it stays open
    run.finish()
    history, summary = records(tmp_path)
    for name in ("loss", "gradient_norm", "training_loss"):
        rows = {row["lossatlas/step"]: row[f"lossatlas/{name}"] for row in history if f"lossatlas/{name}" in row}
        there = ds[name].dropna("step")
        assert rows == dict(zip(there["step"].values.tolist(), there.values.tolist(), strict=True))
    kinds = {key: value for row in history for key, value in row.items() if key.endswith("/_type")}
    assert [kinds[f"lossatlas/{name}/_type"] for name in ("landscape", "atlas", "events")] == ["image-file", "html-file", "table-file"]
    files = next(tmp_path.glob("wandb/offline-run-*/files"))
    assert "the page" in next(files.glob("media/html/lossatlas/atlas*.html")).read_text()
    assert "lossatlas-inlined" in next(files.glob("media/html/lossatlas/live*.html")).read_text()
    table = json.loads(next(files.glob("media/table/lossatlas/*.json")).read_text())
    assert table["columns"] == ["step", "event", "text"] and [10, "finished"] in [row[:2] for row in table["data"]]
    assert summary["lossatlas/last_event"].startswith("step 10: finished")


def test_the_step_of_a_run_that_logs_with_its_own_is_not_moved_on(tmp_path: Path, wandb):
    from lossatlas.integrations.wandb import WandbWriter

    with pytest.raises(InputError, match="got no run and none is active"):
        WandbWriter()
    run = wandb.init(project="p", dir=str(tmp_path))
    with pytest.raises(InputError, match="steps is 'mine'"):
        WandbWriter(run, steps="mine")
    writer = WandbWriter(run, steps="run")
    for step in range(3):
        run.log({"own": step}, step=step)
        writer(step, {"loss": step / 2})
    run.finish()
    history, _ = records(tmp_path)
    assert [(row["own"], row["lossatlas/loss"], row["_step"]) for row in history] == [(0, 0.0, 0), (1, 0.5, 1), (2, 1.0, 2)]
