"""The DenseNets of the loss-landscape papers, for 32x32 pictures.

In a dense block every layer sees what all layers before it made: a layer takes all channels there are, narrows them to
``4 growth`` by a 1x1 convolution, makes ``growth`` new ones by a 3x3 convolution, and puts them before the old ones.
BatchNorm and ReLU stand before each convolution. Between the blocks a transition keeps half of the channels (rounded
down) and averages 2x2 pixels. For CIFAR the network begins with one 3x3 convolution of ``2 growth`` channels, without
the stride and the maximum of the ImageNet version. DenseNet-121 has growth 32 and blocks of 6, 12, 24 and 16 layers.

Names of parameters are those of tomgoldstein/loss-landscape, the code of Li et al. (cifar10/models/densenet.py), whose
checkpoints fit: ``conv1``, ``dense1.0.bn1``, ``dense1.0.conv1``, ``dense1.0.bn2``, ``dense1.0.conv2`` ..., ``trans1.bn``,
``trans1.conv`` ..., ``dense4.15.conv2``, ``bn``, ``linear``. That new channels come first decides which channel a weight
belongs to, and is as there.

Sources: Huang, Liu, van der Maaten, Weinberger, "Densely Connected Convolutional Networks", 2017, section 3 (the
variant BC); Li, Xu, Taylor, Studer, Goldstein, "Visualizing the Loss Landscape of Neural Nets", 2018, Figure 4.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError
from .initialization import he_normal

#: Layers of the four blocks of DenseNet-121.
DENSENET121 = (6, 12, 24, 16)


class DenseLayer(nn.Module):
    """``growth`` new channels before the ``inner`` old ones, (B, inner, H, W) -> (B, growth + inner, H, W)."""

    def __init__(self, inner: int, *, growth: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv1 = nn.Conv2d(inner, 4 * growth, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.relu(self.bn1(x)))  # (B, 4 growth, H, W)
        y = self.conv2(F.relu(self.bn2(y)))  # (B, growth, H, W)
        return torch.cat([y, x], dim=1)


class Transition(nn.Module):
    """Half the channels at half the resolution, (B, inner, H, W) -> (B, inner // 2, H // 2, W // 2)."""

    def __init__(self, inner: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(inner)
        self.conv = nn.Conv2d(inner, inner // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)


class DenseNet(nn.Module):
    """A DenseNet-BC for small pictures, (B, channels, H, W) -> (B, classes) logits, for H and W of at least 8.

    Args:
        blocks: layers of each of the four dense blocks.
        growth: channels that a layer adds.
        classes: number of outputs.
        channels: channels of the input.

    The weights are drawn from torch's global generator, normal with variance 2 / fan-in; biases start at zero.
    ``lossatlas.zoo.networks.build`` gives the same network from a seed and leaves that generator as it was.

    Raises:
        InputError: for another number of blocks than four, or a size below 1.

    Source: Huang et al. 2017, section 3; Li et al. 2018.
    """

    def __init__(
        self, blocks: tuple[int, int, int, int] = DENSENET121, *, growth: int = 32, classes: int = 10, channels: int = 3
    ) -> None:
        super().__init__()
        if len(blocks) != 4 or min(*blocks, growth, classes, channels) < 1:
            raise InputError(f"blocks is {blocks!r}, growth {growth}, classes {classes}, channels {channels}; expected four positive "
                             "numbers of layers such as (6, 12, 24, 16), and positive sizes")
        width = 2 * growth
        self.conv1 = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        for number, layers in enumerate(blocks, start=1):
            dense = nn.Sequential(*(DenseLayer(width + i * growth, growth=growth) for i in range(layers)))
            self.add_module(f"dense{number}", dense)
            width += layers * growth
            if number < len(blocks):
                self.add_module(f"trans{number}", Transition(width))
                width //= 2
        self.bn = nn.BatchNorm2d(width)
        self.linear = nn.Linear(width, classes)
        he_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # (B, channels, H, W) -> (B, 2 growth, H, W)
        x = self.trans1(self.dense1(x))  # (B, ., H/2, W/2)
        x = self.trans2(self.dense2(x))  # (B, ., H/4, W/4)
        x = self.trans3(self.dense3(x))  # (B, ., H/8, W/8)
        x = F.relu(self.bn(self.dense4(x)))
        return self.linear(x.mean(dim=(2, 3)))  # (B, classes)
