"""Fully connected ReLU networks: a picture is flattened, then linear layers with a ReLU between them.

They are an ``nn.Sequential`` with the flattening at index 0, so that the linear layers stand at 1, 3, 5 ... as in the
public checkpoints ``mnist_fc_6_100`` (five hidden layers of 100) and ``mnist_fc_9_200`` (eight of 200), and so that the
digits network of METHODS (64-64-64-10) is the same function with other numbers.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from ..errors import InputError


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """A ReLU network with ``sizes[0]`` inputs, hidden layers of ``sizes[1:-1]`` units and ``sizes[-1]`` outputs.

    (B, ...) is flattened to (B, sizes[0]); the result is (B, sizes[-1]) logits. The weights are drawn as torch's
    ``nn.Linear`` draws them, from the global generator.

    Raises:
        InputError: for fewer than two sizes, or a size below 1.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise InputError(f"sizes is {list(sizes)}; expected inputs, hidden sizes, outputs; write mlp((64, 64, 64, 10))")
    layers: list[nn.Module] = [nn.Flatten()]  # (B, ...) -> (B, sizes[0])
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]  # (B, inputs) -> (B, outputs)
    return nn.Sequential(*layers[:-1])
