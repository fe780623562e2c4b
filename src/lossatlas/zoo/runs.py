"""Runs of the command line: what stands in them, so that they can be trained on, spawned from, measured and compared by their folder alone.

``about`` of such a run is plain data: ``objective`` (network of the zoo, data, seed of the first weights, batch size, examples, corruption;
or ``source``, an import string of the user's), ``recipe`` (:class:`~lossatlas.zoo.recipes.Recipe`), ``steps`` in all, ``seed`` of the data
order. :func:`describe` makes it, the functions below read it.

Which examples a smaller run is trained on, and how they are corrupted, does not depend on its seed, so that runs of several seeds differ in
nothing but what is random in training. Random labels are those of the training data alone, test labels stay true; pixels are scrambled in
both. A digest of the training data stands there too: a file that gives other data later is noticed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..checkpoint import fit_state, read_checkpoint
from ..corrupting import parsed
from ..errors import InputError
from ..fitting import State
from ..loading import called, named_object
from ..metrics import accuracy
from ..names import Split, choose
from ..objective import Objective
from ..params import Params, digest
from ..probes import loss
from ..record.spawning import spawn as children_of
from ..subsets import balanced_subset, subset
from .data import prepare, read
from .networks import ALSO_TAKES, build, find, input_normalization
from .recipes import Recipe, augmentation

#: Examples of each split that the error curves are measured on, how often in a run at least and at most, and the share of its time.
EVALUATED_ON, EVALUATIONS, SHARE = 500, (10, 30), 0.05


# ------------------------------------------------------------------ what is stored


def describe(
    network: str, recipe: Recipe, *, data: str | None = None, seed: int = 0, checkpoint: str | Path | None = None,
    corrupt: str | None = None,
) -> dict[str, Any]:
    """What a run stores about itself: all that it takes to make it again, as plain data.

    Args:
        network: of the zoo, or an OBJECTIVE ``file.py:name`` or ``package.module:name``, which brings its own data.
        recipe: how it is trained.
        data: of a zoo network: ``digits`` (default where it is made for them), ``mnist:PATH``, ``cifar10:DIR`` …
        seed: of the first weights, the order of the data and all else that training draws.
        checkpoint: where a zoo network starts instead; its metadata say how pictures are normalized.
        corrupt: ``random_labels``, ``shuffled_pixels:0.5`` …, see :meth:`lossatlas.Objective.corrupt`.

    Raises:
        InputError: what does not exist or does not fit.
    """
    start = None
    if ":" in network:
        if data or checkpoint:
            raise InputError(f"data and checkpoint belong to zoo networks; {network} brings its own data and weights")
        own: dict[str, Any] = {"source": _absolute(network)}
    else:
        own, start = _of_catalogue(network, data, seed, checkpoint)
    if corrupt is not None:
        parsed(corrupt)
    own |= {"examples": recipe.examples, "corrupt": corrupt, "batch_size": recipe.batch}
    train = _objectives(own, ("train",))["train"]
    count = train.data.n_examples
    there = count if recipe.examples is None else _objectives({**own, "examples": None}, ("train",))["train"].data.n_examples
    how = {key: value for key, value in asdict(recipe).items() if key != "examples"}
    own |= {"batch_size": min(recipe.batch, count), "digest": train.data.digest()}
    return {"objective": own, "recipe": how, "start": start, "seed": seed,
            "steps": recipe.steps(count), "changed": recipe.changed(count, there)}


def _of_catalogue(network: str, data: str | None, seed: int, checkpoint: str | Path | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A network of the zoo with its data and their normalization, and where it starts, if that is not fresh weights."""
    kind = find(network).data
    where = data or ("digits" if kind == "digits" else "")
    if kind == "stories" or where.partition(":")[0] not in (kind, *ALSO_TAKES.get(kind, ())):
        wanted = "a network for pictures" if kind == "stories" else kind if kind == "digits" else f"--data {kind}:PATH"
        raise InputError(f"{network} is a network for {kind}; got data {where or None!r}, expected {wanted}")
    tensors, metadata = read_checkpoint(checkpoint) if checkpoint is not None else ({}, {})
    if checkpoint is not None:
        fit_state(build(network), tensors, what=str(checkpoint))  # refuses weights of another architecture
    mean, std = input_normalization(metadata, read(where))
    start = None if checkpoint is None else {"checkpoint": os.path.abspath(checkpoint), "digest": digest(tensors)}
    return {"network": network, "data": _absolute(where), "seed": seed, "mean": list(mean), "std": list(std)}, start


