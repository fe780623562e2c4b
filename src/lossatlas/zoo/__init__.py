"""The zoo: networks, data and trained checkpoints of the literature, and what joins them to an objective."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ..checkpoint import fit_state, read_checkpoint
from ..errors import InputError
from ..fetch import fetch
from ..metrics import accuracy, token_accuracy
from ..names import Split, choose
from ..objective import Objective
from ..subsets import balanced_subset
from . import recipes, runs
from .data import Source, prepare, read, stories
from .networks import ALSO_TAKES, NETWORKS, build, find, input_normalization
from .suboptimal import dead_relu, embedded_linear, linear_optimum
from .tokenizer import read_tokenizer
from .toys import spiral

__all__ = ["NETWORKS", "Source", "balanced_subset", "build", "dead_relu", "embedded_linear", "fetch", "input_normalization",
           "linear_optimum", "objective", "prepare", "read", "recipes", "runs", "spiral", "stories"]

#: Stories that a language model is measured on where nobody says otherwise.
STORIES = 100


def objective(
    name: str, *, checkpoint: str | Path | None = None, data: str | None = None, split: Split = "train",
    examples: int | None = None, batch_size: int = 128, seed: int = 0,
) -> Objective | dict[str, Objective]:
    """A zoo network with its weights on its data, as a checkpoint's metadata say they are normalized.

    Args:
        name: of the catalogue, e.g. ``resnet56a`` (``lossatlas zoo`` lists them).
        checkpoint: .safetensors, or .pt/.th with tensors only; None: freshly initialized with ``seed``.
        data: ``digits``, ``mnist:PATH``, ``fashion-mnist:PATH``, ``cifar10:DIR``, ``stories:FILE``; None for networks on
            digits. A network for MNIST takes Fashion-MNIST as well: pictures of the same shape, as many classes.
        split: train, test, or both (a dict of two objectives).
        examples: a seeded class-balanced subset of each split (of stories: the first ones).

    Raises:
        InputError: an unknown network or source, a checkpoint of another architecture, data of another kind.
    """
    entry = find(name)
    choose(split, Split, "split")
    module = build(name, seed=seed)
    metadata: dict[str, str] = {}
    if checkpoint is not None:
        tensors, metadata = read_checkpoint(checkpoint)
        fit_state(module, tensors, what=str(checkpoint))
    source = data or ("digits" if entry.data == "digits" else None)
    if source is None or source.partition(":")[0] not in (entry.data, *ALSO_TAKES.get(entry.data, ())):
        raise InputError(f"{name} is a network for {entry.data}; got data {source!r}, expected {_example(entry.data)}")
    if entry.data == "stories":
        if split != "train":
            raise InputError(f"split is {split!r}; stories have one part, write split='train'")
        return _stories(module, source, checkpoint, STORIES if examples is None else examples)
    loaded = read(source)
    mean, std = input_normalization(metadata, loaded)

    def part(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        if examples is not None:
            chosen = balanced_subset(pair[1], examples, seed=seed)
            pair = pair[0][chosen], pair[1][chosen]
        return prepare(pair, mean=mean, std=std, scale=loaded.scale)

    parts = {"train": loaded.train, "test": loaded.test}
    wanted = list(parts) if split == "both" else [split]
    made = Objective.from_module(module, part(parts[wanted[0]]), "cross_entropy", metrics={"accuracy": accuracy}, batch_size=batch_size)
    if len(wanted) == 1:
        return made
    return {wanted[0]: made, wanted[1]: made.with_data(part(parts[wanted[1]]), batch_size=batch_size)}


def _stories(module: torch.nn.Module, source: str, checkpoint: str | Path | None, count: int) -> Objective:
    """Token losses of a language model through dict batches; the tokenizer lies beside the checkpoint or the text."""
    text = Path(source.partition(":")[2])
    places = [folder / "tok512.bin" for folder in ([Path(checkpoint).parent] if checkpoint else []) + [text.parent]]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InputError(f"no tokenizer tok512.bin at {' or '.join(map(str, places))}; put it beside the checkpoint")
    batches = stories(text, read_tokenizer(found), count=count)
    return Objective.from_module(module, batches, "causal_lm", metrics={"token_accuracy": token_accuracy})


def _example(kind: str) -> str:
    return {"digits": "digits", "mnist": "mnist:PATH (or fashion-mnist:PATH)", "cifar10": "cifar10:DIR", "stories": "stories:FILE"}[kind]
