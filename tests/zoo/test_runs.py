"""What a run stores about itself makes the same objective, optimizer and schedule again."""

import json
import math
from dataclasses import replace

import pytest
import torch

import lossatlas as la
from lossatlas.zoo import runs
from lossatlas.zoo.recipes import Recipe

SMALL = Recipe(batch=20, epochs=2, examples=100, weight_decay=1e-3)
MINE = """
import torch, lossatlas as la
X, Y = torch.arange(90.).reshape(30, 3).sin(), torch.arange(30) % 3
alone = la.Objective.from_module(torch.nn.Linear(3, 3), (X, Y), "cross_entropy", batch_size=7)
def pair():
    return {"train": alone, "test": alone.with_data((X[:5], Y[:5]))}
wrong = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_about_is_plain_data_that_makes_the_run_again(tmp_path):
    about = json.loads(json.dumps(runs.describe("digits_mlp", SMALL, seed=3)))
    assert about["steps"] == 10 and about["objective"]["batch_size"] == 20 and "100 of the 1,000 training examples" in about["changed"]
    assert runs.recipe_of(about) == SMALL
    view = runs.training_of(about)
    with la.Recorder(tmp_path / "a", about=about) as recorder:
        first = la.fit(view, optimizer=runs.optimizer_of(about), schedule=runs.schedule_of(about), steps=10, seed=3, hooks=[
            recorder, runs.Curves(recorder, runs.objective_of(about, split="both"), 10)])
    run = la.open_run(tmp_path / "a")
    again = la.fit(runs.training_of(run), optimizer=runs.optimizer_of(run), schedule=runs.schedule_of(run), init=run.state(6),
                   steps=run.about["steps"], seed=run.about["seed"])
    assert all(torch.equal(again.point[n], first.point[n]) for n in first.point)
    metrics = run.metrics()
    assert {"train_loss", "train_error", "test_loss", "test_error"} <= set(metrics) and math.isfinite(float(metrics["test_error"][-1]))
    last = runs.errors({"test": runs.objective_of(run, split="test", examples=500)}, first.point)
    assert float(metrics["test_loss"][-1]) == pytest.approx(last["test_loss"], rel=1e-9)


@pytest.mark.parametrize("about", [SMALL, replace(SMALL, optimizer="adam", rate=1e-3, anneal="cosine")], ids=["sgd", "adam"])
def test_a_run_is_spawned_from_with_seeds_alone(tmp_path, about):
    about = runs.describe("digits_mlp", about, seed=3)
    with la.Recorder(tmp_path / "a", every=5, about=about) as recorder:
        first = la.fit(runs.training_of(about), optimizer=runs.optimizer_of(about), schedule=runs.schedule_of(about), steps=10, seed=3,
                       hooks=[recorder])
    run = la.open_run(tmp_path / "a")
    twin, other = runs.spawn(run, 5, seeds=(3, 4))
    assert all(torch.equal(twin.point[n], first.point[n]) for n in first.point)
    assert not torch.equal(other.point["1.weight"], first.point["1.weight"])
    kept, = runs.spawn(run, 5, seeds=(3,), out=tmp_path / "children", steps=12)
    assert kept.steps[-1] == 12 and kept.at(5).keys() == first.point.keys()
    with pytest.raises(la.InputError, match=r"schedule is what the run says itself"):
        runs.spawn(run, 5, schedule=None)
    with pytest.raises(la.InputError, match=r"la\.zoo\.runs\.spawn\(run, step, seeds=…\)"):
        la.spawn(run, runs.training_of(run), 5)


def test_recorded_children_of_another_rate_are_refused(tmp_path):
    """From step 0 two runs of different rates have one parent's point."""
    for rate in (0.1, 0.2):
        about = runs.describe("digits_mlp", replace(SMALL, rate=rate))
        with la.Recorder(tmp_path / str(rate), about=about) as recorder:
            la.fit(runs.training_of(about), optimizer=runs.optimizer_of(about), steps=1, hooks=[recorder])
    runs.spawn(la.open_run(tmp_path / "0.1"), 0, seeds=(1,), steps=2, out=tmp_path / "children")
    with pytest.raises(la.InputError, match=r"holds another run: optimizer: stored"):
        runs.spawn(la.open_run(tmp_path / "0.2"), 0, seeds=(1,), steps=2, out=tmp_path / "children")


@pytest.mark.parametrize(("steps", "every"), [(5, 1), (420, 42), (39_000, 1300), (4000, 333)])
def test_error_curves_take_about_a_twentieth_of_the_time(steps, every):
    """3·steps·20 passes forward are trained, 1000 measured each time: 5 % of the work, but 10 times at least and 30 at most."""
    data = torch.zeros(800, 1, 8, 8), torch.arange(800) % 10
    train = la.Objective.from_module(la.zoo.build("digits_mlp"), data, "cross_entropy", batch_size=20)
    curves = runs.Curves(None, {"train": train, "test": train}, steps)
    assert curves.every == every and [one.data.n_examples for one in curves.objectives.values()] == [500, 500]
    assert round(steps / curves.every) == (round(min(max(0.05 * 3 * 20 * steps / 1000, 10), 30)) if steps > 10 else 5)


