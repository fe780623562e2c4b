"""Does the same question get the same answer? A check before anything long is measured, for at most about one gradient.

A curvature is a property of a function, and a training loop often does not hold one: the loader shuffles, pictures are augmented, dropout
draws, BatchNorm in train mode looks at the batch and moves its statistics, a kernel on a GPU adds in another order. Here the data are read
twice, and value and gradient of a few examples are computed twice on copies of the network as it stands; what differs is named,
with what to write instead. That an :class:`~lossatlas.Objective` puts the network in eval mode and freezes its data is then no surprise.

What is told apart: ``shuffling`` (the indices come in another order), ``augmentation`` (one index gives other values), ``dropout`` and
``random`` (a layer draws random numbers, and the answer changes with them), ``batchnorm`` (in train mode), ``state`` (another answer the
second time, without random numbers: something is remembered), ``kernels`` (other bits from the same weights, inputs and random numbers).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, default_collate

from ..data import PROBED_ITEMS, Batches, _clean, _equal, _first_batches, examples, mapped
from ..errors import InputError
from ..layout import batchnorm_layers
from ..losses import per_example, resolve
from ..network import arguments, copied, copy_of, head
from ..objective import Objective
from ..seeds import fixed_rng, preserved_rng

_KEEP = "keep one draw: la.Batches.of(data, freeze=True)"
Kind = Literal["shuffling", "augmentation", "dropout", "random", "batchnorm", "state", "kernels"]


@dataclass(frozen=True)
class Culprit:
    """One reason why the same question gets another answer.

    Attributes:
        kind: which of the module's kinds.
        where: names of layers, or the class that does it.
        words: what was seen and what to write instead.
    """

    kind: Kind
    where: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Preflight:
    """What was found; prints as a list.

    Attributes:
        culprits: empty where nothing differed.
        difference: largest difference of gradients from the same weights, inputs and random numbers, relative to the largest entry.
        gradients: what it cost, as a share of one gradient over all data (NaN where their number is unknown).
    """

    culprits: tuple[Culprit, ...]
    difference: float
    gradients: float

    @property
    def deterministic(self) -> bool:
        """Whether nothing differed."""
        return not self.culprits

    def __str__(self) -> str:
        cost = "" if self.gradients != self.gradients else f" ({self.gradients:.2g} gradients)"
        if self.deterministic:
            return f"deterministic: value and gradient came out the same, to the last bit{cost}"
        return "\n".join([f"not deterministic{cost}:", *(f"  {culprit.kind}: {culprit.words}" for culprit in self.culprits)])


def preflight(model: Any, data: Any = None, loss: Any = None) -> Preflight:
    """Check whether data and network give the same answer twice, and name what does not let them.

    Args:
        model: the network, in the mode in which it would be used; or an :class:`~lossatlas.Objective`, which brings data and loss.
        data: as for ``Objective.from_module``; a loader that shuffles is no error here, but a finding. Only the first items are read.
        loss: as for ``Objective.from_module``; a mean is taken as well.

    Neither the network nor any random generator is changed.

    Raises:
        InputError: not a network, no data or loss, empty data.
    """
    if isinstance(model, Objective):
        model, data, loss = model.module, model.data, model.loss
    if not isinstance(model, nn.Module):
        raise InputError(f"model is a {type(model).__name__}; expected a torch.nn.Module, or an Objective")
    if data is None or loss is None:
        lacking = "data" if data is None else "loss"
        raise InputError(f"{lacking} is missing; expected la.preflight(model, data, loss), or an Objective alone")
    name, function = resolve(loss)
    with preserved_rng(), fixed_rng(0, "preflight"):
        culprits, batch, total = _data(data)
        size = examples(batch)
        few = min(size, PROBED_ITEMS, max(2, (total or 4 * size) // 4))
        found, difference, passes = _network(model, _on(head(batch, few), model), few, name, function)
    return Preflight((*culprits, *found), difference, passes * few / total if total else float("nan"))


# ---- the data


def _data(data: Any) -> tuple[list[Culprit], Any, int | None]:
    """What is random about the data, the first batch, and how many examples there are (None: not known)."""
    if isinstance(data, DataLoader):
        with _generators_of(data):
            return _loader(data)
    if isinstance(data, Dataset) and isinstance(data, IterableDataset):
        first, again = (list(islice(iter(data), PROBED_ITEMS)) for _ in range(2))
        culprits = [] if _equal(first, again) else [_unordered(first, again, f"the {type(data).__name__}")]
        return culprits, _clean(default_collate(_filled(first))), None
    if isinstance(data, Dataset) or _items(data):
        first = [data[i] for i in range(min(PROBED_ITEMS, len(data)))]
        return _augmented(data, len(first)), _clean(default_collate(_filled(first))), len(data)
    whole = Batches.of(data)
    return [], next(iter(whole)).value, whole.n_examples


def _items(data: Any) -> bool:
    """Whether something that is no Dataset by its class is one by its methods, and neither batches nor tensors."""
    return (hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, list | tuple | dict | Batches)
            and not hasattr(data, "columns") and not isinstance(data, Tensor | np.ndarray))


def _filled(items: list[Any]) -> list[Any]:
    if not items:
        raise InputError("the data are empty: 0 examples; expected at least 1")
    return items


def _loader(loader: DataLoader) -> tuple[list[Culprit], Any, int | None]:
    culprits: list[Culprit] = []
    mapped_style = not isinstance(loader.dataset, IterableDataset)
    total = len(loader.dataset) if mapped_style else None  # type: ignore[arg-type]
    if mapped_style:
        sampler = loader.sampler if loader.batch_sampler is None else loader.batch_sampler
        inner = getattr(loader.batch_sampler, "sampler", loader.sampler)
        first, again = (list(islice(iter(sampler), PROBED_ITEMS)) for _ in range(2))  # type: ignore[call-overload]
        if first != again or (isinstance(inner, RandomSampler) and total != 1):
            who = type(inner).__name__
            culprits.append(Culprit("shuffling", (who,), f"the DataLoader draws examples in another order every time ({who}); write "
                                                         f"DataLoader(…, shuffle=False), or {_KEEP}"))
        culprits += _augmented(loader.dataset, min(PROBED_ITEMS, total or 0))
    batches = _filled(_first_batches(loader))
    if not culprits and not _equal(batches, again := _first_batches(loader)):
        who = "the collate_fn of the DataLoader" if mapped_style else f"the {type(loader.dataset).__name__}"
        culprits.append(_unordered(batches, again, who))
    return culprits, _clean(batches[0]), total


def _augmented(dataset: Any, count: int) -> list[Culprit]:
    """Whether an index gives another item when it is read twice."""
    for index in range(count):
        if not _equal(dataset[index], dataset[index]):
            who = type(dataset).__name__
            return [Culprit("augmentation", (who,), f"item {index} of the {who} is another one every time it is read (random "
                                                    f"augmentation); switch that off, or {_KEEP}")]
    return []


def _unordered(first: Sequence[Any], again: Sequence[Any], who: str) -> Culprit:
    """Of what can only be read in order: whether the same items came in another order, or other values."""
    left = list(again)
    for item in first:
        place = next((i for i, other in enumerate(left) if _equal(item, other)), None)
        if place is None:
            return Culprit("augmentation", (who,), f"{who} gave other values when it was read twice (random augmentation, or shuffling "
                                                   f"beyond the first items); switch that off, or {_KEEP}")
        del left[place]
    return Culprit("shuffling", (who,), f"{who} gave the same items in another order when it was read twice; switch that off, or {_KEEP}")


@contextmanager
def _generators_of(loader: DataLoader) -> Iterator[None]:
    """Leave the loader's own generators as they were."""
    samplers = [loader.sampler, getattr(loader.batch_sampler, "sampler", None), loader]
    owned = [s.generator for s in samplers if isinstance(getattr(s, "generator", None), torch.Generator)]
    states = [generator.get_state() for generator in owned]
    try:
        yield
    finally:
        for generator, state in zip(owned, states, strict=True):
            generator.set_state(state)


