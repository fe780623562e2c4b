"""What every layer rule must keep, written once: a new layer names its tensors and inherits the proofs.

    class TestMyLayer(LayerConformance):
        expected = {"weight": ("weight", rows), "bias": ("bias", whole)}   # kind, and its filters by an explicit loop

        def network(self):
            return nn.Linear(5, 4)

        def inputs(self):
            return torch.randn(6, 5)

``network`` and ``inputs`` are called under a fixed seed. Nothing here reads an axis off :mod:`lossatlas.layout`: the
functions that cut a tensor into filters are loops of the test's own.
"""

import math
import random
import warnings
from typing import ClassVar

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.family import random_direction
from lossatlas.params import digest

HALVES = (torch.bfloat16, torch.float16)


# ---- filters by explicit loops ----------------------------------------------------------------------------------


def whole(tensor):
    """One filter."""
    return [tensor.reshape(-1)]


def rows(tensor):
    """A filter per index of the first axis."""
    return [tensor[i].reshape(-1) for i in range(tensor.shape[0])]


def columns(tensor):
    """A filter per index of the second axis."""
    return [tensor[:, i].reshape(-1) for i in range(tensor.shape[1])]


def heads(count, axis=0):
    """A filter per group of neighbours, ``count`` of them along an axis of a matrix."""
    def cut(tensor):
        size = tensor.shape[axis] // count
        picks = [range(h * size, (h + 1) * size) for h in range(count)]
        return [torch.stack([tensor.select(axis, i) for i in pick]).reshape(-1) for pick in picks]

    return cut


def loss(outputs, targets):
    """Per example, of outputs of any shape, real or complex: the mean of |output − 0.3|²."""
    return (outputs - 0.3).abs().square().flatten(1).mean(1)


