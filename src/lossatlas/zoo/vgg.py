"""The plain convolutional networks of the loss-landscape papers: VGG-9, without shortcuts and shallow enough to train.

Groups of 3x3 convolutions, each followed by BatchNorm and ReLU, with a 2x2 maximum between the groups that halves the
picture; then one hidden linear layer with BatchNorm and ReLU, as wide as the last convolution, and the output. VGG-9
has groups of 2, 2 and 3 convolutions with 64, 128 and 256 channels: seven convolutions and two linear layers.

Names of parameters are those of tomgoldstein/loss-landscape, the code of Li et al. (cifar10/models/vgg.py), whose
checkpoints fit: ``features.N`` counts every layer, ReLU and maximum included (convolutions of VGG-9 at 0, 3, 7, 10, 14,
17, 20, each with its BatchNorm behind it), ``fc.0`` and ``fc.1`` are the hidden layer and its BatchNorm, ``classifier``
the output. Convolutions keep their biases although BatchNorm takes them away again.

Sources: Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015; Ioffe,
Szegedy, "Batch Normalization", 2015; Li, Xu, Taylor, Studer, Goldstein, "Visualizing the Loss Landscape of Neural
Nets", 2018, sections 3 and 4 (VGG-9).
"""

from collections.abc import Sequence

from torch import Tensor, nn

from ..errors import InputError
from .initialization import he_normal

#: The channels of VGG-9, group by group.
VGG9 = ((64, 64), (128, 128), (256, 256, 256))


class Vgg(nn.Module):
    """Groups of convolutions with BatchNorm, (B, channels, pixels, pixels) -> (B, classes) logits.

    Args:
        groups: channels of the convolutions, group by group; a 2x2 maximum stands behind each group.
        pixels: side of the picture, divisible by 2 once per group.
        classes: number of outputs.
        channels: channels of the input.

    The weights are drawn from torch's global generator, normal with variance 2 / fan-in; biases start at zero.
    ``lossatlas.zoo.networks.build`` gives the same network from a seed and leaves that generator as it was.

    Raises:
        InputError: for an empty group, a size below 1, or a side that does not halve so often.

    Source: Li et al. 2018; Simonyan and Zisserman 2015.
    """

    def __init__(
        self, groups: Sequence[Sequence[int]] = VGG9, *, pixels: int = 32, classes: int = 10, channels: int = 3
    ) -> None:
        super().__init__()
        sizes = [classes, channels, *(width for group in groups for width in group)]
        if not groups or not all(groups) or min(sizes) < 1:
            raise InputError(f"groups is {groups!r}, classes {classes}, channels {channels}; expected groups of positive numbers of "
                             "channels such as ((64, 64), (128, 128)), and positive sizes")
        if pixels < 1 or pixels % 2 ** len(groups):
            raise InputError(f"pixels is {pixels}; expected a multiple of {2 ** len(groups)}: {len(groups)} groups halve the picture each")
        layers: list[nn.Module] = []
        inner = channels
        for group in groups:
            for outer in group:
                layers += [nn.Conv2d(inner, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU()]
                inner = outer
            layers.append(nn.MaxPool2d(2))
        side = pixels // 2 ** len(groups)
        self.features = nn.Sequential(*layers)
        self.fc = nn.Sequential(nn.Linear(inner * side * side, inner), nn.BatchNorm1d(inner), nn.ReLU())
        self.classifier = nn.Linear(inner, classes)
        he_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (B, channels, pixels, pixels) -> (B, widest, side, side)
        x = self.fc(x.flatten(1))  # (B, widest)
        return self.classifier(x)  # (B, classes)
