"""Checkpoints that others wrote, opened as runs: files laid out as plain scripts, the Hugging Face Trainer and Lightning write them."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import lossatlas as la


def network(seed=0, width=3):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(2, width), torch.nn.BatchNorm1d(width), torch.nn.Linear(width, 2))


def trained(steps=2, seed=0):
    """A network, its optimizer and scheduler after so many steps."""
    model = network(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(8, 2)).square().sum().backward()
        optimizer.step()
        scheduler.step()
    return model, optimizer, scheduler


def objective(model=None):
    model = network() if model is None else model
    torch.manual_seed(1)
    return la.Objective.from_module(model, (torch.randn(6, 2), torch.tensor([0, 1, 0, 1, 0, 1])), loss="cross_entropy")


def floats(state):
    return {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}


def same(point, state):
    assert point.keys() == floats(state).keys()
    assert all(torch.equal(point[name], state[name]) for name in point)


def write_trainer(folder, step, model, optimizer=None, scheduler=None, *, shards=0, pickled=False):
    """One ``checkpoint-N`` as transformers' Trainer writes it."""
    place = folder / f"checkpoint-{step}"
    place.mkdir(parents=True)
    state = model.state_dict()
    stem, suffix = ("pytorch_model", ".bin") if pickled else ("model", ".safetensors")
    write = torch.save if pickled else (lambda tensors, path: save_file(tensors, path, {"format": "pt"}))
    if shards:
        names = list(state)
        files = {name: f"{stem}-{k % shards + 1:05d}-of-{shards:05d}{suffix}" for k, name in enumerate(names)}
        for file in set(files.values()):
            write({name: state[name] for name in names if files[name] == file}, place / file)
        index = {"metadata": {"total_size": 1}, "weight_map": files}
        (place / f"{stem}{suffix}.index.json").write_text(json.dumps(index))
    else:
        write(state, place / f"{stem}{suffix}")
    if optimizer is not None:
        torch.save(optimizer.state_dict(), place / "optimizer.pt")
        torch.save(scheduler.state_dict(), place / "scheduler.pt")
    torch.save({"python": None}, place / "training_args.bin")
    history = [{"epoch": 0.5 * k, "grad_norm": 1.5, "learning_rate": 0.1 / k, "loss": 2.0 / k, "step": k} for k in range(1, step + 1)]
    history.append({"epoch": 0.5 * step, "eval_loss": 0.25, "eval_runtime": 0.1, "step": step})
    (place / "trainer_state.json").write_text(json.dumps({"best_metric": None, "epoch": 1.0, "global_step": step, "log_history": history,
                                                          "max_steps": 10, "num_train_epochs": 1}))


def write_lightning(path, model, optimizer=None, scheduler=None, *, epoch=0, step=0, under="model."):
    """A checkpoint as Lightning's Trainer writes it, of a module that keeps the network under a name and a metric beside it."""
    state = {f"{under}{name}": tensor for name, tensor in model.state_dict().items()} | {"running_accuracy.total": torch.tensor(3.0)}
    torch.save({"epoch": epoch, "global_step": step, "pytorch-lightning_version": "2.5.0", "state_dict": state, "loops": {"fit_loop": {}},
                "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_path": str(path), "best_model_score": torch.tensor(0.5)}},
                "optimizer_states": [] if optimizer is None else [optimizer.state_dict()],
                "lr_schedulers": [] if scheduler is None else [scheduler.state_dict()]}, path)


@pytest.mark.parametrize("suffix", ["pt", "pth", "ckpt", "bin", "safetensors"])
def test_a_folder_of_state_dicts_in_the_order_of_its_numbers(tmp_path, suffix):
    states = {step: network(step).state_dict() for step in (2, 10, 9, 100)}
    for step, state in states.items():
        (save_file if suffix == "safetensors" else torch.save)(state, tmp_path / f"resnet20_v2-{step}.{suffix}")
    (tmp_path / "notes.txt").write_text("no checkpoint")
    run = la.open_run(tmp_path)
    assert run.steps == (2, 9, 10, 100)
    assert run.finished
    for step, state in states.items():
        same(run.at(step), state)
    same(run.at(-1), states[100])
    expected = tmp_path / "resnet20_v2-9.safetensors" if suffix == "safetensors" else None
    assert run.file(9) == expected


def test_checkpoints_of_training_scripts_with_their_optimizer(tmp_path):
    model, optimizer, scheduler = trained()
    torch.save({"epoch": 3, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
                "scheduler": scheduler.state_dict()}, tmp_path / "ckpt_epoch3.pt")
    run = la.open_run(tmp_path)
    assert (run.steps, run.about["unit"]) == ((3,), "epoch")
    fresh, other, third = trained(steps=0, seed=5)
    assert run.restore(3, fresh, other, scheduler=third) == 3
    same(run.at(3), fresh.state_dict())
    batch = torch.randn(8, 2)
    for net, opt in ((model, optimizer), (fresh, other)):
        opt.zero_grad()
        net(batch).square().sum().backward()
        opt.step()
    assert third.get_last_lr() == scheduler.get_last_lr()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), fresh.parameters(), strict=True))


