"""What the benchmarks are run on: trained networks on real data where these lie on this machine, else stand-ins, which is said."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from lossatlas import Objective, load_point, zoo
from lossatlas.params import Params

CIFAR_MEAN, CIFAR_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: The two networks of ``lossatlas demo``.
DIGITS = ("digits_resnet", "digits_resnet_noshort")


@dataclass(frozen=True, eq=False)
class Subject:
    """A network in eval mode, its data as tensors, and what they are in words."""

    name: str
    model: torch.nn.Module
    x: torch.Tensor
    y: torch.Tensor
    said: str

    def objective(self, examples: int | None = None) -> Objective:
        """The mean cross-entropy of the first examples, in batches of 128."""
        return Objective.from_module(self.model, (self.x[:examples], self.y[:examples]), "cross_entropy", batch_size=128)


def cifar_resnet(depth: int, examples: int, shared: Path) -> Subject:
    """ResNet-20 or -56 with the trained weights of ``shared``/weights on the images of ``$CIFAR10``, where they are there."""
    model = zoo.build(f"resnet{depth}a", seed=0)
    weights, archive = shared / f"weights/cifar10_resnet{depth}.safetensors", os.environ.get("CIFAR10")
    if weights.exists():
        model.load_state_dict(load_point(weights), strict=False)
    x, y, said = _images(archive, examples)
    return Subject(f"ResNet-{depth}", model.eval(), x, y, f"{said}, {'trained' if weights.exists() else 'RANDOM'} weights")


def _images(archive: str | None, examples: int) -> tuple[torch.Tensor, torch.Tensor, str]:
    """Images of CIFAR-10, as many of every class, or random numbers; and which of the two."""
    if not archive:
        return torch.randn(examples, 3, 32, 32, generator=torch.Generator().manual_seed(0)), torch.arange(examples) % 10, "RANDOM images"
    images, targets = _cifar(archive)
    chosen = zoo.balanced_subset(targets, examples)
    return *zoo.prepare((images[chosen], targets[chosen]), mean=CIFAR_MEAN, std=CIFAR_STD), "CIFAR-10 images"


@cache
def _cifar(archive: str) -> tuple[torch.Tensor, torch.Tensor]:
    return zoo.read(f"cifar10:{archive}").train


def tiny_cnn(examples: int, *, epochs: int = 12) -> Subject:
    """Three convolutions with BatchNorm, 24,346 parameters, trained for seconds on the images of ``$CIFAR10``, where they are there."""
    archive, parts, width = os.environ.get("CIFAR10"), [], 3
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for channels in (16, 32, 64):
            parts += [torch.nn.Conv2d(width, channels, 3, padding=1, bias=False), torch.nn.BatchNorm2d(channels), torch.nn.ReLU(),
                      torch.nn.MaxPool2d(2)]
            width = channels
        model = torch.nn.Sequential(*parts, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(width, 10))
    x, y, said = _images(archive, examples)
    descent = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(epochs):
        for at in range(0, examples, 128):
            descent.zero_grad()
            torch.nn.functional.cross_entropy(model(x[at : at + 128]), y[at : at + 128]).backward()
            descent.step()
    return Subject("tiny CNN", model.eval().requires_grad_(False), x, y, f"{said}, trained for {epochs} epochs")


def digits(name: str, demo: Path, *, epochs: int = 5) -> Subject:
    """A digits network of the zoo on its 1,000 training digits, with the weights of ``lossatlas demo``, else trained here for seconds."""
    model, weights = zoo.build(name, seed=0), demo / f"{name}-seed0.safetensors"
    point: Params = load_point(weights) if weights.exists() else zoo.recipes.digits(name, epochs=epochs).point
    model.load_state_dict(point, strict=False)
    source = zoo.read("digits")
    x, y = zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    return Subject(name, model.eval(), x, y, "digits, weights of the demo" if weights.exists() else f"digits, trained for {epochs} epochs")


def mlp() -> Subject:
    """64-64-10 with ReLU on all 1,797 digits, trained for a moment."""
    source = zoo.read("digits")
    parts = [zoo.prepare(part, mean=source.mean, std=source.std, scale=source.scale) for part in (source.train, source.test)]
    x, y = torch.cat([part[0] for part in parts]).flatten(1), torch.cat([part[1] for part in parts])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    descent = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(100):
        descent.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        descent.step()
    return Subject("MLP 64-64-10", model.eval().requires_grad_(False), x, y, "digits, all 1,797")