def _absolute(text: str) -> str:
    """``cifar10:DIR`` or ``file.py:name`` with the path from the root, so that a run can be read from any folder."""
    before, _, after = text.partition(":")
    if before in ("mnist", "fashion-mnist", "cifar10"):
        return f"{before}:{os.path.abspath(os.path.expanduser(after))}"
    place, _, name = text.rpartition(":")
    return f"{os.path.abspath(place)}:{name}" if place.endswith(".py") else text


# ------------------------------------------------------------------ what is made of it again


def objective_of(run: Any, *, split: Split = "train", examples: int | None = None) -> Objective | dict[str, Objective]:
    """The objective of a run of the command line, or of what it stores (``run.about``): weights as they were before training.

    Args:
        split: ``train``, ``test``, or ``both``: a dict of those that there are.
        examples: a class-balanced subset of each, the same for every run on the same data; None: those that it was trained on, and all
            of the test data.

    Raises:
        InputError: a run that does not say what it was trained on, or has no test data; data that are other ones now.
    """
    choose(split, Split, "split")
    own = about_of(run)["objective"]
    made = _objectives(own, ("train", "test") if split == "both" else (split,))
    if split != "both" and split not in made:
        raise InputError(f"split is {split!r}; {own['source']} gives training data alone: return {{'train': …, 'test': …}} to have others")
    if "train" in made and "digest" in own and made["train"].data.digest() != own["digest"]:
        raise InputError(f"{own.get('source') or own['data']} gives other training data than when the run was made; expected the same: put "
                         "them back, or name what is to be measured with --objective file.py:name")
    if examples is not None:
        made = {name: one.with_data(subset(one.data, min(examples, one.data.n_examples), seed=0)) for name, one in made.items()}
    return made if split == "both" else made[split]


def training_of(run: Any) -> Objective:
    """The view of its objective that a run trains, with the augmentation and the precision of its recipe."""
    objective = objective_of(run)
    assert isinstance(objective, Objective)
    return trained_as(objective, run)


def trained_as(objective: Objective, run: Any) -> Objective:
    """The training view of an objective that is there already (on another device, say), as this run trains."""
    own, how = about_of(run)["objective"], recipe_of(run)
    augment = augmentation(own.get("mean", ()), own.get("std", ())) if how.augment else None
    return objective.training(augment, autocast="bf16" if how.precision == "bf16" else None)


def start_of(run: Any) -> Params | None:
    """The weights that a run starts from where these are a checkpoint's; None: those of its objective.

    Raises:
        InputError: the file is gone, or holds other weights now.
    """
    start = about_of(run)["start"]
    if start is None:
        return None
    tensors, _ = read_checkpoint(start["checkpoint"])
    if digest(tensors) != start["digest"]:
        raise InputError(f"{start['checkpoint']} holds other weights than when the run began; expected the checkpoint it started from")
    return tensors


def recipe_of(run: Any) -> Recipe:
    """How a run was trained."""
    about = about_of(run)
    return Recipe(**about["recipe"], examples=about["objective"]["examples"])


def optimizer_of(run: Any) -> Callable[..., torch.optim.Optimizer]:
    """The factory of its optimizer: ``fit(…, optimizer=optimizer_of(run))``."""
    return recipe_of(run).descent


def schedule_of(run: Any) -> Callable[[int], float]:
    """Number of steps made -> factor of its learning rate."""
    return recipe_of(run).schedule(about_of(run)["steps"])


def spawn(run: Any, step: int, *, seeds: Sequence[int] = (1, 2), **options: Any) -> list[Any]:
    """Children of a run of the command line, from one of its steps: :func:`lossatlas.spawn` with its objective, optimizer and schedule.

    Args:
        step: of the run, a recorded one (-1: the last).
        seeds: of the children; the run's own seed (``run.about["seed"]``) gives the run again, to the bit.
        options: ``steps`` (default: as many as the run is to have), ``momentum``, ``out`` and ``hooks`` of :func:`lossatlas.spawn`.

    Raises:
        InputError: as :func:`lossatlas.spawn`; a run of a loop of the user's own; an option that the run knows itself.
    """
    if known := sorted(options.keys() & {"objective", "optimizer", "schedule"}):
        raise InputError(f"{known[0]} is what the run says itself; expected none, or la.spawn(run, objective, step, …) for another one")
    options.setdefault("steps", about_of(run)["steps"])
    return children_of(run, training_of(run), step, seeds=seeds, optimizer=optimizer_of(run), schedule=schedule_of(run), **options)


