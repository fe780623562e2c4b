"""θᵀFθ against dense Fisher matrices and the closed form of homogeneous networks."""

import cases
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, jacrev

import lossatlas as la
from lossatlas import measures as m


def flat_jacobian(net, x):
    """∂logits/∂θ, shape (n, C, D), and θ."""
    params = dict(net.named_parameters())
    jac = jacrev(lambda p: functional_call(net, p, (x,)))(params)
    return torch.cat([jac[name].flatten(2) for name in params], 2), torch.cat([p.reshape(-1) for p in params.values()])


@pytest.mark.parametrize("seed", [0, 1])
def test_both_kinds_against_dense_matrices(seed):
    net, (x, y) = cases.mlp(seed=seed).double().eval(), cases.blobs(n=23, seed=seed, dtype=torch.float64)
    objective = la.Objective.from_module(net, (x, y), "cross_entropy", batch_size=7)
    jac, theta = flat_jacobian(net, x)
    p = torch.softmax(net(x), 1)
    g = torch.einsum("nc,ncd->nd", p - F.one_hot(y, 3), jac)
    empirical = theta @ (g.T @ g / len(x)) @ theta
    middle = torch.diag_embed(p) - p[:, :, None] * p[:, None]
    exact = theta @ torch.einsum("nci,ncd,ndj->ij", jac, middle, jac) @ theta / len(x)
    assert m.fisher_rao(objective, labels="data").value == pytest.approx(empirical.item(), rel=1e-9)
    found = m.fisher_rao(objective)
    assert found.value == pytest.approx(exact.item(), rel=1e-9) and found.settings["labels"] == "model"
    assert found.details["norm"] == pytest.approx(exact.item() ** 0.5)


def test_a_homogeneous_network_needs_only_its_outputs():
    net = cases.seeded(lambda: nn.Sequential(nn.Linear(6, 8, bias=False), nn.ReLU(), nn.Linear(8, 8, bias=False), nn.ReLU(),
                                             nn.Linear(8, 3, bias=False))).double()
    x, y = cases.blobs(dtype=torch.float64)
    f = net(x)
    inner = ((torch.softmax(f, 1) - F.one_hot(y, 3)) * f).sum(1)
    expected = 3**2 * inner.square().mean()
    assert m.fisher_rao(la.Objective.from_module(net, (x, y), "cross_entropy"), labels="data").value == pytest.approx(expected.item())


def test_standard_error_over_examples_and_other_losses():
    x, _ = cases.blobs()
    objective = la.Objective.from_module(nn.Linear(6, 2), (x, x[:, :2]), "mse")
    found = m.fisher_rao(objective)
    assert found.settings["labels"] == "data" and 0 < found.stderr < found.value
    with pytest.raises(la.InputError, match="needs cross-entropy"):
        m.fisher_rao(objective, labels="model")
    with pytest.raises(la.InputError, match="ties together"):
        m.fisher_rao(la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", bn="batch"))
