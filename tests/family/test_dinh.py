"""Point 4, row A8: networks that compute one function must give one picture, if the factors are per layer."""

import copy

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la

GRID = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 5)}
ROOMY = {"alpha": la.axis(-0.4, 0.4, 5), "beta": la.axis(-0.4, 0.4, 5)}


def surface(model, data, **options):
    objective = la.Objective.from_module(model, data, "cross_entropy")
    return la.sweep(la.probes.loss(objective), la.random_slice(objective, **options), GRID)["loss"].values


def scaled_per_layer(model, factors):
    """W_k and b_k multiplied by c_k, and the next layer's weights divided by it: the same function."""
    twin = copy.deepcopy(model)
    layers = [m for m in twin if isinstance(m, nn.Linear | nn.Conv2d)]
    with torch.no_grad():
        cumulative = 1.0
        for layer, c in zip(layers, [*factors, None], strict=True):
            layer.weight.div_(cumulative)
            if c is not None:
                cumulative = c
                layer.weight.mul_(c)
                layer.bias.mul_(c)
    return twin


def as_networks():
    conv = cases.seeded(
        lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3, groups=1), nn.ReLU(), nn.Flatten(), nn.Linear(20, 3))
    )
    return {"mlp": (cases.mlp(), cases.blobs()), "conv": (conv, cases.images())}


def bigger_biases(model):
    with torch.no_grad():
        for layer in model:
            if hasattr(layer, "bias") and layer.bias is not None:
                layer.bias.add_(0.3)
    return model


@pytest.mark.parametrize("dtype,tolerance", [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("name", ["mlp", "conv"])
def test_one_factor_per_layer_gives_the_same_filter_normalized_surface(name, dtype, tolerance):
    model, (x, y) = as_networks()[name]
    model, data = bigger_biases(model).to(dtype), (x.to(dtype), y)
    twin = scaled_per_layer(model, (8.0, 0.25))
    with torch.no_grad():
        assert torch.allclose(model(data[0]), twin(data[0]), rtol=1e-4 if dtype == torch.float32 else 1e-12)
    for normalize in ("filter", "layer", "weight"):
        a, b = (surface(m, data, normalize=normalize) for m in (model, twin))
        assert np.allclose(a, b, rtol=tolerance, atol=0), normalize
    a, b = (surface(m, data, normalize="none") for m in (model, twin))
    assert np.abs(a - b).max() > 0.1 * a.max()  # the misleading picture that normalization corrects


def test_factors_per_layer_need_not_be_powers_of_two():
    model, data = as_networks()["mlp"]
    a, b = (surface(m, data) for m in (model, scaled_per_layer(model, (3.7, 0.19))))
    assert np.allclose(a, b, rtol=1e-5, atol=0)


def test_factors_per_unit_change_the_surface_though_not_the_function():
    """The limit of filter normalization (METHODS A8): rows of the next layer mix the factors."""
    model, data = as_networks()["mlp"]
    twin = copy.deepcopy(model).double()
    model, data = model.double(), (data[0].double(), data[1])
    factors = torch.logspace(-1.5, 1.5, 8, dtype=torch.float64)
    with torch.no_grad():
        twin[0].weight.mul_(factors[:, None])
        twin[0].bias.mul_(factors)
        twin[3].weight.div_(factors[None])
        assert torch.allclose(model(data[0]), twin(data[0]), rtol=1e-12)
    a, b = (surface(m, data) for m in (model, twin))
    assert a[2, 2] == pytest.approx(b[2, 2], rel=1e-12)
    assert np.abs(a - b).max() > 0.02 * a.max()
