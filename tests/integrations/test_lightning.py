"""The callback in Lightning's own Trainer: the same training to the bit, the numbers of offline probes, and a log that goes on."""

import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from integrated import WITHOUT
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import lossatlas as la
from lossatlas.errors import InputError

pl = pytest.importorskip("pytorch_lightning", reason=WITHOUT)

from lossatlas.integrations.batches import first_batches  # noqa: E402
from lossatlas.integrations.lightning import LossAtlasCallback, objective_from  # noqa: E402

ALL, LOSS = {"probes": ("default", "lambda_max"), "budget": None}, {"probes": "loss", "budget": None}


class Net(pl.LightningModule):
    """BatchNorm, dropout, two parameter groups; by hand with two optimizers where asked."""

    def __init__(self, *, by_hand: bool = False) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.2))
        self.head = torch.nn.Linear(8, 3)
        self.automatic_optimization = not by_hand

    def forward(self, x):
        return self.head(self.net(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = torch.nn.functional.cross_entropy(self(x).float(), y)
        if self.automatic_optimization:
            return loss
        self.manual_backward(loss)
        for optimizer in self.optimizers():
            optimizer.step()
            optimizer.zero_grad()
        return {"loss": loss}

    def configure_optimizers(self):
        sgd = [torch.optim.SGD(part.parameters(), lr=rate, momentum=0.9) for part, rate in ((self.net, 0.1), (self.head, 0.05))]
        if not self.automatic_optimization:
            return sgd
        return torch.optim.SGD([{"params": self.net.parameters(), "lr": 0.1}, {"params": self.head.parameters(), "lr": 0.05}], momentum=0.9)


def data() -> DataLoader:
    """48 examples in shuffled batches of 8."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(48, 4, generator=generator)
    return DataLoader(TensorDataset(x, (x[:, 0] > 0).long() + (x[:, 1] > 0.5).long()), batch_size=8, shuffle=True)


class Keep(pl.Callback):
    """Every point after a step, as offline measurements want it; before the other callbacks see it."""

    def __init__(self) -> None:
        self.points, self.losses = {}, []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        here = {name: t.detach().clone() for name, t in pl_module.state_dict().items() if t.is_floating_point()}
        self.points.setdefault(trainer.global_step, here)  # the batches that follow without a step move running statistics
        self.losses.append(float(outputs["loss"]))


def fit(*callbacks, make=Net, epochs: int = 2, path: Path | None = None, ckpt: str | None = None, **options):
    """Train from a fixed seed; the module, and what random numbers came next."""
    pl.seed_everything(0)
    module = make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = pl.Trainer(max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
                             enable_checkpointing=False, callbacks=list(callbacks), default_root_dir=path, **options)
        trainer.fit(module, data(), ckpt_path=ckpt)
    return module, trainer, torch.rand(3)


@pytest.mark.parametrize("options", [{}, {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5}, {"precision": "bf16-mixed"}],
                         ids=["plain", "accumulation", "bf16"])
def test_training_is_the_same_to_the_bit_and_numbers_are_those_of_offline_probes(options):
    alone, _, after = fit(**options)
    keep, callback = Keep(), LossAtlasCallback(loss="cross_entropy", batches=2, **ALL)
    watched, trainer, later = fit(keep, callback, **options)
    assert all(torch.equal(a, b) for a, b in zip(alone.state_dict().values(), watched.state_dict().values(), strict=True))
    assert torch.equal(after, later)
    ds = callback.monitor.dataset()
    every = options.get("accumulate_grad_batches", 1)
    assert trainer.global_step == 12 // every and ds["step"].values.tolist() == list(range(12 // every + 1)) and ds.attrs["finished"]
    objective = callback.monitor.objective
    assert objective.data.n_examples == 16 and not objective.module.training
    for step in (1, trainer.global_step):
        at = ds.sel(step=step)
        assert float(at["loss"]) == float(la.probes.loss(objective)(keep.points[step])["loss"])
        offline = la.eigenpairs(la.hessian(objective, keep.points[step]), 1, tol=1e-4)
        assert float(at["lambda_max"]) == pytest.approx(float(offline.values[0]), rel=0.02)
    total = [sum(keep.losses[k : k + every]) for k in range(0, 12, every)]
    assert np.allclose(ds["training_loss"].values[1:], total) and float(ds["temperature"][1]) == pytest.approx(0.1 / (8 * every * 0.1))
    moved = {step: float((keep.points[step]["head.weight"] - keep.points[1]["head.weight"]).norm()) for step in (2, 3)}
    assert float(ds["update_norm"].sel(step=2)) >= moved[2] > 0


def test_by_hand_with_two_optimizers_every_batch_is_one_step():
    alone, _, _ = fit(make=partial(Net, by_hand=True))
    callback = LossAtlasCallback(loss="cross_entropy", optimizer=1, budget=None)
    watched, trainer, _ = fit(callback, make=partial(Net, by_hand=True))
    assert all(torch.equal(a, b) for a, b in zip(alone.state_dict().values(), watched.state_dict().values(), strict=True))
    ds = callback.monitor.dataset()
    assert trainer.global_step == 24 and ds["step"].values.tolist() == list(range(13))
    assert float(ds["lr"][-1]) == 0.05 and (ds["update_norm"].values[1:] > 0).all() and np.isfinite(ds["training_loss"].values[1:]).all()
    with pytest.raises(InputError, match="optimizer is 2; expected the number of one of 2 optimizers"):
        fit(LossAtlasCallback(loss="cross_entropy", optimizer=2), make=partial(Net, by_hand=True))


def test_a_resumed_run_is_measured_on_the_same_batches_and_its_log_goes_on(tmp_path):
    whole = LossAtlasCallback(loss="cross_entropy", store=tmp_path / "a.zarr/whole", **LOSS)
    fit(whole, epochs=2)
    first = LossAtlasCallback(loss="cross_entropy", store=tmp_path / "a.zarr/run", **LOSS)
    _, trainer, _ = fit(first, epochs=1)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    second = LossAtlasCallback(loss="cross_entropy", store=tmp_path / "a.zarr/run", **LOSS)
    fit(second, epochs=2, ckpt=str(tmp_path / "a.ckpt"))
    assert second.monitor.objective.data.digest() == first.monitor.objective.data.digest() == whole.monitor.objective.data.digest()
    ds = la.open(tmp_path / "a.zarr/run")
    assert ds["step"].values.tolist() == list(range(13)) and ds.attrs["finished"]
    assert "resumed" in [event["event"] for event in ds.attrs["events"]]
    before = la.open(tmp_path / "a.zarr/whole")
    assert np.array_equal(ds["loss"].values[:7], before["loss"].values[:7])


def test_an_exception_in_training_is_told_and_the_log_is_whole(tmp_path):
    class Breaks(Net):
        def training_step(self, batch, batch_idx):
            if batch_idx == 3:
                raise FloatingPointError("it broke")
            return super().training_step(batch, batch_idx)

    callback = LossAtlasCallback(loss="cross_entropy", store=tmp_path / "a.zarr/run", **LOSS)
    with pytest.raises(FloatingPointError, match="it broke"):
        fit(callback, make=Breaks)
    ds = la.open(tmp_path / "a.zarr/run")
    assert ds["step"].values.tolist() == [0, 1, 2, 3] and not ds.attrs["finished"]
    assert ("stopped", "FloatingPointError: it broke") in [(event["event"], event["text"]) for event in ds.attrs["events"]]


def test_an_objective_or_a_part_of_the_module_may_be_given():
    x = torch.randn(16, 4)
    objective = la.Objective.from_module(Net(), (x, torch.zeros(16, dtype=torch.long)), "cross_entropy")
    given = LossAtlasCallback(objective, **LOSS)
    fit(given, epochs=1)
    assert given.monitor.objective.data.digest() == objective.data.digest() and given.state_dict() == {"step": 6}
    part = LossAtlasCallback(loss="cross_entropy", network="inner", **LOSS)

    class Outer(Net):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Sequential(self.net, self.head)

        forward = None

        def training_step(self, batch, batch_idx):
            return torch.nn.functional.cross_entropy(self.inner(batch[0]), batch[1])

    fit(part, make=Outer, epochs=1)
    assert set(part.monitor.objective.params) == {name for name, _ in part.monitor.objective.module.named_parameters()}
    assert np.isfinite(part.monitor.dataset()["loss"]).all()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: LossAtlasCallback(), "neither an objective nor a loss"),
    (lambda: LossAtlasCallback(loss="mse", probe="loss"), "got 'probe'; expected options of la.Monitor: .*did you mean 'probes'"),
    (lambda: fit(LossAtlasCallback(loss="cross_entropy", batches=0)), "batches is 0")])
def test_wrong_options_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_the_loader_is_not_touched_and_gives_what_its_first_batches_are():
    class Counts(torch.utils.data.RandomSampler):
        rounds = 0

        def __iter__(self):
            self.rounds += 1
            return super().__iter__()

    own = torch.Generator().manual_seed(3)
    set_ = TensorDataset(torch.arange(24.0)[:, None], torch.zeros(24))
    sampler = Counts(set_, generator=own)
    loader = DataLoader(set_, batch_size=8, sampler=sampler)
    state, global_state = own.get_state(), torch.get_rng_state()
    two = first_batches(loader, 2)
    assert sampler.rounds == 0 and torch.equal(own.get_state(), state) and torch.equal(torch.get_rng_state(), global_state)
    real = iter(loader)
    assert all(torch.equal(found[0], next(real)[0]) for found in two)

    class Stream(IterableDataset):
        def __iter__(self):
            return iter([1.0])

    with pytest.raises(InputError, match="IterableDataset, which training itself reads"):
        first_batches(DataLoader(Stream()))
    with pytest.raises(InputError, match="training data are a list; expected a DataLoader"):
        first_batches([1])
    with pytest.raises(InputError, match="has no batches"):
        first_batches(DataLoader(TensorDataset(torch.zeros(3, 1)), batch_size=8, drop_last=True))


def test_objective_from_takes_batches_of_ones_own():
    pl.seed_everything(0)
    module = Net()
    batch = (torch.randn(8, 4), torch.zeros(8, dtype=torch.long))
    objective = objective_from(None, module, "cross_entropy", batches=[batch])
    module.eval()
    expected = torch.nn.functional.cross_entropy(module(batch[0]), batch[1]).detach()
    assert float(objective.value(objective.point())) == pytest.approx(float(expected), rel=1e-6)
