"""What users trip over: each is refused in one clear line, or simply right."""

import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la

X, Y = torch.randn(30, 4, generator=torch.Generator().manual_seed(0)), torch.arange(30) % 3


def make(**options):
    torch.manual_seed(0)
    return la.Objective.from_module(nn.Linear(4, 3), (X, Y), "cross_entropy", **options)


COORDS = {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 3)}


TAKEN = ["loss", "done", "loss_groups", "accuracy_stderr", "center_x", "two words", "negative_variance", "penalty"]


@pytest.mark.parametrize("name", TAKEN)
def test_a_metric_cannot_take_a_name_of_the_result(name):
    with pytest.raises(la.InputError, match="metrics has the name"):
        make(metrics={name: la.metrics.accuracy})


@pytest.mark.parametrize("name", ["loss", "done", "split", "point", "a/b", "accuracy"])
def test_a_coordinate_cannot_take_a_name_of_the_result(name):
    dims = (name, "beta")
    objective = make(metrics={"accuracy": la.metrics.accuracy})
    with pytest.raises(la.InputError, match="dim"):
        la.sweep(la.probes.loss(objective), la.random_slice(objective, dims=dims), dict.fromkeys(dims, la.axis(-1, 1, 3)))


def test_data_are_a_snapshot():
    x, y = X.clone(), Y.numpy().copy()
    objective = la.Objective.from_module(nn.Linear(4, 3), (x, y), "cross_entropy")
    before, digest = float(objective.value()), objective.data.digest()
    x.mul_(3)
    y[:] = 0
    assert float(objective.value()) == before
    assert objective.data.digest() == digest


def test_a_forward_that_writes_weights_changes_nobodys_point():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(5, 3, max_norm=0.1), nn.Flatten(), nn.Linear(6, 3))
    tokens = torch.arange(60).reshape(30, 2) % 5
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    objective = la.Objective.from_module(model, (tokens, Y), "cross_entropy")
    assert objective.writes_weights
    point = {name: tensor.clone() for name, tensor in objective.point().items()}
    objective.losses(point)
    objective.value(point)
    for name, tensor in state.items():
        assert torch.equal(point[name], tensor) and torch.equal(objective.params[name], tensor)
    assert not make().writes_weights


def test_the_error_of_a_metric_that_is_one_mean_is_unknown():
    objective = make(metrics={"mean": lambda outputs, targets: (outputs.argmax(1) == targets).double().mean()}, batch_size=7)
    measured = la.probes.loss(objective)(objective.point())
    share = (objective.module(X).argmax(1) == Y).double().mean()
    assert float(measured["mean"]) == pytest.approx(float(share)) and np.isnan(float(measured["mean_stderr"]))


def test_a_penalty_is_in_the_loss_and_leaves_its_error_alone():
    plain, penalized = make(), make(penalty=2e7)
    a, b = (la.probes.loss(o)(o.point()) for o in (plain, penalized))
    weight = sum(float(p.double().square().sum()) for p in plain.params.values())
    assert float(b["penalty"]) == pytest.approx(1e7 * weight)
    assert float(b["loss"]) == pytest.approx(float(a["loss"]) + 1e7 * weight)
    assert float(b["loss_stderr"]) == float(a["loss_stderr"]) > 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_tokens_are_counted_and_summed_in_full_precision(dtype):
    logits = torch.randn(2, 1400, 5, generator=torch.Generator().manual_seed(0)).to(dtype)
    labels = torch.arange(2800).reshape(2, 1400) % 5
    from lossatlas.losses import causal_lm

    losses, weights = causal_lm(logits, labels)
    each = nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], reduction="none").double()
    assert weights.tolist() == [1399, 1399]
    assert torch.allclose(losses, each.mean(1), rtol=1e-12)


def test_padding_only_examples_do_not_count_as_wrong():
    logits, labels = torch.zeros(3, 4, 5), torch.full((3, 4), -100)
    labels[:2] = 2
    logits[..., 2] = 9
    objective = la.Objective.from_module(Constant(logits), [{"index": torch.arange(3), "labels": labels}], "causal_lm",
                                         metrics={"token_accuracy": la.metrics.token_accuracy})
    assert float(la.probes.loss(objective)(objective.point())["token_accuracy"]) == 1


class Constant(nn.Module):
    def __init__(self, logits):
        super().__init__()
        self.logits, self.scale = nn.Buffer(logits), nn.Parameter(torch.ones(1, 1))

    def forward(self, index):
        return self.logits[index] * self.scale


def test_networks_that_differ_in_a_helper_or_an_attribute_are_different(tmp_path):
    def net(activation, scale):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                torch.manual_seed(0)
                self.layer, self.config = nn.Linear(4, 3), {"scale": scale}

            def act(self, x):
                return activation(x) * self.config["scale"]

            def forward(self, x):
                return self.act(self.layer(x))

        return la.Objective.from_module(Net(), (X, Y), "cross_entropy")

    first = net(torch.relu, 1.0)
    plane = la.random_slice(first)
    la.sweep(la.probes.loss(first), plane, COORDS, store=tmp_path / "a.zarr/x")
    la.sweep(la.probes.loss(net(torch.relu, 1.0)), plane, COORDS, store=tmp_path / "a.zarr/x")
    for other in (net(torch.tanh, 1.0), net(torch.relu, 2.0)):
        with pytest.raises(la.SpecMismatch, match="network"):
            la.sweep(la.probes.loss(other), plane, COORDS, store=tmp_path / "a.zarr/x")


