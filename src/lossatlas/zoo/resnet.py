"""The CIFAR ResNets of the loss-landscape papers, with their twins that have no skip connections.

A ResNet of depth ``6 n + 2`` is one 3x3 convolution, three stages of ``n`` blocks with ``width``, ``2 width`` and
``4 width`` channels at full, half and quarter resolution, a global average and one linear layer. A block is two 3x3
convolutions, each followed by BatchNorm, and a shortcut that is added before the last ReLU. Between the stages the
shortcut has to halve the picture and double the channels, and here the literature differs:

* ``"projection"``: a strided 1x1 convolution with BatchNorm, as Li et al. draw it;
* ``"identity"``: every second pixel, the new channels zero, no parameter (option A of He et al.), as most public
  checkpoints have it;
* ``"none"``: the same blocks and nothing is ever added. This is the ``noshort`` twin whose landscape is rough.

The "WRN-56-k" of Li et al. is the same ResNet-56 with ``width=16 k``: all widths are k times as large, from the first
convolution on. (It is not the Wide ResNet of Zagoruyko and Komodakis, whose blocks begin with BatchNorm and ReLU.)

Names of parameters are those of the public checkpoints and of tomgoldstein/loss-landscape, the code of Li et al.
(cifar10/models/resnet.py): ``conv1``, ``bn1``, ``layer1.0.conv1`` ..., ``layer2.0.shortcut.0``, ``linear``.

Sources: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2016, section 4.2 and option A of
section 3.3; He et al., "Delving Deep into Rectifiers", 2015 (the initialization); Li, Xu, Taylor, Studer, Goldstein,
"Visualizing the Loss Landscape of Neural Nets", 2018, section 5 and the appendix (the networks without shortcuts).
"""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError
from ..names import choose
from .initialization import apart, he_normal

Shortcut = Literal["projection", "identity", "none"]


class Block(nn.Module):
    """Two 3x3 convolutions with BatchNorm and a shortcut of the given kind.

    Args:
        inner: channels that come in.
        outer: channels that go out.
        stride: 1, or 2 at the first block of a stage; with 2 the height and width are halved.
        shortcut: ``"projection"``, ``"identity"`` or ``"none"``; see the module.
    """

    def __init__(self, inner: int, outer: int, *, stride: int, shortcut: Shortcut) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inner, outer, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outer)
        self.conv2 = nn.Conv2d(outer, outer, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outer)
        self.kind, self.stride, self.inner, self.outer = shortcut, stride, inner, outer
        if shortcut == "projection" and (stride != 1 or inner != outer):
            with apart():  # the twin without it draws the same weights for all else
                self.shortcut = nn.Sequential(nn.Conv2d(inner, outer, 1, stride=stride, bias=False), nn.BatchNorm2d(outer))

    def around(self, x: Tensor) -> Tensor:
        """What is added to the two convolutions: (B, inner, H, W) -> (B, outer, H/stride, W/stride)."""
        if self.stride == 1 and self.inner == self.outer:
            return x
        if self.kind == "projection":
            return self.shortcut(x)
        x = x[:, :, :: self.stride, :: self.stride]  # (B, inner, H/stride, W/stride)
        before = (self.outer - self.inner) // 2
        after = self.outer - self.inner - before
        return F.pad(x, (0, 0, 0, 0, before, after))  # (B, outer, H/stride, W/stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))  # (B, inner, H, W) -> (B, outer, H/stride, W/stride)
        y = self.bn2(self.conv2(y))
        if self.kind != "none":
            y = y + self.around(x)
        return F.relu(y)


class CifarResNet(nn.Module):
    """A CIFAR ResNet, (B, channels, H, W) -> (B, classes) logits, for any H and W (32 for CIFAR, 8 for digits).

    Args:
        depth: number of layers with weights on the main path, ``6 n + 2`` with n >= 1: 8, 14, 20, ..., 56, 110.
        shortcut: ``"projection"`` (1x1 convolution and BatchNorm), ``"identity"`` (no parameters) or ``"none"``.
        width: channels of the first stage; the later ones have twice and four times as many. 16 k for a WRN-56-k.
        classes: number of outputs.
        channels: channels of the input.

    The weights are drawn from torch's global generator, normal with variance 2 / fan-in; biases start at zero.
    ``lossatlas.zoo.networks.build`` gives the same network from a seed and leaves that generator as it was.

    Raises:
        InputError: for a depth that is not ``6 n + 2``, a size below 1, or an unknown shortcut.

    Source: He et al. 2016, section 4.2; Li et al. 2018 for ``"none"``.
    """

    def __init__(
        self, depth: int, *, shortcut: Shortcut, width: int = 16, classes: int = 10, channels: int = 3
    ) -> None:
        super().__init__()
        choose(shortcut, Shortcut, "shortcut")
        if depth < 8 or (depth - 2) % 6:
            raise InputError(f"depth is {depth}; a CIFAR ResNet has 6n+2 layers; write 8, 14, 20, 32, 44, 56 or 110")
        for name, value in (("width", width), ("classes", classes), ("channels", channels)):
            if value < 1:
                raise InputError(f"{name} is {value}; expected a positive number")
        blocks = (depth - 2) // 6
        self.conv1 = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = _stage(width, width, blocks, stride=1, shortcut=shortcut)
        self.layer2 = _stage(width, 2 * width, blocks, stride=2, shortcut=shortcut)
        self.layer3 = _stage(2 * width, 4 * width, blocks, stride=2, shortcut=shortcut)
        self.linear = nn.Linear(4 * width, classes)
        he_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))  # (B, channels, H, W) -> (B, width, H, W)
        x = self.layer1(x)
        x = self.layer2(x)  # (B, 2 width, H/2, W/2)
        x = self.layer3(x)  # (B, 4 width, H/4, W/4)
        x = x.mean(dim=(2, 3))  # (B, 4 width)
        return self.linear(x)  # (B, classes)


def _stage(inner: int, outer: int, blocks: int, *, stride: int, shortcut: Shortcut) -> nn.Sequential:
    """``blocks`` blocks of ``outer`` channels; the first one halves the picture where ``stride`` is 2."""
    first = Block(inner, outer, stride=stride, shortcut=shortcut)
    rest = [Block(outer, outer, stride=1, shortcut=shortcut) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)