class LayerConformance:
    """Subclass it under a name that begins with Test. See the module."""

    #: per parameter the kind and the function that cuts it into filters
    expected: ClassVar[dict] = {}
    #: overrides of the layout
    layout: ClassVar[dict | None] = None
    #: names that stay although their kind is moved: frozen by the network
    still: ClassVar[tuple] = ()
    #: names whose rule is an assumption that the user is warned of
    assumed: ClassVar[tuple] = ()
    dtypes: ClassVar[tuple] = (torch.float32, torch.bfloat16)  # and float16, which is treated as bfloat16 is, in a few cases

    def network(self) -> nn.Module:
        raise NotImplementedError

    def inputs(self) -> torch.Tensor:
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc):
        if "dtype" in metafunc.fixturenames:
            metafunc.parametrize("dtype", self.dtypes, ids=lambda dtype: str(dtype).removeprefix("torch."))

    # ---- made from these ------------------------------------------------------------------------------------------

    def made(self, dtype, seed=0):
        """The network as a user has it, in train mode. Computed weights are of the dtype, too."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch: weight_norm and spectral_norm with hooks are deprecated
            network = cases.seeded(self.network, seed)
        with torch.no_grad():
            for name, parameter in network.named_parameters():  # biases, slopes and scales that are not 0 or 1 alike
                if parameter.ndim <= 1 and parameter.numel() and not name.endswith("_g"):
                    parameter.add_(0.1 * torch.rand(parameter.shape, generator=cases.gen(seed)))
        return network if dtype.is_complex else network.to(dtype)

    def data(self):
        x = cases.seeded(self.inputs)
        return x, torch.zeros(len(x))

    def objective(self, dtype, network=None):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if self.assumed else "error", UserWarning)
            return la.Objective.from_module(network or self.made(dtype), self.data(), loss, batch_size=4, layout=self.layout)

    def moved(self, kinds=("weight",)):
        return {name for name, (kind, _) in self.expected.items() if kind in kinds and name not in self.still}

    # ---- the rules ------------------------------------------------------------------------------------------------

    def test_every_tensor_has_its_kind_and_its_filters(self, dtype):
        objective = self.objective(dtype)
        assert set(objective.layout) == set(self.expected) == set(objective.params)
        assert tuple(objective.layout.assumed) == self.assumed
        for name, (kind, cut) in self.expected.items():
            rule, tensor = objective.layout[name], objective.params[name]
            assert rule.kind == kind, (name, rule.rule)
            numbers = torch.arange(tensor.numel()).reshape(tensor.shape)
            filters = {tuple(sorted(row.tolist())) for row in rule.filters(numbers)}
            assert filters == {tuple(sorted(f.tolist())) for f in cut(numbers)}, (name, rule.rule)
            assert rule.scale(torch.ones(tensor.shape), torch.full((len(filters),), 3.0)).unique().tolist() == [3.0]

    def test_filters_of_a_direction_have_the_norms_of_the_networks_own(self, dtype):
        objective = self.objective(dtype)
        for ignore, kinds in ((("bias", "norm"), ("weight",)), ((), ("weight", "bias", "norm", "vector"))):
            direction = random_direction(objective.params, objective.layout, ignore=ignore, seed=3)
            assert set(direction) == self.moved(kinds)
            for name, d in direction.items():
                own = objective.params[name]
                assert d.shape == own.shape and d.dtype == (torch.float32 if dtype in HALVES else own.dtype)
                cut = self.expected[name][1]
                for theta, delta in zip(cut(own), cut(d), strict=True):
                    assert norm(delta) == pytest.approx(norm(theta), rel=1e-6, abs=0)

    def test_a_filter_scaled_scales_its_direction_and_a_zero_filter_has_none(self, dtype):
        objective = self.objective(dtype)
        before = random_direction(objective.params, objective.layout, seed=5)
        for factor in (16.0, 0.0):
            point = {name: tensor.clone() for name, tensor in objective.params.items()}
            for name in before:
                numbers = self.expected[name][1](torch.arange(point[name].numel()).reshape(point[name].shape))
                index = torch.unravel_index(numbers[-1], point[name].shape)
                point[name][index] *= factor
            filters = {name: len(self.expected[name][1](point[name])) for name in before}
            if factor == 0 and max(filters.values()) == 1:
                with pytest.raises(la.InputError, match="nothing"):
                    random_direction(point, objective.layout, seed=5)
                continue
            after = random_direction(point, objective.layout, seed=5)
            for name, d in after.items():
                cut = self.expected[name][1]
                *others, last = cut(d)
                *others_before, last_before = cut(before[name])
                assert torch.allclose(last, factor * last_before, rtol=1e-6, atol=0)
                assert all(torch.equal(a, b) for a, b in zip(others, others_before, strict=True))

    # ---- values ----------------------------------------------------------------------------------------------------

    def test_the_centre_is_the_networks_own_value_bit_for_bit(self, dtype):
        objective, network = self.objective(dtype), self.made(dtype).eval()
        plane = la.random_slice(objective)
        assert all(torch.equal(t, objective.params[n]) for n, t in plane(torch.zeros(2)).items() if n in objective.params)
        ds = la.sweep(la.probes.loss(objective), plane, {"alpha": [0.0], "beta": [0.0]})
        assert ds["loss"].item() == ds["center_loss"].item() == self.bare(network, dtype) and math.isfinite(ds["loss"].item())

    def test_a_perturbed_value_is_that_of_a_copy_with_the_perturbed_state_dict(self, dtype):
        objective = self.objective(dtype)
        plane = la.random_slice(objective, seed=2)
        ds = la.sweep(la.probes.loss(objective), plane, {"alpha": [0.0, 0.7], "beta": [-0.4]})
        network, (u, v) = self.made(dtype), plane.axes
        wide = {n: t.float() if dtype in HALVES else t for n, t in objective.params.items()}
        point = plane(torch.tensor([0.7, -0.4], dtype=torch.float64))
        for n, t in wide.items():
            by_hand = t + u[n] * 0.7 + v[n] * -0.4 if n in u else t
            assert torch.equal(point[n].to(t.dtype), by_hand), n
        place(network, point)
        assert ds["loss"].sel(alpha=0.7).item() == self.bare(network.eval(), dtype)
        assert ds["loss"].sel(alpha=0.7).item() != ds["loss"].sel(alpha=0.0).item()

    def test_every_tensor_that_moves_counts(self, dtype):
        objective = self.objective(dtype)
        plane = la.random_slice(objective, dims=("alpha",))
        for name, d in plane.axes[0].items():
            alone = la.Slice(objective.point(), ({name: d},), ("alpha",))
            assert float(objective.value(alone(torch.tensor([1.0])))) != float(objective.value()), name

    def bare(self, network, dtype):
        """The mean loss by a plain loop over the same batches, summed in float64.

        With frozen parameters: torch takes other kernels for a GRU or attention, which round otherwise, where parameters want
        gradients, even if none are taken.
        """
        network.requires_grad_(False)
        x, y = self.data()
        x = x.to(dtype) if x.is_floating_point() and not dtype.is_complex else x
        with torch.no_grad():
            total = sum((loss(network(x[i : i + 4]), y[i : i + 4]).double().sum() for i in range(0, len(x), 4)), torch.zeros(()).double())
        return (total / len(x)).item()

    # ---- promises ----------------------------------------------------------------------------------------------------

    def test_nothing_of_the_user_changes(self, dtype):
        network = self.made(dtype)
        first = next(p for p in network.parameters() if p.requires_grad)
        first.grad = torch.full_like(first, 0.25)
        before, rng = snapshot(network), rng_states()
        objective = self.objective(dtype, network)
        la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=("alpha",)), {"alpha": [-1.0, 0.0, 1.0]})
        objective.losses()
        assert_unchanged(before, snapshot(network))
        assert all(a == b for a, b in zip(rng, rng_states(), strict=True))

    def test_the_same_seed_is_the_same_slice_and_the_spec_is_stable(self, dtype):
        assert self.identity(dtype) == self.identity(dtype)
        objective = self.objective(dtype)
        one, same, other = (la.random_slice(objective, seed=seed) for seed in (1, 1, 2))
        assert digest(one.axes[0]) == digest(same.axes[0])
        assert len({digest(d) for plane in (one, other) for d in plane.axes}) == 4
        fresh = self.made(dtype, seed=8)  # as a checkpoint is loaded: what is computed from weights is stale until a forward pass
        state = self.made(dtype).state_dict()
        fresh.load_state_dict(state)
        loaded = self.objective(dtype, fresh)
        assert loaded.spec() == objective.spec() and float(loaded.value()) == float(objective.value())

    def identity(self, dtype):
        """All that identifies a slice of the network, in plain data."""
        objective = self.objective(dtype)
        return [objective.spec(), la.random_slice(objective, seed=1).spec()]

    def test_a_point_survives_the_disk(self, dtype, tmp_path):
        objective = self.objective(dtype)
        point = la.random_slice(objective)(torch.tensor([0.5, 0.25]))
        back = la.load_point(la.save_point(point, tmp_path / "a.safetensors"))
        assert back.keys() == point.keys()
        assert all(torch.equal(t, point[n]) and t.dtype == point[n].dtype for n, t in back.items())
        value = float(objective.value(objective.conform(back)))  # contiguous now, which may round otherwise
        assert value == pytest.approx(float(objective.value(point)), rel=1e-6)


#: Prints the identity of every case of a test module: one other process for all, cheaper than one each. To be formatted with
#: ``tests`` (the folder of this file), ``name`` and ``file`` of the module.
IDENTITIES = """
import sys, json, importlib.util; sys.path.insert(0, {tests!r})
import torch; torch.set_num_threads(1)
spec = importlib.util.spec_from_file_location({name!r}, {file!r})
module = sys.modules[{name!r}] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps({{name: case().identity(case.dtypes[0]) for name, case in module.every_case().items()}}, default=str))
"""


# ---- helpers ------------------------------------------------------------------------------------------------------


def norm(tensor):
    """Euclidean norm by the definition, in float64."""
    wide = tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
    return float((wide * wide.conj()).real.sum().sqrt())


def place(network, tensors):
    """Write tensors into the parameters of a module, by their names, as an optimizer would."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(tensors[name])


def snapshot(network):
    tensors = {**dict(network.named_parameters(remove_duplicate=False)), **dict(network.named_buffers())}
    return {
        "state": {name: tensor.detach().clone() for name, tensor in tensors.items()},
        "ids": {name: (id(tensor), tensor._version, tensor.requires_grad) for name, tensor in tensors.items()},
        "grads": [None if p.grad is None else p.grad.clone() for p in network.parameters()],
        "modes": [m.training for m in network.modules()],
        "attributes": [sorted(vars(m)) for m in network.modules()],
    }


def assert_unchanged(before, after):
    assert before["state"].keys() == after["state"].keys()
    assert all(torch.equal(t, after["state"][n]) for n, t in before["state"].items())
    assert all((a is None and b is None) or torch.equal(a, b) for a, b in zip(before["grads"], after["grads"], strict=True))
    for key in ("ids", "modes", "attributes"):
        assert before[key] == after[key], key


def rng_states():
    return torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()