@pytest.mark.parametrize("kind", [{}, {"shards": 2}, {"pickled": True}, {"pickled": True, "shards": 3}])
def test_checkpoints_of_the_trainer(tmp_path, kind):
    runs = {step: trained(step) for step in (2, 10)}
    for step, parts in runs.items():
        write_trainer(tmp_path, step, *parts, **kind)
    (tmp_path / "runs").mkdir()
    save_file(runs[10][0].state_dict(), tmp_path / "model.safetensors")  # save_model at the end
    run = la.open_run(tmp_path)
    assert run.steps == (2, 10)
    assert run.about == {"kind": "transformers", "unit": "step", "left_out": ["model.safetensors"]}
    same(run.at(2), runs[2][0].state_dict())
    state = run.state(2)
    assert state.step == 2
    assert state.optimizer["state"].keys() == runs[2][1].state_dict()["state"].keys()
    assert state.scheduler["last_epoch"] == 2
    assert run.file(2) == (tmp_path / "checkpoint-2" / "model.safetensors" if kind == {} else None)
    metrics = run.metrics()
    assert metrics["step"].values.tolist() == list(range(1, 11))
    assert metrics["loss"].sel(step=4) == 0.5
    assert metrics["lr"].sel(step=10) == pytest.approx(0.01)
    assert metrics["eval_loss"].sel(step=10) == 0.25
    assert np.isnan(metrics["eval_loss"].sel(step=2))
    flat = [np.concatenate([p.detach().double().numpy().ravel() for p in runs[step][0].parameters()]) for step in (2, 10)]
    assert metrics["norm"].sel(step=10) == pytest.approx(np.linalg.norm(flat[1]))
    assert metrics["distance"].sel(step=10) == pytest.approx(np.linalg.norm(flat[1] - flat[0]))
    assert np.isnan(metrics["norm"].sel(step=5))
    losses = la.sweep(la.probes.loss(objective()), run.trajectory(), {})["loss"]
    assert losses["step"].values.tolist() == [2, 10]
    assert losses.sel(step=2) == pytest.approx(float(objective().value(run.at(2))))


def test_one_checkpoint_of_the_trainer_is_a_run_of_one_step(tmp_path):
    write_trainer(tmp_path, 7, network())
    assert la.open_run(tmp_path / "checkpoint-7").steps == (7,)
    (tmp_path / "checkpoint-7").rename(tmp_path / "final")
    assert la.open_run(tmp_path / "final").steps == (7,)


def test_checkpoints_of_lightning(tmp_path):
    folder = tmp_path / "version_0" / "checkpoints"
    folder.mkdir(parents=True)
    runs = {400: trained(1), 1200: trained(3)}
    for step, parts in runs.items():
        write_lightning(folder / f"epoch={step // 100}-step={step}.ckpt", *parts, step=step)
    write_lightning(folder / "last.ckpt", *runs[1200], step=1200)
    run = la.open_run(tmp_path / "version_0", prefix="model.")
    assert run.steps == (400, 1200)
    assert run.about == {"kind": "lightning", "unit": "step", "left_out": ["last.ckpt"]}
    same(run.at(400), runs[400][0].state_dict())
    assert run.state(1200).optimizer["state"][0]["step"] == 3
    assert run.state(1200).scheduler["last_epoch"] == 3
    fresh = network(9)
    run.restore(1200, fresh)
    assert all(torch.equal(tensor, fresh.state_dict()[name]) for name, tensor in runs[1200][0].state_dict().items())  # counters, too


@pytest.mark.parametrize("under", ["model.", "net.0.", ""])
def test_the_prefix_is_found_by_the_network(tmp_path, under):
    model = network(3)
    write_lightning(tmp_path / "epoch=0-step=10.ckpt", model, under=under)
    if under:
        same(la.open_run(tmp_path).matching(objective()).at(10), model.state_dict())
    else:  # what the module has beside the network is no part of it, and nothing says so
        with pytest.raises(la.InputError, match=r"unknown 'running_accuracy.total'"):
            la.open_run(tmp_path).matching(objective())


def test_a_name_that_says_epochs_and_a_loss(tmp_path):
    for epoch, loss in ((3, 0.25), (12, 0.1)):
        write_lightning(tmp_path / f"epoch={epoch:02d}-val_loss={loss}.ckpt", network(), under="")
    run = la.open_run(tmp_path)
    assert (run.steps, run.about["unit"]) == ((3, 12), "epoch")


