"""The catalogue: every network of the zoo under one name, and the normalization that its checkpoint was trained with.

``build("resnet56a", seed=0)`` gives the network with fresh weights; ``NETWORKS["resnet56a"]`` says what data it is for
and where it comes from. The same seed gives a network and its ``noshort`` or option-A twin the same starting weights
where both have them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from ..errors import InputError
from ..names import suggest
from .convnet import PlainResNet, TinyResNet8, convnet
from .data import Source
from .densenet import DenseNet
from .llama import Llama
from .mlp import mlp
from .resnet import CifarResNet, Shortcut
from .vgg import Vgg

HE = "He et al. 2016, section 4.2"
LI = "Li et al. 2018, Visualizing the Loss Landscape of Neural Nets"
CROWN = "Verified-Intelligence/alpha-beta-CROWN"


@dataclass(frozen=True)
class Network:
    """A catalogue entry.

    Attributes:
        name: what ``build`` and the command line call it.
        build: makes the module, with weights from torch's global generator; ``networks.build`` takes a seed.
        data: the kind of data it was made for: ``"cifar10"``, ``"mnist"``, ``"digits"`` or ``"stories"``.
        reference: where the architecture is described.
    """

    name: str
    build: Callable[[], nn.Module]
    data: str
    reference: str


def _resnets() -> list[Network]:
    """ResNet-20, 56 and 110 with each of the three shortcuts."""
    endings: dict[str, tuple[Shortcut, str]] = {
        "": ("projection", f"{LI}; projections at the stage transitions"),
        "_noshort": ("none", f"{LI}; the same blocks without any addition"),
        "a": ("identity", f"{HE}; parameter-free shortcuts (option A)"),
    }
    return [
        Network(f"resnet{depth}{ending}", partial(CifarResNet, depth, shortcut=shortcut), "cifar10", reference)
        for depth in (20, 56, 110)
        for ending, (shortcut, reference) in endings.items()
    ]


def _wide_resnets() -> list[Network]:
    """ResNet-56 with all widths k times as large, with and without shortcuts: the "WRN-56-k" of Li et al."""
    endings: dict[str, Shortcut] = {"": "projection", "_noshort": "none"}
    return [
        Network(f"wrn56_{k}{ending}", partial(CifarResNet, 56, shortcut=shortcut, width=16 * k), "cifar10", f"{LI}; WRN-56-{k}{words}")
        for k in (2, 4, 8)
        for (ending, shortcut), words in zip(endings.items(), ("", " without shortcuts"), strict=True)
    ]


def _plain_and_dense() -> list[Network]:
    """The other two families of Li et al."""
    return [
        Network("vgg9", Vgg, "cifar10", f"{LI}; VGG-9 with BatchNorm"),
        Network("densenet121", DenseNet, "cifar10", f"{LI}; DenseNet-121 with a 3x3 stem"),
    ]


def _digits_resnets(*, depth: int = 32, width: int = 8) -> list[Network]:
    """The pair of the demo: a residual network for 8x8 digits and its twin without skip connections."""
    kinds: dict[str, Shortcut] = {"digits_resnet": "projection", "digits_resnet_noshort": "none"}
    return [
        Network(name, partial(CifarResNet, depth, shortcut=shortcut, width=width, channels=1), "digits", LI)
        for name, shortcut in kinds.items()
    ]


def _small() -> list[Network]:
    """The networks without BatchNorm whose weights are public, the digits MLP and the language model."""
    return [
        Network("mnist_fc_6_100", partial(mlp, (784, *[100] * 5, 10)), "mnist", CROWN),
        Network("mnist_fc_9_200", partial(mlp, (784, *[200] * 8, 10)), "mnist", CROWN),
        Network("mnist_conv_small", partial(convnet, channels=1, pixels=28, padding=0), "mnist", CROWN),
        Network("cnn_a", convnet, "cifar10", f"{CROWN}, the four cifar10_cnn_a_*"),
        Network("resnet2b", partial(PlainResNet, stages=1, width=8), "cifar10", CROWN),
        Network("resnet4b", partial(PlainResNet, stages=2, width=16), "cifar10", CROWN),
        Network("resnet8_tiny", TinyResNet8, "cifar10", "mlcommons/tiny, cifar10_resnet8_mlperf_tiny"),
        Network("digits_mlp", partial(mlp, (64, 64, 64, 10)), "digits", "METHODS, dig-MLP"),
        Network("stories260k", Llama, "stories", "A. Karpathy, llama2.c and tinyllamas"),
    ]


NETWORKS: Mapping[str, Network] = {
    entry.name: entry for entry in (*_resnets(), *_wide_resnets(), *_plain_and_dense(), *_digits_resnets(), *_small())
}


#: Data that a network takes beside the kind it was made for, because the shapes and the number of classes are the same.
ALSO_TAKES = {"mnist": ("fashion-mnist",)}
#: Other spellings: the names of the checkpoint files.
ALIASES = {"cifar10_cnn_a": "cnn_a", "stories260K": "stories260k"}


def find(name: str) -> Network:
    """The catalogue entry of a name.

    Raises:
        InputError: for a name that is not in the catalogue, with the closest one.
    """
    name = ALIASES.get(name, name)
    if name not in NETWORKS:
        raise InputError(f"network {name!r} is not in the zoo; expected one of {', '.join(NETWORKS)}{suggest(name, NETWORKS)}")
    return NETWORKS[name]


def build(name: str, *, seed: int = 0) -> nn.Module:
    """A network of the catalogue with fresh weights, on the CPU in float32, in training mode.

    The same name and seed give the same weights; torch's generators are afterwards as they were.

    Raises:
        InputError: for an unknown name, or a seed that is not a whole number from 0 to 2^63 - 1.
    """
    entry = find(name)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        raise InputError(f"seed is {seed!r}; expected a whole number from 0 to 2^63 - 1")
    default = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        try:
            torch.set_default_dtype(torch.float32)
            return entry.build()
        finally:
            torch.set_default_dtype(default)


def input_normalization(metadata: Mapping[str, str], source: Source) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and std per channel that a checkpoint was trained with, of pictures divided by ``source.scale``.

    The checkpoint's metadata decide: ``likely_training_mean`` and ``likely_training_std`` first, then ``mean`` and
    ``std`` (numbers with commas between); an ``input`` of "raw 0..255" means pixels as they are. Where they say
    nothing, the data source's own are taken.

    Raises:
        InputError: where only one of a pair is there, it is not numbers, not one per channel, or a std not positive.
    """
    for prefix in ("likely_training_", ""):
        names = f"{prefix}mean", f"{prefix}std"
        present = [name for name in names if name in metadata]
        if not present:
            continue
        if len(present) == 1:
            raise InputError(f"the checkpoint's metadata have {present[0]} alone; expected {' and '.join(names)}")
        mean, std = (_numbers(name, metadata[name], len(source.mean)) for name in names)
        if min(std) <= 0:
            raise InputError(f"the checkpoint's {names[1]} is {metadata[names[1]]!r}; expected positive numbers")
        return mean, std
    if metadata.get("input", "").startswith("raw 0..255"):
        return (0.0,) * len(source.mean), (1 / source.scale,) * len(source.mean)
    return source.mean, source.std


def _numbers(name: str, text: str, channels: int) -> tuple[float, ...]:
    """The numbers of a metadata entry, one per channel."""
    try:
        values = tuple(float(word) for word in text.split(","))
    except ValueError:
        raise InputError(f"the checkpoint's metadata have {name} {text!r}; expected numbers with commas") from None
    if len(values) != channels:
        raise InputError(f"the checkpoint's metadata have {name} {text!r}; the data has {channels} channels")
    return values