def about_of(run: Any) -> Mapping[str, Any]:
    """What a run stores about itself, from the run or from that itself.

    Raises:
        InputError: a run of a loop of the user's own.
    """
    about = run if isinstance(run, Mapping) else getattr(run, "about", None)
    if not isinstance(about, Mapping) or "objective" not in about:
        raise InputError(f"{getattr(run, 'path', 'the run')} does not say what it was trained on; expected a run of `lossatlas train`: "
                         "name its objective with file.py:name")
    return about


# ------------------------------------------------------------------ networks of the zoo, and objectives of the user's


def _objectives(own: Mapping[str, Any], splits: Sequence[str]) -> dict[str, Objective]:
    """The objectives of these splits, as far as there are such."""
    made = _of_source(own) if "source" in own else {split: _of_zoo(own, split) for split in splits}
    return {split: _corrupted(one, own["corrupt"], split) for split, one in made.items() if split in splits}


def _of_zoo(own: Mapping[str, Any], split: str) -> Objective:
    """A network of the zoo on one part of its data."""
    source = read(own["data"])
    part = source.train if split == "train" else source.test
    if split == "train" and own["examples"] is not None:
        chosen = balanced_subset(part[1], own["examples"], seed=0)
        part = part[0][chosen], part[1][chosen]
    data = prepare(part, mean=tuple(own["mean"]), std=tuple(own["std"]), scale=source.scale)
    return Objective.from_module(build(own["network"], seed=own["seed"]), data, "cross_entropy", metrics={"accuracy": accuracy},
                                 batch_size=own["batch_size"])


def _of_source(own: Mapping[str, Any]) -> dict[str, Objective]:
    """What the user's file gives: the training objective, and the one of the test data where there is one."""
    text = own["source"]
    found = called(named_object(text), text)
    made = dict(found) if isinstance(found, Mapping) else {"train": found}
    if not made or not all(isinstance(one, Objective) for one in made.values()) or "train" not in made:
        raise InputError(f"{text} is a {type(found).__name__}; expected an Objective, a function that returns one, or a "
                         "{'train': …, 'test': …} pair")
    train = made["train"].data if own["examples"] is None else subset(made["train"].data, own["examples"], seed=0)
    return {**made, "train": made["train"].with_data(train, batch_size=own["batch_size"]).with_source(text)}


def _corrupted(objective: Objective, corrupt: str | None, split: str) -> Objective:
    """Scrambled pixels in training and test data, random labels in training data alone."""
    if corrupt is None:
        return objective
    kind, share = parsed(corrupt)
    return objective if kind == "random_labels" and split == "test" else objective.corrupt(kind, share)


# ------------------------------------------------------------------ error curves


@dataclass(frozen=True, eq=False)
class Curves:
    """A hook, behind a recorder, that logs loss and error of training and test data beside the steps.

    A class-balanced subset of 500 examples of each is measured, 10 to 30 times in a run: as often as takes 5 % of its time, where that lies
    in between (a pass forward is a third of a step's work).

    Args:
        recorder: whose ``log`` takes the numbers.
        objectives: by split, the one that is trained among them as ``train``.
        steps: of the whole run.
    """

    recorder: Any
    objectives: Mapping[str, Objective]
    steps: int
    every: int = field(init=False)

    def __post_init__(self) -> None:
        trained = 3 * self.steps * self.objectives["train"].data.sizes[0]
        few = {name: one.with_data(subset(one.data, EVALUATED_ON, seed=0)) if one.data.n_examples > EVALUATED_ON else one
               for name, one in self.objectives.items()}
        times = min(max(SHARE * trained / sum(one.data.n_examples for one in few.values()), EVALUATIONS[0]), EVALUATIONS[1])
        object.__setattr__(self, "objectives", few)
        object.__setattr__(self, "every", max(1, round(self.steps / times)))

    def __call__(self, step: int, point: Params, state: State) -> None:
        """The hook of :func:`lossatlas.fit`."""
        if step % self.every == 0 or step == self.steps:
            self.recorder.log(**errors(self.objectives, point))


def errors(objectives: Mapping[str, Objective], point: Params) -> dict[str, float]:
    """``train_loss``, ``train_error``, ``test_loss`` … at a point; the errors (shares of wrong answers) where accuracy is measured."""
    out = {}
    for split, objective in objectives.items():
        found = loss(objective)(point)
        out[f"{split}_loss"] = float(found["loss"])
        if "accuracy" in found:
            out[f"{split}_error"] = 1 - float(found["accuracy"])
    return out
