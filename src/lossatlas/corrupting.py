"""Data that cannot be learnt, only memorized: random labels, scrambled pixels, noise (Zhang et al. 2017, section 2).

A network that fits them to zero training error has the room to fit anything, so what the same network learns on true data is no merit of
its size. The corruptions, drawn once from a seed and fixed over all epochs:

* ``random_labels``: labels drawn anew, uniformly over the classes that the data have. A label may be drawn right: of a share p
  redrawn over C classes about p·(1 − 1/C) differ from the truth, and how many do is counted.
* ``shuffled_pixels``: one permutation of the pixels for all images. Nothing is lost to a fully connected network, everything that is near
  to a convolution is.
* ``random_pixels``: a permutation of its own for every image.
* ``gaussian``: inputs drawn from a Gaussian with the mean and variance of the data (per channel).

An example is corrupted or left as it is; those of a smaller share are among those of a larger one. The draws of training and test data
are independent (they are keyed by the targets), but the permutation of ``shuffled_pixels`` is the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .data import Batches, Raw, leaves, mapped, targets_of
from .errors import InputError
from .losses import IGNORE
from .names import Corruption, choose
from .objective import Objective
from .params import digest
from .seeds import check_seed, generator
from .trial import tried

#: What is done to images (n, …), with the names of its draws.
Change = Callable[[Tensor, Sequence[Any]], Tensor]
#: Examples that are drawn at once.
_BLOCK = 1024


class Corrupted(Batches):
    """Data that were corrupted; ``words`` say how, and go into every result."""

    def __init__(self, data: Batches, words: str) -> None:
        super().__init__([batch.value for batch in data], whole=data._whole)
        self.words = words

    def rebatch(self, batch_size: int) -> Corrupted:
        """The same in batches of another size."""
        return Corrupted(super().rebatch(batch_size), self.words)

    def take(self, indices: Tensor) -> Corrupted:
        """The examples with these indices, shape (k,)."""
        return Corrupted(super().take(indices), self.words)

    def to(self, device: torch.device, dtype: torch.dtype | None = None) -> Corrupted:
        """On ``device``, floating-point tensors as ``dtype``; self where nothing changes."""
        moved = super().to(device, dtype)
        return self if moved is self else Corrupted(moved, self.words)


def corrupted(objective: Objective, kind: Corruption, share: float = 1.0, seed: int = 0) -> Objective:
    """The same objective on corrupted data; see :meth:`lossatlas.Objective.corrupt`."""
    choose(kind, Corruption, "kind")
    check_seed(seed)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError(f"share is {share!r}; expected the share of examples that are corrupted, from 0 to 1, e.g. 0.2")
    if not isinstance(objective.data, Corrupted) and type(objective.data) is not Batches:
        raise InputError(f"corrupt got data that are {type(objective.data).__name__} already; expected the data themselves: write "
                         "objective.corrupt(…) first, .poison(pool) after it")
    data, found = (_labels if kind == "random_labels" else _inputs)(objective, kind, float(share), seed)
    words = [objective.data.words] if isinstance(objective.data, Corrupted) else []
    of = "" if share == 1 else f" in a share of {share:g}"
    return tried(replace(objective, data=Corrupted(data, "; ".join([*words, f"{kind.replace('_', ' ')}{of}, seed {seed}{found}"]))))


def parsed(text: str) -> tuple[Corruption, float]:
    """Kind and share of the text that commands take: ``random_labels``, or ``random_labels:0.2``.

    Raises:
        InputError: an unknown kind, or a share that is no number from 0 to 1.
    """
    kind, colon, number = text.partition(":")
    choose(kind, Corruption, "the corruption")
    try:
        share = float(number) if colon else 1.0
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(f"the corruption is {text!r}; expected a share from 0 to 1 after the colon: {kind}:0.2")
    return kind, share  # type: ignore[return-value]


# ---- labels ------------------------------------------------------------------------------------------------------


def _labels(objective: Objective, kind: str, share: float, seed: int) -> tuple[Batches, str]:
    """The data with labels redrawn, and how many differ now."""
    data = objective.data
    targets = _classes(objective).cpu()
    known = (targets != IGNORE).nonzero().flatten()
    classes = targets[known].unique()
    if len(classes) < 2:
        raise InputError(f"random labels got data of the single class {classes.tolist()}; expected two classes or more")
    chosen = known[_chosen(len(known), share, seed, kind, _key(data))]
    drawn = classes[torch.randint(len(classes), (len(known),), generator=generator(seed, "corrupt", kind, _key(data)))]
    labels = targets.clone()
    labels[chosen] = drawn[: len(chosen)]
    labels_there = labels.to(objective.device)
    parts = [_with_targets(batch.value, labels_there[batch.start : batch.start + batch.size]) for batch in data]
    return Batches(parts), f" ({int((labels != targets).sum()):,} of {len(known):,} labels differ)"


def _classes(objective: Objective) -> Tensor:
    """One class an example, shape (n,).

    Raises:
        InputError: targets that are something else.
    """
    targets = objective.data.targets()
    one_each = targets is not None and targets.numel() == objective.data.n_examples and objective.loss_name != "causal_lm"
    if one_each and (not targets.is_floating_point() or (objective.loss_name == "bce" and bool(((targets == 0) | (targets == 1)).all()))):
        return targets.reshape(-1)
    came = "no targets" if targets is None else f"targets of dtype {targets.dtype} and shape {tuple(targets.shape)}"
    hint = ": write y.argmax(1) for probabilities" if targets is not None and targets.is_floating_point() and targets.ndim == 2 else ""
    raise InputError(f"random labels got {came} under the loss {objective.loss_name!r}; expected one class an example, whole numbers of "
                     f"shape (n,){hint}")


def _with_targets(value: Raw, labels: Tensor) -> Raw:
    """The batch with other targets, shaped as its own."""
    own = targets_of(value)
    new = labels.to(own.dtype).reshape(own.shape)
    if isinstance(value, dict):
        return {name: new if entry is own else entry for name, entry in value.items()}
    return (*value[:-1], new)


# ---- inputs ------------------------------------------------------------------------------------------------------


def _inputs(objective: Objective, kind: str, share: float, seed: int) -> tuple[Batches, str]:
    """The data with the images of the chosen examples corrupted."""
    data = objective.data
    whole, targets = data.whole(), targets_of(data.whole())
    inputs = [t for t in _input_leaves(whole, targets) if _is_image(t)]
    if not inputs:
        shapes = ", ".join(f"{t.dtype} {tuple(t.shape)}" for t in _input_leaves(whole, targets)) or "nothing"
        raise InputError(f"{kind} got inputs without pixels ({shapes}); expected floating-point images (n, channels, height, width), "
                         "(n, height, width) or features (n, d)")
    chosen = _chosen(data.n_examples, share, seed, kind, _key(data))
    changes: dict[str, Change] = {"shuffled_pixels": _shuffled, "random_pixels": _scrambled, "gaussian": _noise}
    new = {}
    for number, images in enumerate(inputs):
        rows = chosen.to(images.device)
        new[id(images)] = images.clone()
        if len(rows):
            names = (seed, "corrupt", kind, number) if kind == "shuffled_pixels" else (seed, "corrupt", kind, number, _key(data))
            new[id(images)][rows] = changes[kind](images, names)[rows]
    changed = mapped(whole, lambda t: new.get(id(t), t))
    starts = np.cumsum([0, *data.sizes[:-1]]).tolist()
    return Batches([mapped(changed, lambda t, s=s, n=n: t[s : s + n]) for s, n in zip(starts, data.sizes, strict=True)], whole=changed), ""


def _input_leaves(whole: Raw, targets: Any) -> list[Tensor]:
    """Every tensor but the targets."""
    own = {id(t) for t in leaves(targets)} if targets is not None else set()
    return [t for t in leaves(whole) if id(t) not in own]


def _is_image(tensor: Tensor) -> bool:
    return tensor.ndim > 1 and tensor[0].numel() > 1 and (tensor.is_floating_point() or tensor.dtype == torch.uint8)


def _positions(images: Tensor) -> Tensor:
    """A view (n, channels, pixels): in (n, C, H, W) a pixel is all its channels; in (n, H, W) and (n, d) every value is one."""
    return images.reshape(len(images), images.shape[1] if images.ndim > 3 else 1, -1)


def _shuffled(images: Tensor, names: Sequence[Any]) -> Tensor:
    """One permutation of the pixels for all images."""
    flat = _positions(images)
    return flat[:, :, torch.randperm(flat.shape[2], generator=generator(*names)).to(flat.device)].reshape(images.shape)


def _scrambled(images: Tensor, names: Sequence[Any]) -> Tensor:
    """A permutation of the pixels for every image."""
    flat, random = _positions(images), generator(*names)
    out = torch.empty_like(flat)
    for start in range(0, len(flat), _BLOCK):
        part = flat[start : start + _BLOCK]
        order = torch.rand(len(part), part.shape[2], generator=random, dtype=torch.float64).argsort(1).to(flat.device)
        out[start : start + _BLOCK] = part.gather(2, order[:, None].expand(part.shape))
    return out.reshape(images.shape)


def _noise(images: Tensor, names: Sequence[Any]) -> Tensor:
    """Gaussian images with the mean and variance of each channel."""
    if not images.is_floating_point():
        raise InputError(f"gaussian got images of dtype {images.dtype}, which would clip the noise; expected floating-point images: "
                         "write x.float()")
    flat, random = _positions(images), generator(*names)
    mean = flat.mean((0, 2), keepdim=True, dtype=torch.float64)
    std = (flat - mean.to(flat.dtype)).square_().mean((0, 2), keepdim=True, dtype=torch.float64).sqrt()
    out = torch.empty_like(flat)
    for start in range(0, len(flat), _BLOCK):
        part = flat[start : start + _BLOCK]
        drawn = torch.randn(part.shape, generator=random, dtype=torch.float64).to(flat.device)
        out[start : start + _BLOCK] = mean + std * drawn
    return out.reshape(images.shape)


# ---- draws -------------------------------------------------------------------------------------------------------


def _chosen(n: int, share: float, seed: int, *names: object) -> Tensor:
    """Numbers of round(share·n) examples in the order of their turn; a smaller share is the beginning of a larger one."""
    return torch.randperm(n, generator=generator(seed, "corrupt", "which", *names))[: round(share * n)]


def _key(data: Batches) -> str:
    """What tells training from test data and stays the same in another dtype of the images: the targets, else the number of examples."""
    targets = data.targets()
    return str(data.n_examples) if targets is None else digest({"targets": targets.double()})