# ---- the network


@dataclass(frozen=True)
class _Answer:
    """Value and gradients of one pass, the layers that drew random numbers, and the buffers that changed."""

    value: Tensor
    gradients: tuple[Tensor, ...]
    drew: tuple[str, ...]
    moved: tuple[str, ...]

    def same(self, other: _Answer) -> bool:
        return _equal([self.value, *self.gradients], [other.value, *other.gradients])


def _network(model: nn.Module, batch: Any, size: int, name: str, loss: Any) -> tuple[list[Culprit], float, int]:
    """What lets the network answer otherwise, the difference that kernels make, and how many passes that took."""
    module = _as_it_stands(model)
    with fixed_rng(0, "preflight", "pass"):
        first = _pass(module, batch, size, name, loss)
        second = _pass(module, batch, size, name, loss)
    culprits, layers = [], {n: layer for n, layer in batchnorm_layers(module).items() if layer.training}
    if layers:
        words = (f"{_some(layers)} normalize by the batch, so that the loss of an example depends on the others, and move their running "
                 "statistics at every call; write model.eval() (an Objective does so), or bn='batch' to mean it")
        culprits.append(Culprit("batchnorm", tuple(layers), words))
    if first.same(second):
        return culprits, 0.0, 2
    with fixed_rng(0, "preflight", "pass"):
        twin = _pass(_as_it_stands(model), batch, size, name, loss)
    difference = _difference(first, twin)
    if not first.same(twin):
        culprits.append(Culprit("kernels", (), "the same weights, inputs and random numbers gave other bits, in gradients "
                                f"{difference:.1g} of the largest entry: nondeterministic kernels; write "
                                "torch.use_deterministic_algorithms(True), or accept this error"))
    if first.drew:
        culprits.append(_drawing(module, first.drew))
    elif first.same(twin):
        moved = tuple(n for n in first.moved if n.rpartition(".")[0] not in layers)
        where = f"its buffers {', '.join(moved[:4])}" if moved else "something outside its buffers"
        culprits.append(Culprit("state", moved, f"the network answers otherwise the second time, and draws no random numbers: it remembers "
                                                f"{where}; write model.eval(), or keep that fixed"))
    return culprits, difference, 3


