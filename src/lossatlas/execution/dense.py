"""Several points of a network of dense layers at once, examples last: one matrix product a layer, and none for the first.

With activations of shape (points, features, examples) every product, sum and activation reads memory in order, which for narrow layers
is several times faster than examples first. On a slice the weights are affine in the coordinates, ``W(u) = Σ_j c_j(u) W_j``, and the
input of the first layer does not move, so its output is ``Σ_j c_j(u) (W_j x + b_j)``: products that are made once for the whole
slice. Points and examples are taken few at a time, so that what a layer writes is still in the cache when the next one reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import torch
import torch.fx
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import Raw, examples
from ..errors import InputError
from ..network import arguments, own_hooks
from ..params import Params
from .rooms import Rooms
from .threads import Crew

if TYPE_CHECKING:
    from .points import Group

#: Points whose activations lie side by side, the memory that those of two layers may take to stay in a core's share of the cache (smaller
#: tiles, for a cache of its own, cost more in calls than they gain), and the examples that are taken together at least.
BLOCK, CACHE, FEWEST = 16, 3 << 20, 128
#: Activations, as layers and as functions.
_LAYERS = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Softplus, nn.Hardtanh)
_IN_PLACE: dict[Any, Callable[[Tensor], Tensor]] = {
    nn.ReLU: torch.relu_, nn.Tanh: torch.tanh_, nn.Sigmoid: torch.sigmoid_, torch.relu: torch.relu_, F.relu: torch.relu_,
    torch.tanh: torch.tanh_, torch.sigmoid: torch.sigmoid_, "relu": torch.relu_, "tanh": torch.tanh_, "sigmoid": torch.sigmoid_,
}
_FUNCTIONS: dict[Any, Callable[[Tensor], Tensor]] = {
    torch.relu: torch.relu, F.relu: torch.relu, torch.tanh: torch.tanh, F.tanh: torch.tanh, torch.sigmoid: torch.sigmoid,
    F.gelu: F.gelu, F.silu: F.silu, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
}


@dataclass(frozen=True, eq=False)
class Outputs:
    """Outputs of a group of points on a batch, made where they are asked for: of a block of points and a tile of examples at a time.

    Attributes:
        like: a tensor of their type, on their device.
        features: numbers that an example has.
        tiles, size: tiles, and the examples of each; the last one is filled up with examples that mean nothing.
        blocks: the points of each block.
        make: of a block and a tile, by number, and memory: (points, features, examples), which the next one in this memory overwrites.
    """

    like: Tensor
    features: int
    tiles: int
    size: int
    blocks: list[slice]
    make: Callable[[int, int, Rooms], Tensor]

    @property
    def pieces(self) -> list[tuple[int, int]]:
        """All blocks and tiles, by number."""
        return list(product(range(len(self.blocks)), range(self.tiles)))


class Dense:
    """The outputs of a network of dense layers and activations, one after the other.

    Raises:
        InputError: any other network.
    """

    def __init__(self, module: nn.Module, crew: Crew) -> None:
        self._module, self._crew = module, crew
        self._steps = _steps(module)
        self._widths = {step: module.get_submodule(step).out_features for step in self._steps if isinstance(step, str)}
        widths = list(self._widths.values())
        self._features = widths[-1] if widths else None
        self._width = max(map(sum, zip(widths, [*widths[1:], 0], strict=True)), default=1)
        self._bases: Params | None = None
        self._tiles: dict[int, tuple[Tensor, Tensor]] = {}  # by the place of inputs, which are held so that it stays theirs

    @property
    def first(self) -> str | None:
        """The layer that reads the inputs, if one does: on a slice its weights at a point are not needed."""
        return self._steps[0] if self._steps and isinstance(self._steps[0], str) else None

    def __call__(self, group: Group, value: Raw, still: Params) -> Tensor:
        """Outputs (points, examples, features) on one batch; ``still``: tensors that stay."""
        made, n = self.outputs(group, value, still), examples(value)
        found = made.like.new_empty(len(group), n, made.features)

        def keep(piece: tuple[int, int], rooms: Rooms) -> None:
            block, tile = piece
            into = found[made.blocks[block], tile * made.size : (tile + 1) * made.size]
            into.copy_(made.make(block, tile, rooms)[..., : into.shape[1]].transpose(1, 2))

        self._crew(keep, made.pieces)
        return found

    def outputs(self, group: Group, value: Raw, still: Params) -> Outputs:
        """The same, piece by piece."""
        inputs, named = arguments(self._module, value)
        if named or len(inputs) != 1:
            raise InputError("the network takes several inputs, or takes them by name")
        x = inputs[0].flatten(1)
        moving = self.first is not None and group.bases is not None and f"{self.first}.weight" in group.bases
        tiles = self._tiled(x, group, still, moving)
        if group.weights is not None:
            group = replace(group, weights=group.weights.to(x.device, x.dtype))
        blocks = blocks_of(len(group), x.device)
        parts = [group.part(points) for points in blocks]
        return Outputs(x, self._features or x.shape[1], len(tiles), tiles.shape[-1], blocks,
                       lambda block, tile, rooms: self._outputs(parts[block], tiles[tile], moving, still, rooms))

    @property
    def cached_bytes(self) -> int:
        """Memory of what is kept from group to group."""
        return sum(tiles.numel() * tiles.element_size() for _, tiles in self._tiles.values())

    def _outputs(self, group: Group, h: Tensor, moving: bool, still: Params, rooms: Rooms) -> Tensor:
        """Outputs of a block of points on a tile."""
        for number, step in enumerate(self._steps):
            if not isinstance(step, str):
                h = step(h)
                continue
            room = rooms(number, len(group), self._widths[step], h.shape[-1], like=h)
            if number == 0 and moving:
                assert group.weights is not None
                torch.mm(group.weights, h.flatten(1), out=room.flatten(1))
                h = room
            else:
                h = self._layer(step, group, h, still, room)
        return h if h.ndim == 3 else h.expand(len(group), -1, -1)

    def _tiled(self, x: Tensor, group: Group, still: Params, moving: bool) -> Tensor:
        """The inputs, or where the first layer moves on a slice its products ``W_j x + b_j``, kept from group to group.

        (tiles, features, examples of a tile), with the bases before the features of products.
        """
        bases = group.bases if moving else None  # a group of several slices has none
        if self._bases is not bases:
            self._bases, self._tiles = bases, {}
        if x.data_ptr() not in self._tiles:
            columns = x.T if not moving else self._products(x, group, still)
            fit = CACHE // (BLOCK * self._width * x.element_size())
            count = -(-len(x) // max(fit, FEWEST)) if x.device.type == "cpu" else 1
            size = -(-len(x) // count)
            padded = F.pad(columns, (0, count * size - len(x))).unflatten(-1, (count, size))
            self._tiles[x.data_ptr()] = x, padded.movedim(-2, 0).contiguous()
        return self._tiles[x.data_ptr()][1]

    def _products(self, x: Tensor, group: Group, still: Params) -> Tensor:
        assert group.bases is not None
        products = group.bases[f"{self.first}.weight"].to(x.device, x.dtype) @ x.T  # (bases, features, examples)
        if (bias := group.bases.get(f"{self.first}.bias")) is not None:
            products += bias.to(x.device, x.dtype)[:, :, None]
        elif (bias := still.get(f"{self.first}.bias")) is not None:
            products[: len(products) if group.through else 1] += bias[:, None]  # the weights of given points sum to one
        return products

    def _layer(self, name: str, group: Group, h: Tensor, still: Params, room: Tensor) -> Tensor:
        weight, bias = (group.moving.get(f"{name}.{short}", still.get(f"{name}.{short}")) for short in ("weight", "bias"))
        assert weight is not None
        if weight.ndim == 2 or h.ndim == 2:
            product = weight @ h
            return product if bias is None else product + bias[..., None]
        return torch.bmm(weight, h, out=room) if bias is None else torch.baddbmm(bias[..., None], weight, h, out=room)


def blocks_of(points: int, device: torch.device) -> list[slice]:
    """Points that go through a network together: on a CPU a few, elsewhere all."""
    block = BLOCK if device.type == "cpu" else points
    return [slice(start, min(start + block, points)) for start in range(0, points, block)]


def _steps(module: nn.Module) -> list[str | Callable[[Tensor], Tensor]]:
    """Names of linear layers, and activations, in order."""
    if own_hooks(module):
        raise InputError("the network has hooks")
    try:
        graph = torch.fx.symbolic_trace(module).graph
    except Exception as error:
        raise InputError(f"the network cannot be traced ({type(error).__name__})") from None
    layers, last, steps = dict(module.named_modules()), None, []
    for node in graph.nodes:
        if node.op == "placeholder" and last is None:
            last = node
        elif node.op == "output":
            if node.args[0] is not last:
                raise InputError("the network has several outputs")
        else:
            if list(node.all_input_nodes) != [last]:
                raise InputError("the network is no chain of layers")
            steps += _step(node, layers, bool(steps))
            last = node
    return steps


def _step(node: torch.fx.Node, layers: dict[str, nn.Module], later: bool) -> list[str | Callable[[Tensor], Tensor]]:
    layer = layers[str(node.target)] if node.op == "call_module" else None
    if type(layer) is nn.Linear and not layer.__dict__.get("parametrizations"):
        return [str(node.target)]
    if isinstance(layer, nn.Identity | nn.Dropout):
        return []
    plain = node.op == "call_module" or (len(node.args) == 1 and not node.kwargs)
    if later and plain and (what := type(layer) if layer is not None else node.target) in _IN_PLACE:
        return [_IN_PLACE[what]]
    if type(layer) in _LAYERS and layer is not None:
        if not later and getattr(layer, "inplace", False):
            raise InputError("the network changes its inputs in place")
        return [layer]
    flat = isinstance(layer, nn.Flatten) and (layer.start_dim, layer.end_dim) == (1, -1)
    flat = flat or (node.target in (torch.flatten, "flatten") and tuple(node.args[1:]) in ((1,), (1, -1)) and not node.kwargs)
    if flat and not later:
        return []
    if node.op in ("call_function", "call_method") and node.target in _FUNCTIONS and plain:
        return [_FUNCTIONS[node.target]]
    what = type(layer).__name__ if layer is not None else getattr(node.target, "__name__", str(node.target))
    raise InputError(f"the network has {what}, which is no dense layer")