def test_seeds_share_the_examples_and_differ_in_the_weights():
    a, b = (runs.objective_of(runs.describe("digits_mlp", SMALL, seed=seed)) for seed in (0, 1))
    assert a.data.digest() == b.data.digest() and a.data.n_examples == 100
    assert a.spec()["params"] != b.spec()["params"] and a.spec()["network"] == b.spec()["network"]
    both = runs.objective_of(runs.describe("digits_mlp", SMALL), split="both", examples=50)
    assert {name: one.data.n_examples for name, one in both.items()} == {"train": 50, "test": 50}
    few = runs.objective_of(runs.describe("digits_mlp", SMALL), examples=5000)
    assert few.data.n_examples == 100, "never more than it was trained on"


def test_corruption_of_labels_is_that_of_the_training_data():
    plain, noisy, pixels = (runs.objective_of(runs.describe("digits_mlp", SMALL, corrupt=corrupt), split="both")
                            for corrupt in (None, "random_labels:0.5", "shuffled_pixels"))
    changed = (plain["train"].data.targets() != noisy["train"].data.targets()).float().mean()
    assert 0.3 < changed < 0.6 and plain["test"].data.digest() == noisy["test"].data.digest()
    assert pixels["test"].data.digest() != plain["test"].data.digest()
    with pytest.raises(la.InputError, match=r"random_lables.*did you mean 'random_labels'"):
        runs.describe("digits_mlp", SMALL, corrupt="random_lables")


def test_a_start_is_that_checkpoint_or_an_error(tmp_path):
    weights = tmp_path / "w.safetensors"
    la.save_point(la.zoo.build("digits_mlp", seed=7).state_dict(), weights, metadata={"mean": "0.5", "std": "2"})
    about = runs.describe("digits_mlp", SMALL, checkpoint=weights)
    assert about["objective"]["mean"] == [0.5] and about["objective"]["std"] == [2.0]
    assert all(torch.equal(runs.start_of(about)[n], t) for n, t in la.load_point(weights).items())
    la.save_point(la.zoo.build("digits_mlp", seed=8).state_dict(), weights)
    with pytest.raises(la.InputError, match="other weights than when the run began"):
        runs.start_of(about)
    assert runs.objective_of(about).data.n_examples == 100, "which the objective does not need"
    assert runs.start_of(runs.describe("digits_mlp", SMALL)) is None


def test_objectives_of_the_user(mine, monkeypatch):
    about = runs.describe("mine.py:pair", replace(SMALL, examples=20, batch=8))
    monkeypatch.chdir("/")
    assert about["objective"]["source"] == f"{mine}/mine.py:pair" and about["steps"] == 4
    both = runs.objective_of(about, split="both")
    assert {name: (one.data.n_examples, one.data.batch_size) for name, one in both.items()} == {"train": (20, 8), "test": (5, 5)}
    assert set(runs.errors(both, both["train"].point())) == {"train_loss", "test_loss"}, "no accuracy, no error"
    alone = runs.describe(f"{mine}/mine.py:alone", replace(SMALL, examples=None))
    assert list(runs.objective_of(alone, split="both")) == ["train"]
    with pytest.raises(la.InputError, match="gives training data alone"):
        runs.objective_of(alone, split="test")
    (mine / "mine.py").write_text(MINE.replace("sin()", "cos() * 1"))  # of another length, as Python keeps what it compiled within a second
    with pytest.raises(la.InputError, match="gives other training data than when the run was made"):
        runs.objective_of(alone)


@pytest.mark.parametrize(("arguments", "words"), [
    (("digits_mpl",), "did you mean 'digits_mlp'"), (("resnet20",), "resnet20 is a network for cifar10; got data None"),
    (("digits_mlp", "cifar10:x"), "expected digits"), (("stories260k", "stories:x"), "a network for pictures"),
    (("mine.py:pair", "digits"), "brings its own data"), (("mine.py:wrong",), "is a int; expected an Objective"),
    (("mnist_fc_6_100", "mnist:nowhere"), "nowhere does not exist")])
def test_what_is_refused(mine, arguments, words):
    network, *data = arguments
    with pytest.raises(la.InputError, match=words):
        runs.describe(network, replace(SMALL, examples=None), data=data[0] if data else None)


def test_a_run_of_a_loop_of_ones_own_names_no_objective(tmp_path):
    with pytest.raises(la.InputError, match="does not say what it was trained on"):
        runs.objective_of({"mine": 1})


def test_augmentation_and_precision_reach_the_view():
    about = runs.describe("digits_mlp", SMALL)
    about["recipe"] |= {"augment": True, "precision": "bf16"}
    view = runs.training_of(about)
    assert view.in_training and view.autocast == "bf16" and view.augment is not None
    assert view.augment.keywords["fill"] == (-about["objective"]["mean"][0] / about["objective"]["std"][0],)
