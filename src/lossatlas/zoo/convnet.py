"""Small convolutional networks without BatchNorm: the ones whose trained weights are public.

``convnet`` is two strided 4x4 convolutions and two linear layers, an ``nn.Sequential`` with its weights at 0, 2, 5 and
7: ``mnist_conv_small`` (one channel, 28 pixels, no padding) and the four trainings of ``cifar10_cnn_a_*`` (three
channels, 32 pixels, padding 1). ``PlainResNet`` is the residual network without BatchNorm of ``cifar10_resnet2b`` and
``cifar10_resnet4b``: every convolution has a bias, every stage halves the picture. ``TinyResNet8`` is the image
classifier of MLPerf Tiny, with the conventions of TensorFlow, where it was trained.

Sources: the models of Verified-Intelligence/alpha-beta-CROWN (VNN-COMP benchmarks) and of mlcommons/tiny (Banbury et
al., "MLPerf Tiny Benchmark", 2021), described by the metadata of the checkpoints and by the shapes of their tensors.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError


def convnet(
    *,
    channels: int = 3,
    pixels: int = 32,
    padding: int = 1,
    widths: tuple[int, int] = (16, 32),
    hidden: int = 100,
    classes: int = 10,
) -> nn.Sequential:
    """Conv-ReLU-Conv-ReLU-Flatten-Linear-ReLU-Linear, (B, channels, pixels, pixels) -> (B, classes) logits.

    Both convolutions are 4x4 with stride 2 and the given padding. The weights are drawn as torch draws them.

    Raises:
        InputError: where the picture is too small for two such convolutions.
    """
    side = _halved(_halved(pixels, padding), padding)
    if side < 1:
        raise InputError(f"pixels is {pixels}; two 4x4 convolutions of stride 2 with padding {padding} need more")
    return nn.Sequential(
        nn.Conv2d(channels, widths[0], 4, stride=2, padding=padding),  # (B, widths[0], ~pixels/2, ~pixels/2)
        nn.ReLU(),
        nn.Conv2d(widths[0], widths[1], 4, stride=2, padding=padding),  # (B, widths[1], side, side)
        nn.ReLU(),
        nn.Flatten(),  # (B, widths[1] * side * side)
        nn.Linear(widths[1] * side * side, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )


def _halved(pixels: int, padding: int) -> int:
    """The side of the picture after a 4x4 convolution of stride 2."""
    return (pixels + 2 * padding - 4) // 2 + 1


class PlainBlock(nn.Module):
    """Two 3x3 convolutions with biases and a shortcut, a 1x1 convolution with bias where the shape changes."""

    def __init__(self, inner: int, outer: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inner, outer, 3, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(outer, outer, 3, padding=1)
        same = stride == 1 and inner == outer
        self.shortcut = nn.Sequential() if same else nn.Sequential(nn.Conv2d(inner, outer, 1, stride=stride))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(F.relu(self.conv1(x)))  # (B, inner, H, W) -> (B, outer, H/stride, W/stride)
        return F.relu(y + self.shortcut(x))


class PlainResNet(nn.Module):
    """A residual network without BatchNorm, (B, 3, 32, 32) -> (B, 10) logits.

    Args:
        stages: number of stages, 1 (``resnet2b``) or 2 (``resnet4b``), of two blocks each; each halves the picture.
        width: channels after the first convolution; the stages have twice as many.

    Raises:
        InputError: for another number of stages.
    """

    def __init__(self, *, stages: int, width: int) -> None:
        super().__init__()
        if stages not in (1, 2):
            raise InputError(f"stages is {stages}; expected 1 (resnet2b) or 2 (resnet4b)")
        self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.layer1 = nn.Sequential(PlainBlock(width, 2 * width, stride=2), PlainBlock(2 * width, 2 * width, stride=1))
        self.layer2 = nn.Sequential()
        if stages == 2:
            again = (PlainBlock(2 * width, 2 * width, stride=2), PlainBlock(2 * width, 2 * width, stride=1))
            self.layer2 = nn.Sequential(*again)
        side = 8 // stages
        self.linear1 = nn.Linear(2 * width * side * side, 100)
        self.linear2 = nn.Linear(100, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))  # (B, 3, 32, 32) -> (B, width, 16, 16)
        x = self.layer2(self.layer1(x))  # (B, 2 width, side, side)
        x = F.relu(self.linear1(x.flatten(1)))  # (B, 100)
        return self.linear2(x)  # (B, 10)


class TinyResNet8(nn.Module):
    """The ResNet-8 of MLPerf Tiny, (B, 3, 32, 32) with values 0 to 255 -> (B, 10) logits.

    Convolutions have biases, BatchNorm has the 1e-3 of Keras, and a strided convolution pads below and on the right
    only. Convolutions 5 and 8 are the shortcuts of the two blocks that halve the picture; they have no BatchNorm.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = [(3, 16), (16, 16), (16, 16), (16, 32), (32, 32), (16, 32), (32, 64), (64, 64), (32, 64)]
        sizes = [3, 3, 3, 3, 3, 1, 3, 3, 1]
        strides = [1, 1, 1, 2, 1, 2, 2, 1, 2]
        self.conv = nn.ModuleList(
            nn.Conv2d(inner, outer, size, stride=stride, padding=1 if size == 3 and stride == 1 else 0)
            for (inner, outer), size, stride in zip(widths, sizes, strides, strict=True)
        )
        self.bn = nn.ModuleList(nn.BatchNorm2d(width, eps=1e-3) for width in (16, 16, 16, 32, 32, 64, 64))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn[0](self.conv[0](x)))  # (B, 3, 32, 32) -> (B, 16, 32, 32)
        y = F.relu(self.bn[1](self.conv[1](x)))
        x = F.relu(x + self.bn[2](self.conv[2](y)))
        y = F.relu(self.bn[3](self.conv[3](F.pad(x, (0, 1, 0, 1)))))  # (B, 32, 16, 16)
        x = F.relu(self.conv[5](x) + self.bn[4](self.conv[4](y)))
        y = F.relu(self.bn[5](self.conv[6](F.pad(x, (0, 1, 0, 1)))))  # (B, 64, 8, 8)
        x = F.relu(self.conv[8](x) + self.bn[6](self.conv[7](y)))
        return self.fc(x.mean(dim=(2, 3)))  # (B, 10)