def _drawing(module: nn.Module, drew: tuple[str, ...]) -> Culprit:
    layers = [layer for n, layer in module.named_modules() if n in drew]
    dropout = any("dropout" in type(layer).__name__.lower() or getattr(layer, "dropout", 0) for layer in layers)
    training = any(layer.training for layer in layers)
    cure = "write model.eval() (an Objective does so)" if training else "it does so in eval mode, too: fix its seed, or take the draw out"
    names = tuple(n or type(module).__name__ for n in drew)
    mode = "train" if training else "eval"
    words = f"random numbers are drawn in {mode} mode by {_some(names)}, and the loss changes with them; {cure}"
    return Culprit("dropout" if dropout else "random", names, words)


def _pass(module: nn.Module, batch: Any, size: int, name: str, loss: Any) -> _Answer:
    before = {n: b.detach().clone() for n, b in module.named_buffers()}
    value = copied(batch)
    args, kwargs = arguments(module, value)
    with torch.enable_grad(), _watched(module) as drew:
        state = _state()
        answer = loss(module(*args, **kwargs), value if isinstance(value, dict) else value[-1])
        if not drew and state != _state():
            drew.append("the loss")
    total = answer if isinstance(answer, Tensor) and not answer.ndim else _mean(name, answer, size)
    weights = [p for p in module.parameters() if p.is_floating_point() or p.is_complex()]
    found = torch.autograd.grad(total, weights, allow_unused=True)
    moved = tuple(n for n, b in module.named_buffers() if not _equal(before[n], b))
    return _Answer(total.detach(), tuple(g for g in found if g is not None), tuple(drew), moved)


def _mean(name: str, answer: Any, size: int) -> Tensor:
    losses, weights = per_example(name, answer, size)
    return losses.mean() if weights is None else (losses * weights).sum() / weights.sum()


@contextmanager
def _watched(module: nn.Module) -> Iterator[list[str]]:
    """The innermost layers that draw random numbers, as they are called."""
    drew: list[str] = []
    open_calls: list[tuple[str, Any, int]] = []
    names = {layer: n for n, layer in module.named_modules()}

    def enter(layer: nn.Module, _: Any) -> None:
        open_calls.append((names[layer], _state(), len(drew)))

    def leave(layer: nn.Module, _: Any, __: Any) -> None:
        name, state, known = open_calls.pop()
        if len(drew) == known and state != _state() and name not in drew:
            drew.append(name)

    handles = [handle for layer in names for handle in (layer.register_forward_pre_hook(enter), layer.register_forward_hook(leave))]
    try:
        yield drew
    finally:
        for handle in handles:
            handle.remove()


def _state() -> tuple[Any, ...]:
    """Where the generators that code may draw from stand."""
    used = torch.cuda.is_available() and torch.cuda.is_initialized()
    cuda = tuple(bytes(s.numpy()) for s in torch.cuda.get_rng_state_all()) if used else ()
    kind, keys, *rest = np.random.get_state()
    return bytes(torch.get_rng_state().numpy()), cuda, kind, keys.tobytes(), *rest, random.getstate()


def _as_it_stands(model: nn.Module) -> nn.Module:
    """A copy in the same mode, whose parameters all have gradients."""
    module = copy_of(model)
    for own, given in zip(module.modules(), model.modules(), strict=True):
        own.training = given.training
    for parameter in module.parameters():
        if parameter.is_floating_point() or parameter.is_complex():
            parameter.requires_grad_()
    return module


def _on(batch: Any, model: nn.Module) -> Any:
    """The batch on the network's device, floating-point inputs in its dtype where it has one."""
    like = next(model.parameters(), None)
    if like is None:
        raise InputError(f"{type(model).__name__} has no parameters; expected a network with weights")
    dtypes = {p.dtype for p in model.parameters() if p.is_floating_point()}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    return mapped(batch, lambda t: t.to(like.device, dtype if t.is_floating_point() else None))


def _difference(first: _Answer, other: _Answer) -> float:
    """The largest difference of gradients, relative to their largest entry."""
    pairs = list(zip(first.gradients, other.gradients, strict=True))
    largest = max((float(a.abs().max()) for a, _ in pairs if a.numel()), default=0.0)
    apart = max((float((a - b).abs().max()) for a, b in pairs if a.numel()), default=0.0)
    return apart / largest if largest else apart


def _some(names: Any) -> str:
    """The first names."""
    listed = [f"layer {name}" if name[:1].isdigit() else name or "the network" for name in names]
    return f"{', '.join(listed[:4])}{', …' if len(listed) > 4 else ''}"
