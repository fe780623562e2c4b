"""How the convolutional networks of the zoo start: normal weights with variance 2 / fan-in.

Twins that differ in their shortcuts start from the same weights where both have them: a shortcut is made under
``apart``, which takes no number from the generator that the rest draws from, and ``he_normal`` draws shortcuts last.

Source: He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", 2015, equation 10.
"""

from contextlib import AbstractContextManager

import torch
from torch import nn


def apart() -> AbstractContextManager[None]:
    """Modules made in this context take nothing from torch's global generator of the CPU."""
    return torch.random.fork_rng(devices=[])


def he_normal(network: nn.Module) -> None:
    """Weights of convolutions and linear layers normal with variance 2 / fan-in, biases zero; BatchNorm stays (1, 0).

    Drawn from torch's global generator, layer by layer in the order of ``named_modules``, those in a submodule called
    ``shortcut`` after all others.
    """
    layers = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    for _, module in sorted(layers, key=lambda layer: "shortcut" in layer[0].split(".")):
        nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
