"""Hooks of the user's model: what changes the function stays, what would change its derivative goes, and it is said."""

import warnings

import cases
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossatlas as la

X, Y = cases.blobs()


def of(model, **options):
    return la.Objective.from_module(model, (X, Y), "cross_entropy", batch_size=16, **options)


def of_hooked(model, layer):
    with pytest.warns(UserWarning, match=f"forward hooks of {layer} are part of the function and run on every batch; remove"):
        return of(model)


def test_a_forward_hook_that_returns_something_is_part_of_the_function():
    for layer, add in (("2", lambda m: m[2].register_forward_hook(lambda module, args, out: 2 * out)),
                       ("0", lambda m: m[0].register_forward_pre_hook(lambda module, args: (args[0] + 1,)))):
        model, plain = cases.mlp(), float(of(cases.mlp()).value())
        add(model)
        value = float(of_hooked(model, layer).value())
        assert value == pytest.approx(F.cross_entropy(model(X), Y).item(), rel=1e-6) and abs(value - plain) > 1e-3


def test_a_hook_that_only_looks_still_looks_and_the_user_is_told():
    model, seen = cases.mlp(), []
    model[0].register_forward_hook(lambda module, args, out: seen.append(len(out)))
    value = float(of_hooked(model, "0").value())
    assert seen and value == float(of(cases.mlp()).value())


def test_backward_hooks_do_not_change_the_derivative_and_are_not_called():
    model, called = cases.mlp(), []

    def hook(module, incoming, outgoing):
        called.append(module)
        return tuple(3 * g for g in incoming)

    model[0].register_full_backward_hook(hook)
    model[2].register_full_backward_hook(hook)
    model[2].register_full_backward_pre_hook(lambda module, outgoing: tuple(5 * g for g in outgoing))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objectives = of(model), of(cases.mlp())
    gradients = []
    for o in objectives:
        u = torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
        gradients.append(torch.autograd.grad(o.value(la.random_slice(o)(u)), u)[0])
    assert torch.equal(*gradients) and gradients[0].abs().min() > 0 and not called
    F.cross_entropy(model(X.clone().requires_grad_()), Y).backward()
    assert len(called) == 2, "the user's model keeps its hooks"


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
@pytest.mark.parametrize("wrap", [nn.utils.weight_norm, nn.utils.spectral_norm, lambda m: nn.utils.prune.l1_unstructured(m, "weight", 0.5)])
def test_hooks_of_torch_itself_are_not_warned_of(wrap):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        of(nn.Sequential(wrap(nn.Linear(6, 3)))).to("cpu")
