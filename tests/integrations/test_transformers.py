"""The callback in the Trainer of transformers, on tiny networks with random weights; nothing is downloaded."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pytest
import torch
from integrated import WITHOUT

import lossatlas as la
from lossatlas.errors import InputError

transformers = pytest.importorskip("transformers", reason=WITHOUT)
pytest.importorskip("accelerate", reason=WITHOUT)

from lossatlas.integrations.transformers import LossAtlasCallback, objective_from, token_loss  # noqa: E402

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": 20,
         "max_position_embeddings": 12}


def gpt2() -> torch.nn.Module:
    torch.manual_seed(0)
    config = transformers.GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=20, n_positions=12, bos_token_id=0, eos_token_id=0)
    return transformers.GPT2LMHeadModel(config)


def bert(kind: str = "ForSequenceClassification", **options) -> torch.nn.Module:
    torch.manual_seed(0)
    return getattr(transformers, f"Bert{kind}")(transformers.BertConfig(**SMALL, **options))


def texts(n: int = 24, *, masked: bool = False) -> list[dict]:
    """Sequences of tokens that continue each other, with padding that does not count."""
    generator = torch.Generator().manual_seed(0)
    rows = []
    for k in range(n):
        tokens = (torch.arange(8) + int(torch.randint(19, (), generator=generator))) % 19 + 1
        labels = tokens.clone()
        if k % 3 == 0:
            labels[6:] = -100
        if masked:
            labels[::2] = -100
        rows.append({"input_ids": tokens, "labels": labels, "attention_mask": torch.ones(8, dtype=torch.long)})
    return rows


class Keep(transformers.TrainerCallback):
    """Every point after a step."""

    def __init__(self) -> None:
        self.points = {}

    def on_step_end(self, args, state, control, model=None, **kwargs):
        self.points[state.global_step] = {name: t.detach().clone() for name, t in model.named_parameters()}


def train(folder, *callbacks, model=None, rows=None, steps: int = 6, resume=None, **options):
    """Train by the Trainer from a fixed seed; the model, and what random numbers came next."""
    args = transformers.TrainingArguments(
        output_dir=str(folder), max_steps=steps, per_device_train_batch_size=4, learning_rate=1e-2, report_to=[], seed=0, use_cpu=True,
        disable_tqdm=True, logging_steps=100, **{"save_strategy": "no", **options})
    trainer = transformers.Trainer(model=model or gpt2(), args=args, train_dataset=rows or texts(), callbacks=list(callbacks))
    trainer.train(resume_from_checkpoint=resume)
    return trainer, torch.rand(3)


@pytest.mark.parametrize("options", [{}, {"gradient_accumulation_steps": 2, "bf16": True}], ids=["plain", "accumulation, bf16"])
def test_training_is_the_same_to_the_bit_and_numbers_are_those_of_offline_probes(tmp_path, options):
    alone, after = train(tmp_path, **options)
    sharp = "bf16" not in options
    probes = ("default", "lambda_max") if sharp else ("default",)
    keep, callback = Keep(), LossAtlasCallback(probes=probes, every={"lambda_max": 6} if sharp else None, budget=None)
    watched, later = train(tmp_path, callback, keep, **options)
    assert all(torch.equal(a, b) for a, b in zip(alone.model.parameters(), watched.model.parameters(), strict=True))
    assert torch.equal(after, later)
    ds, objective = callback.monitor.dataset(), callback.monitor.objective
    assert ds["step"].values.tolist() == list(range(7)) and ds.attrs["finished"] and ds.attrs["loss"] == "causal_lm"
    assert float(ds["temperature"][1]) == pytest.approx(float(ds["lr"][1]) / (4 * options.get("gradient_accumulation_steps", 1)))
    assert float(ds["loss"].sel(step=6)) == float(la.probes.loss(objective)(keep.points[6])["loss"])  # in full precision
    if sharp:
        offline = la.eigenpairs(la.hessian(objective, keep.points[6]), 1, tol=1e-3)
        assert float(ds["lambda_max"].sel(step=6)) == pytest.approx(float(offline.values[0]), rel=0.02)
    assert (ds["update_norm"].values[1:] > 0).all() and ds["loss"][-1] < ds["loss"][0]


def test_the_fixed_batch_is_one_of_the_training_data_and_the_loss_is_the_models_own(tmp_path):
    callback = LossAtlasCallback(probes="loss", budget=None)
    trainer, _ = train(tmp_path, callback, steps=2)
    batch = callback.monitor.objective.data.whole()
    rows = {tuple(row["input_ids"].tolist()) for row in texts()}
    assert all(tuple(tokens) in rows for tokens in batch["input_ids"].tolist()) and len(batch["input_ids"]) == 4
    trainer.model.eval()
    with torch.no_grad():
        own = float(trainer.model(**batch).loss)
    assert float(callback.monitor.dataset()["loss"][-1]) == pytest.approx(own, rel=1e-5)


@pytest.mark.parametrize(("model", "labels", "loss"), [
    (lambda: bert(num_labels=3), torch.tensor([0, 1, 2, 1]), "cross_entropy"),
    (lambda: bert(num_labels=1), torch.tensor([0.1, 1.0, 2.0, -1.0]), "squared_error"),
    (lambda: bert(num_labels=3, problem_type="multi_label_classification"), torch.tensor([[0.0, 1, 1]] * 4), "bce"),
    (lambda: bert("ForTokenClassification", num_labels=3), torch.tensor([[0, 1, 2, -100, 1, 0, 2, 1]] * 4), "token_loss"),
    (lambda: bert("ForMaskedLM"), torch.tensor([[-100, 5, -100, 3, 4, -100, 7, 8]] * 4), "token_loss"),
    (gpt2, torch.tensor([[-100, 5, -100, 3, 4, -100, 7, 8]] * 4), "causal_lm")])
def test_the_models_own_loss_is_found_by_its_value(model, labels, loss):
    net, tokens = model().train(), torch.arange(32).reshape(4, 8) % 19
    objective = objective_from(net, [{"input_ids": tokens, "labels": labels, "attention_mask": torch.ones_like(tokens)}])
    assert objective.loss_name == loss and net.training
    net.eval()
    with torch.no_grad():
        own = float(net(input_ids=tokens, labels=labels).loss)
    assert float(objective.value(objective.point()).detach()) == pytest.approx(own, rel=1e-5)


def test_what_has_no_loss_of_ours_is_refused_and_one_may_be_given():
    net, tokens = gpt2(), torch.arange(32).reshape(4, 8) % 19
    with pytest.raises(InputError, match="has input_ids and no labels"):
        objective_from(net, [{"input_ids": tokens}])
    net.loss_function = lambda logits, labels, **kwargs: 3 * logits.square().mean()
    with pytest.raises(InputError, match=r"the loss that GPT2LMHeadModel computes itself .* is none that lossatlas knows .*causal_lm"):
        objective_from(net, [{"input_ids": tokens, "labels": tokens}])
    given = objective_from(net, [{"input_ids": tokens, "labels": tokens}], loss=token_loss)
    assert given.loss_name == "token_loss"
    with pytest.raises(InputError, match=r"got 'budjet'.*did you mean 'budget'"):
        LossAtlasCallback(budjet=1)


def test_a_model_that_accelerate_has_wrapped_is_an_objective_and_keeps_its_wrapping(tmp_path):
    """In mixed precision its instance attribute ``forward`` is a method of its own, which computes in bfloat16."""
    tokens = torch.arange(32).reshape(4, 8) % 19
    batch, found = {"input_ids": tokens, "labels": tokens}, {}

    class Look(transformers.TrainerCallback):
        def on_train_begin(self, args, state, control, model=None, **kwargs):
            assert "forward" in vars(model)
            plain, rough = objective_from(model, [batch]), la.Objective.from_module(model, [batch], "causal_lm")
            with torch.no_grad():
                found.update({name: float(one.value(one.point())) for name, one in (("plain", plain), ("rough", rough))})
            assert "forward" in vars(model)

    train(tmp_path, Look(), steps=1, bf16=True)
    with torch.no_grad():
        own = float(gpt2().eval()(**batch).loss)
    assert found["plain"] == pytest.approx(own, rel=1e-6)
    assert found["rough"] == pytest.approx(own, rel=0.02) and abs(found["rough"] - own) > 1e-5 * own


def test_a_run_that_resumes_from_a_checkpoint_goes_on_in_its_log(tmp_path):
    store = tmp_path / "a.zarr/run"
    options = {"save_strategy": "steps", "save_steps": 3, "save_only_model": False}
    first = LossAtlasCallback(probes="loss", budget=None, store=store)
    train(tmp_path / "run", first, steps=3, **options)
    second = LossAtlasCallback(probes="loss", budget=None, store=store)
    train(tmp_path / "run", second, steps=6, resume=str(tmp_path / "run/checkpoint-3"), **options)
    ds = la.open(store)
    assert ds["step"].values.tolist() == list(range(7)) and ds.attrs["finished"] and np.isfinite(ds["loss"]).all()
    assert ("resumed", 3) in [(event["event"], event["step"]) for event in ds.attrs["events"]]
    assert first.monitor.objective.data.digest() == second.monitor.objective.data.digest()
