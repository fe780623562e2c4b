"""Minima that are bad on purpose: dead ReLUs, and a linear network inside a deep one (Goldblum et al. 2020, section 2).

Both are points of an ordinary fully connected ReLU network (``zoo.mlp``) that gradient descent does not leave, although the network can do
far better:

* **dead ReLUs**: biases so negative that no unit of the hidden layers answers to any example. Output and gradient depend on the last bias
  alone, and in a neighbourhood all stays so: with the last bias at its optimum the loss is the entropy of the labels, at a minimum.
* **an embedded linear network**: hidden layers that pass on the inputs (identity), made positive by a bias c so that every ReLU is linear
  on all data, and a last layer that takes c away again (weight W, bias b − W·c). The outputs are those of the linear model Wx + b; where
  that is the best linear model, every gradient of the deep network is zero, and in a neighbourhood it stays a linear network: a minimum
  as high as the best linear loss. Needs hidden layers wide enough for the inputs, or, from some layer on, for the outputs.

What is promised is verified on the data of the objective, and how far from stationary the point is, is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..data import targets_of
from ..errors import InputError, LossAtlasError
from ..fitting import fit
from ..losses import NAMED
from ..objective import Objective
from ..params import Params, norm

#: By this share of the largest output those of the deep and of the linear network may differ, for the precision of the weights.
_EQUAL = {torch.float64: 1e-10, torch.float32: 1e-4}


@dataclass(frozen=True)
class Suboptimal:
    """A constructed point, and what was verified of it on the data.

    Attributes:
        point: parameters and buffers, for ``fit(…, init=)``, probes, lines.
        loss: of all data there (with the penalty of the objective).
        gradient_norm: of the loss; 0 at a stationary point, up to rounding.
        checks: what else was measured, in words: the largest difference of outputs, the smallest distance from a kink, …
    """

    point: Params = field(repr=False)
    loss: float
    gradient_norm: float
    checks: dict[str, float]


def dead_relu(objective: Objective, bias: float = -20.0, *, settle: bool = True) -> Suboptimal:
    """The point of the objective with the biases of all hidden layers at ``bias``, where no hidden unit answers to any example.

    Args:
        settle: put the last bias at its optimum, the logarithm of the class frequencies: the loss is the entropy of the labels and the
            gradient zero. False leaves it, as an initialization from which to train.

    Raises:
        InputError: a network that is no ReLU MLP with a hidden layer, a bias under which some unit still answers, targets that are no
            classes (with ``settle``).
    """
    names = _layers(objective)
    if len(names) < 2:
        raise InputError("dead_relu got a network without hidden layers; expected a ReLU MLP such as zoo.mlp.mlp((64, 64, 10))")
    if isinstance(bias, bool) or not isinstance(bias, int | float) or not bias < 0:
        raise InputError(f"bias is {bias!r}; expected a negative number such as -20")
    point = {name: tensor.clone() for name, tensor in objective.point().items()}
    for name in names[:-1]:
        point[f"{name}.bias"].fill_(bias)
    if settle:
        point[f"{names[-1]}.bias"].copy_(_log_frequencies(objective))
    highest = max(float(value.max()) for value in _before_relus(objective, names, point))
    if highest >= 0:
        raise InputError(f"with bias {bias:g} some unit still answers (its largest input is {highest:.3g}); write a bias below "
                         f"{bias - highest:.4g}")
    loss, gradient = _gradient(objective, point)
    last = f"{names[-1]}.bias"
    alive = max(float(g.abs().max()) for name, g in gradient.items() if name != last)
    if objective.penalty is None and alive != 0:
        raise LossAtlasError(f"dead units have a gradient ({alive:.3g}); expected none: please report this network")
    return Suboptimal(point, loss, norm(gradient), {"largest input of a hidden unit": highest, "largest gradient of a dead unit": alive})


def linear_optimum(objective: Objective, *, steps: int = 200) -> tuple[Tensor, Tensor, float]:
    """The best linear model on the data under the loss of the objective: W (outputs, inputs), b (outputs,), and its gradient norm.

    Under ``mse`` it is least squares, exact; else found by L-BFGS in float64 on decorrelated inputs. Data that a linear model separates,
    wholly or in part, have no optimum under cross-entropy: the loss then falls for ever, and what comes is where it stopped.

    Args:
        steps: of 20 iterations of L-BFGS each.
    """
    inputs = _flat(objective).double()
    mean = inputs.mean(0)
    _, sizes, axes = torch.linalg.svd(inputs - mean, full_matrices=False)
    kept = sizes > sizes[0] * 1e-10  # a pixel that never changes says nothing
    to_white = axes[kept].T / sizes[kept] * len(inputs) ** 0.5  # (inputs, k)
    white, targets = (inputs - mean) @ to_white, targets_of(objective.data.whole())
    outputs = objective.params[f"{_layers(objective)[-1]}.bias"].numel()
    model = nn.utils.skip_init(nn.Linear, white.shape[1], outputs, dtype=torch.float64, device=inputs.device)  # draws nothing
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    linear = Objective.from_module(model, (white, targets), objective.loss_name if objective.loss_name in NAMED else objective.loss,
                                   batch_size=len(inputs))
    if objective.loss_name == "mse":
        wide = targets.double()
        end = {"weight": (wide - wide.mean(0)).T @ white / len(inputs), "bias": wide.mean(0)}
    else:
        end = fit(linear, optimizer=_lbfgs, steps=steps).point
    weight = end["weight"] @ to_white.T
    return weight, end["bias"] - weight @ mean, norm(_gradient(linear, end)[1])


def embedded_linear(objective: Objective, linear: tuple[Tensor, Tensor] | None = None, *, margin: float = 1.0) -> Suboptimal:
    """A linear model as a point of the objective's deep ReLU network.

    Args:
        linear: W (outputs, inputs) and b (outputs,); default: :func:`linear_optimum`, at which the point is a minimum.
        margin: how far every hidden unit stays from its kink on all data.

    Raises:
        InputError: a network that is no ReLU MLP, a hidden layer that is too narrow, a W of another shape.
        LossAtlasError: the outputs are not those of the linear model (weights that float32 cannot hold).
    """
    names = _layers(objective)
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not 0 < margin < float("inf"):
        raise InputError(f"margin is {margin!r}; expected a positive number such as 1.0")
    weight, bias = (linear_optimum(objective)[:2] if linear is None else (t.detach().double() for t in linear))
    inputs = _flat(objective).double()
    shape = (objective.params[f"{names[-1]}.bias"].numel(), inputs.shape[1])
    if weight.shape != shape or bias.shape != shape[:1]:
        raise InputError(f"linear got W of shape {tuple(weight.shape)} and b of {tuple(bias.shape)}; expected {shape} and {shape[:1]}")
    wanted = inputs @ weight.T + bias  # (n, outputs)
    point = {**objective.point(), **_embedded(objective, names, weight, bias, (inputs, wanted), margin)}
    hidden = _before_relus(objective, names, point)
    distance = min((float(value.abs().min()) for value in hidden), default=float("inf"))
    difference = float((_outputs(objective, names, point).double() - wanted).abs().max() / wanted.abs().max().clamp(min=1e-300))
    if not difference <= _EQUAL.get(objective.params[f"{names[0]}.weight"].dtype, 1e-2):
        raise LossAtlasError(f"the deep network's outputs differ from those of the linear model by {difference:.2g} of the largest; "
                             "expected equal ones: write a smaller margin, or dtype=torch.float64 in Objective.from_module")
    loss, gradient = _gradient(objective, point)
    return Suboptimal(point, loss, norm(gradient), {"largest difference of outputs, relative": difference,
                                                     "smallest distance of a hidden unit from its kink": distance})


def _embedded(
    objective: Objective, names: list[str], weight: Tensor, bias: Tensor, data: tuple[Tensor, Tensor], margin: float,
) -> Params:
    """Weights that pass on the inputs as far as layers are wide enough, then the outputs; other units are off by the margin."""
    carried, wanted = data  # what the next layer must find in the first units of its input, but for the shift that it takes away
    shift = torch.zeros((), dtype=torch.float64, device=weight.device)
    done = False
    out: Params = {}
    for number, name in enumerate(names):
        own = objective.params[f"{name}.weight"]
        width, last = own.shape[0], number == len(names) - 1
        apply = not done and (last or width < carried.shape[1])
        if apply:
            if width < len(weight):
                raise InputError(f"layer {name} has {width} units, which can pass on neither the {carried.shape[1]} inputs nor the "
                                 f"{len(weight)} outputs; expected at least {min(carried.shape[1], len(weight))} in every hidden layer")
            matrix, carried, done = weight, wanted, True
        else:
            matrix = torch.eye(carried.shape[1], dtype=torch.float64, device=weight.device)
        added = torch.zeros_like(shift) if last else (margin - carried.min()).clamp(min=0)
        rows, columns = matrix.shape
        full = torch.zeros(own.shape, dtype=torch.float64, device=weight.device)
        full[:rows, :columns] = matrix
        full_bias = torch.full((width,), -float(margin), dtype=torch.float64, device=weight.device)
        full_bias[:rows] = (bias if apply else 0.0) + added - shift * matrix.sum(1)
        out |= {f"{name}.weight": full.to(own.dtype), f"{name}.bias": full_bias.to(own.dtype)}
        shift = added
    return out


def _layers(objective: Objective) -> list[str]:
    """Names of the linear layers of a ReLU MLP, in order.

    Raises:
        InputError: another network.
    """
    module = objective.module
    layers = list(module.named_children()) if isinstance(module, nn.Sequential) else []
    layers = layers[1:] if layers and isinstance(layers[0][1], nn.Flatten) else layers
    alternate = all(type(layer) is (nn.ReLU if k % 2 else nn.Linear) for k, (_, layer) in enumerate(layers))
    if not alternate or len(layers) % 2 == 0 or any(layer.bias is None for _, layer in layers[::2]):
        raise InputError(f"the network is a {type(module).__name__} that is no ReLU MLP; expected linear layers with biases and a ReLU "
                         "between them, such as zoo.mlp.mlp((64, 64, 64, 10))")
    return [name for name, _ in layers[::2]]


def _flat(objective: Objective) -> Tensor:
    """All inputs, shape (n, inputs)."""
    return objective.data.whole()[0].flatten(1)  # a Sequential takes one input


def _through(objective: Objective, names: list[str], point: Params) -> list[Tensor]:
    """What every linear layer answers, shape (n, units) each."""
    values: list[Tensor] = []
    for name in names:
        value = F.relu(values[-1]) if values else _flat(objective)
        values.append(F.linear(value, point[f"{name}.weight"], point[f"{name}.bias"]))
    return values


def _before_relus(objective: Objective, names: list[str], point: Params) -> list[Tensor]:
    return _through(objective, names, point)[:-1]


def _outputs(objective: Objective, names: list[str], point: Params) -> Tensor:
    return _through(objective, names, point)[-1]


def _log_frequencies(objective: Objective) -> Tensor:
    """Logarithms of the class frequencies, the optimum of a constant answer under cross-entropy.

    Raises:
        InputError: another loss, or a class that is missing (its logarithm is −∞).
    """
    targets, last = objective.data.targets(), objective.params[f"{_layers(objective)[-1]}.bias"]
    if objective.loss_name != "cross_entropy" or targets is None or targets.ndim != 1 or targets.is_floating_point():
        raise InputError(f"settle needs cross-entropy and one class an example; this objective has the loss {objective.loss_name!r}: write "
                         "settle=False")
    counts = torch.bincount(targets[targets >= 0], minlength=len(last)).double()
    if bool((counts == 0).any()):
        raise InputError(f"class {int(counts.argmin())} has no examples, so that its best bias is −∞; write settle=False")
    return (counts / counts.sum()).log()


def gradient_norm(objective: Objective, point: Params) -> float:
    """Norm of the gradient of the loss of all data in the parameters: how far a point is from stationary."""
    return norm(_gradient(objective, point)[1])


def _gradient(objective: Objective, point: Params) -> tuple[float, Params]:
    """Loss of all data, and its gradient in every parameter."""
    leaves = {name: point[name].detach().clone().requires_grad_() for name in objective.params}
    value: Any = objective.value({**point, **leaves})
    found = torch.autograd.grad(value, list(leaves.values()))
    return float(value.detach()), dict(zip(leaves, found, strict=True))


def _lbfgs(tensors: Any) -> torch.optim.Optimizer:
    return torch.optim.LBFGS(tensors, lr=1, max_iter=20, history_size=20, tolerance_grad=1e-12, tolerance_change=0,
                             line_search_fn="strong_wolfe")