def test_large_loss_tensors_are_told_apart():
    def spec(scale):
        loss = nn.CrossEntropyLoss(weight=scale * torch.ones(5000), reduction="none")
        return la.Objective.from_module(nn.Linear(4, 5000), (X, Y), loss).spec()["loss"]

    assert spec(1.0) == spec(1.0) != spec(2.0)


def test_one_plane_among_repeats_keeps_its_own_axes():
    objective = make()
    ds = la.sweep(la.probes.loss(objective), la.random_slice(objective, repeats=2), {k: la.axis(-1, 1, 5) for k in COORDS})
    both = la.nonconvexity(ds)
    one = la.nonconvexity(ds.isel(repeat=1))
    assert np.array_equal(both["lambda_max"].isel(repeat=1), one["lambda_max"])
    with pytest.raises(la.InputError, match="without drop=True"):
        la.nonconvexity(ds.isel(repeat=1, drop=True))
    caption = la.figures.slice(ds.isel(repeat=1)).caption
    assert f"{ds.attrs['axes_cosine'][1]:.2g}".replace("-", "−")[:5] in caption and f"{ds.attrs['axes_cosine'][0]:.2g}" not in caption


def test_whole_numbers_of_numpy_are_seeds_and_others_are_refused(tmp_path):
    objective = make()
    ds = la.sweep(la.probes.loss(objective), la.random_slice(objective, seed=np.int64(3)), COORDS, store=tmp_path / "a.zarr/x")
    assert ds.attrs["seed"] == 3
    for seed in (1.5, "a", None):
        with pytest.raises(la.InputError, match="seed is"):
            la.random_slice(objective, seed=seed)


@pytest.mark.parametrize(("call", "text"), [
    (lambda: la.random_slice(nn.Linear(2, 2)), "expected an Objective"),
    (lambda: la.random_slice(make(), dims=()), "dims must name"),
    (lambda: la.random_slice(make(), ignore=None), "ignore is None"),
    (lambda: la.sharpness({"train": make()}), "expected one Objective"),
    (lambda: la.nonconvexity(None), "expected a result"),
    (lambda: make(penalty="l2"), "penalty is"),
    (lambda: make(penalty=float("nan")), "penalty is"),
    (lambda: make(metrics=["accuracy"]), "dict of functions"),
    (lambda: make(metrics={"accuracy": "accuracy"}), "dict of functions"),
    (lambda: make(dtype="float64"), "dtype is"),
    (lambda: la.Objective.from_module(nn.Linear(4, 3), (X, Y.tolist()), "cross_entropy"), r"write torch.tensor\(y\)"),
    (lambda: la.Objective.from_module(nn.Linear(4, 3), (X, Y.to(torch.int32)), "cross_entropy"), r"y.long\(\)"),
    (lambda: la.Objective.from_module(nn.Linear(4, 3), (X, Y.numpy().astype("U1")), "cross_entropy"), "dtype"),
    (lambda: la.Objective.from_module(nn.Linear(4, 1), (X, Y[:, None] * 0), "cross_entropy"), "one output"),
    (lambda: la.Objective.from_module(nn.Linear(4, 3), (X, X[:, :3]), "cross_entropy"), "no probabilities"),
])
def test_one_clear_line(call, text):
    with pytest.raises(la.InputError, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_numpy_with_negative_strides_and_lists_of_coordinates():
    objective = la.Objective.from_module(nn.Linear(4, 3), (X.numpy()[::-1], Y.numpy()), "cross_entropy")
    assert objective.data.n_examples == 30
    line = la.random_slice(make(), dims="alpha")
    assert torch.equal(line([0.5])["weight"], line(torch.tensor([0.5]))["weight"])


def test_parallel_axes_have_no_curvatures():
    objective = make()
    axis = la.random_slice(objective).axes[0]
    with pytest.raises(la.InputError, match="linearly dependent"):
        la.slice_hessian(objective, la.Slice(objective.point(), (axis, axis)))


def test_planes_and_objectives_can_be_compared_and_hashed():
    objective = make()
    plane = la.random_slice(objective)
    assert plane == plane and plane != la.random_slice(objective)
    assert len({objective, make(), plane}) == 3


def test_the_layout_says_axis_groups_and_rule():
    rule = make().layout["weight"]
    assert (rule.axis, rule.groups, rule.rule) == (0, 1, "Linear weight, filters on axis 0")


def test_an_unwritable_store_is_refused_before_anything_is_computed(tmp_path):
    (tmp_path / "file").write_text("")
    calls = []

    def counted(outputs, targets):
        calls.append(1)
        return nn.functional.cross_entropy(outputs, targets, reduction="none")

    objective = la.Objective.from_module(nn.Linear(4, 3), (X, Y), counted)
    calls.clear()
    with pytest.raises(la.StoreError, match="cannot write the store"):
        la.sweep(la.probes.loss(objective), la.random_slice(objective), COORDS, store=tmp_path / "file/a.zarr/x")
    assert not calls
