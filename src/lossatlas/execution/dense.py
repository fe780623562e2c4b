"""Several points of a network of dense layers at once, examples last: one matrix product a layer, and none for the first.

With activations of shape (points, features, examples) every product, sum and activation reads memory in order, which for narrow layers
is several times faster than examples first. On a slice the weights are affine in the coordinates, ``W(u) = Σ_j c_j(u) W_j``, and the
input of the first layer does not move, so its output is ``Σ_j c_j(u) (W_j x + b_j)``: products that are made once for the whole
slice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
import torch.fx
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import Raw
from ..errors import InputError
from ..network import arguments, own_hooks
from ..params import Params

if TYPE_CHECKING:
    from .points import Group

#: Points whose activations lie side by side: few, so that they stay in the cache.
BLOCK = 16
#: Activations, as layers and as functions.
_LAYERS = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.ELU, nn.LeakyReLU, nn.Softplus, nn.Hardtanh)
_IN_PLACE: dict[Any, Callable[[Tensor], Tensor]] = {nn.ReLU: torch.relu_, nn.Tanh: torch.tanh_, nn.Sigmoid: torch.sigmoid_}
_FUNCTIONS: dict[Any, Callable[[Tensor], Tensor]] = {
    torch.relu: torch.relu, F.relu: torch.relu, torch.tanh: torch.tanh, F.tanh: torch.tanh, torch.sigmoid: torch.sigmoid,
    F.gelu: F.gelu, F.silu: F.silu, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
}


class Dense:
    """The outputs of a network of dense layers and activations, one after the other.

    Raises:
        InputError: any other network.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._steps = _steps(module)
        self._bases: Params | None = None
        self._products: dict[int, tuple[Tensor, Tensor]] = {}  # by the place of a batch's inputs, which are held so that it stays theirs
        self._rooms: dict[tuple[int, ...], Tensor] = {}  # fresh memory would be mapped page by page, which takes longer than the products

    def __call__(self, group: Group, value: Raw, still: Params) -> Tensor:
        """Outputs (points, examples, features) on one batch, in memory that the next call overwrites; ``still``: tensors that stay."""
        inputs, named = arguments(self._module, value)
        if named or len(inputs) != 1:
            raise InputError("the network takes several inputs, or takes them by name")
        x, count, out = inputs[0].flatten(1).T, len(next(iter(group.moving.values()))), None
        for start in range(0, count, BLOCK):
            h = self._outputs(group.part(slice(start, start + BLOCK)), x, still)
            out = self._room(-1, count, *h.shape[-2:], like=h) if out is None else out
            out[start : start + BLOCK] = h
        assert out is not None
        return out.transpose(1, 2)

    @property
    def cached_bytes(self) -> int:
        """Memory of what is kept from group to group."""
        kept = [*self._rooms.values(), *(products for _, products in self._products.values())]
        return sum(tensor.numel() * tensor.element_size() for tensor in kept)

    def _outputs(self, group: Group, h: Tensor, still: Params) -> Tensor:
        for number, step in enumerate(self._steps):
            if not isinstance(step, str):
                h = step(h)
            elif number == 0 and group.bases is not None and f"{step}.weight" in group.bases:
                h = self._first_layer(step, group, h, still)
            else:
                h = self._layer(number, step, group, h, still)
        return h

    def _first_layer(self, name: str, group: Group, x: Tensor, still: Params) -> Tensor:
        """``Σ_j c_j (W_j x + b_j)``, whose products are kept from group to group."""
        assert group.bases is not None and group.weights is not None
        if self._bases is not group.bases:
            self._bases, self._products = group.bases, {}
        if x.data_ptr() not in self._products:
            products = group.bases[f"{name}.weight"].to(x.dtype) @ x  # (bases, features, examples)
            if (bias := group.bases.get(f"{name}.bias")) is not None:
                products += bias.to(x.dtype)[:, :, None]
            elif (bias := still.get(f"{name}.bias")) is not None:
                products[: len(products) if group.through else 1] += bias[:, None]  # the weights of given points sum to one
            self._products[x.data_ptr()] = x, products
        products, weights = self._products[x.data_ptr()][1], group.weights.to(x.device, x.dtype)
        out = self._room(0, len(weights), *products.shape[1:], like=x)
        torch.mm(weights, products.flatten(1), out=out.flatten(1))
        return out

    def _layer(self, number: int, name: str, group: Group, h: Tensor, still: Params) -> Tensor:
        weight, bias = (group.moving.get(f"{name}.{short}", still.get(f"{name}.{short}")) for short in ("weight", "bias"))
        assert weight is not None
        if weight.ndim == 3 and h.ndim == 3 and bias is not None:
            out = self._room(number, len(weight), weight.shape[1], h.shape[2], like=h)
            return torch.baddbmm(bias.expand(len(weight), -1)[:, :, None], weight, h, out=out)
        product = weight @ h
        return product if bias is None else product + bias[..., None]

    def _room(self, number: int, *shape: int, like: Tensor) -> Tensor:
        """Memory of this shape for the results of a step."""
        if (number, *shape) not in self._rooms:
            self._rooms[(number, *shape)] = torch.empty(shape, dtype=like.dtype, device=like.device)
        return self._rooms[(number, *shape)]


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
    if later and type(layer) in _IN_PLACE:
        return [_IN_PLACE[type(layer)]]
    if type(layer) in _LAYERS and layer is not None:
        return [layer]
    flat = isinstance(layer, nn.Flatten) and (layer.start_dim, layer.end_dim) == (1, -1)
    flat = flat or (node.target in (torch.flatten, "flatten") and tuple(node.args[1:]) in ((1,), (1, -1)) and not node.kwargs)
    if flat and not later:
        return []
    if node.op in ("call_function", "call_method") and node.target in _FUNCTIONS and len(node.args) == 1 and not node.kwargs:
        return [_FUNCTIONS[node.target]]
    what = type(layer).__name__ if layer is not None else getattr(node.target, "__name__", str(node.target))
    raise InputError(f"the network has {what}, which is no dense layer")