@pytest.mark.parametrize("names, said", [
    (["a.pt", "b.pt"], "'.*a.pt' has no number"),
    (["best_0.25.pt"], "ends in 0.25, which counts nothing"),
    (["10_v2.pt", "20_v2.pt"], "'10_v2.pt' and '20_v2.pt' in .* both have the number 2"),
    (["epoch=1-step=5.ckpt", "epoch=1-step=5-v1.ckpt"], "both have the number 5"),
    (["step_1.pt", "final.pt"], "'.*final.pt' has no number; .* rename it, e.g. 'step_100.pt'"),
])
def test_names_that_leave_a_choice_are_refused(tmp_path, names, said):
    for name in names:
        torch.save(network().state_dict(), tmp_path / name)
    with pytest.raises(la.InputError, match=said):
        la.open_run(tmp_path)


def test_what_is_no_folder_of_checkpoints(tmp_path):
    with pytest.raises(la.InputError, match=r"no run at '.*gone'; expected the folder that a Recorder wrote"):
        la.open_run(tmp_path / "gone")
    with pytest.raises(la.InputError, match=r"has no run.json and no checkpoints; expected files \*.safetensors"):
        la.open_run(tmp_path)
    (tmp_path / "checkpoint-5").mkdir()
    with pytest.raises(la.InputError, match=r"'.*checkpoint-5' has no weights; expected model.safetensors"):
        la.open_run(tmp_path)


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_another_network_in_the_folder(tmp_path, suffix):
    write = save_file if suffix == "safetensors" else torch.save
    write(network().state_dict(), tmp_path / f"1.{suffix}")
    write(network(width=4).state_dict(), tmp_path / f"2.{suffix}")
    said = rf"'.*2.{suffix}' is a checkpoint of another network than '1.{suffix}': .* has shape \(4.* instead of shape \(3"
    if suffix == "safetensors":  # their headers tell it at once
        with pytest.raises(la.InputError, match=said):
            la.open_run(tmp_path)
    else:
        run = la.open_run(tmp_path)
        run.at(1)
        with pytest.raises(la.InputError, match=said):
            run.at(2)


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_files_that_cannot_be_read(tmp_path, suffix):
    (save_file if suffix == "safetensors" else torch.save)(network().state_dict(), tmp_path / f"3.{suffix}")
    (tmp_path / f"3.{suffix}").write_bytes((tmp_path / f"3.{suffix}").read_bytes()[:100])
    with pytest.raises(la.InputError, match=rf"3\.{suffix}' is not a readable"):
        la.open_run(tmp_path).at(3)


def test_pickles_are_not_opened(tmp_path):
    torch.save({"state_dict": network().state_dict(), "hyper_parameters": network()}, tmp_path / "epoch=0-step=1.ckpt")
    with pytest.raises(la.InputError, match=r"step=1.ckpt' is a pickle that needs more than tensors \(torch.nn"):
        la.open_run(tmp_path).at(1)


def test_damaged_files_of_the_trainer(tmp_path):
    write_trainer(tmp_path, 2, network(), shards=2)
    place = tmp_path / "checkpoint-2"
    index = place / "model.safetensors.index.json"
    whole = index.read_text()
    index.write_text(whole.replace("model-00001", "../model-00001"))
    with pytest.raises(la.InputError, match=r"no weight_map of names to files beside it"):
        la.open_run(tmp_path)
    index.write_text(whole[:40])
    with pytest.raises(la.InputError, match=r"index.json' cannot be read"):
        la.open_run(tmp_path)
    index.write_text(whole)
    (place / "trainer_state.json").write_text('{"log_history": [1]}')
    with pytest.raises(la.InputError, match=r"log_history that is no list of entries"):
        la.open_run(tmp_path).metrics()
    (place / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(la.InputError, match=r"model-00002-of-00002.safetensors"):
        la.open_run(tmp_path)


def test_steps_that_are_not_there(tmp_path):
    for step in (0, 10, 50):
        torch.save(network().state_dict(), tmp_path / f"{step}.pt")
    run = la.open_run(tmp_path)
    for wrong, near in ((28, 10), (-2, 0), (99, 50)):
        with pytest.raises(la.InputError, match=f"step {wrong} of .* is not there; the nearest is {near}, of 3 from 0 to 50"):
            run.at(wrong)
    with pytest.raises(la.InputError, match=r"step is True; expected a whole number"):
        run.at(True)
    with pytest.raises(la.InputError, match=r"50.pt' holds weights and no state of an optimizer.*init=run.at\(k\)"):
        run.state()


def test_a_prefix_that_no_name_has(tmp_path):
    write_lightning(tmp_path / "epoch=0-step=1.ckpt", network())
    with pytest.raises(la.InputError, match=r"begin with 'net.'; expected one of the beginnings model., running_accuracy."):
        la.open_run(tmp_path, prefix="net.").at(1)


def test_several_optimizers(tmp_path):
    model, optimizer, _ = trained()
    write_lightning(tmp_path / "step=1.ckpt", model)
    whole = torch.load(tmp_path / "step=1.ckpt")
    torch.save(whole | {"optimizer_states": [optimizer.state_dict()] * 2}, tmp_path / "step=1.ckpt")
    with pytest.raises(la.InputError, match=r"states of 2 optimizers"):
        la.open_run(tmp_path, prefix="model.").state(1)
