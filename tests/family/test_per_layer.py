"""One layer at a time: parts of one direction."""

import pickle

import cases
import numpy as np
import pytest
import torch
from torch import nn

import lossatlas as la
from lossatlas.params import digest


def objective(**options):
    return la.Objective.from_module(cases.convbn(), cases.images(), "cross_entropy", batch_size=7, **options)


def at(*u):
    return torch.tensor(u, dtype=torch.float64)


@pytest.mark.parametrize("seed", [0, 3])
def test_every_copy_is_the_full_direction_on_its_layer_and_nothing_else(seed):
    o = objective()
    full = la.random_slice(o, seed=seed)
    parts = la.per_layer(full)
    assert parts.dims == ("layer", "alpha", "beta") and parts.labels == ("0", "3", "8") and len(parts) == 3
    whole = full(at(0.3, -0.7))
    moved = set()
    for k, label in enumerate(parts.labels):
        point = parts(at(k, 0.3, -0.7))
        for name, tensor in point.items():
            same = torch.equal(tensor, full.origin[name])
            if name.rpartition(".")[0] == label and not same:
                assert torch.equal(tensor, whole[name])
                moved.add(name)
            else:
                assert same, name
    assert moved == {n for n, t in whole.items() if not torch.equal(t, full.origin[n])}


def test_the_default_takes_biases_where_they_move_with_their_module():
    parts = la.per_layer(la.random_slice(objective(), ignore=()))
    assert parts.labels == ("0", "1", "3", "4", "8")
    assert set(parts[2].axes[0]) == {"3.weight", "3.bias"}


def test_groups_by_patterns():
    full = la.random_slice(objective())
    parts = la.per_layer(full, groups=["[03].*", "8.weight"])
    assert parts.labels == ("[03].*", "8.weight") and set(parts[0].axes[1]) == {"0.weight", "3.weight"}
    everything = la.per_layer(full, groups=["*"])
    assert all(torch.equal(t, full(at(1, 2))[n]) for n, t in everything(at(0, 1, 2)).items())


def test_a_sweep_of_layers_is_that_of_the_parts_and_names_them(tmp_path):
    o = objective()
    full, coords = la.random_slice(o, seed=1), {"alpha": la.axis(-1, 1, 3), "beta": la.axis(0, 1, 2)}
    parts = la.per_layer(full)
    ds = la.sweep(la.probes.loss(o), parts, coords, store=tmp_path / "r.zarr/a")
    assert ds["loss"].dims == ("layer", "alpha", "beta") and ds["layer"].values.tolist() == ["0", "3", "8"]
    assert ds.attrs["kind"] == "slice" and ds.attrs["layers"] == 3 and ds.attrs["n_moved"] == [72, 180, 15]
    for k, label in enumerate(parts.labels):
        one = la.sweep(la.probes.loss(o), parts[k], coords)
        assert np.array_equal(ds["loss"].sel(layer=label).values, one["loss"].values)
    assert len({ds["loss"].isel(layer=k).values.tobytes() for k in range(3)}) == 3
    again = la.open(tmp_path / "r.zarr/a")
    assert again["loss"].equals(ds["loss"]) and again["layer"].equals(ds["layer"])
    some = la.sweep(la.probes.loss(o), parts, {"layer": [0, 2], **coords})
    assert some["layer"].values.tolist() == ["0", "8"] and np.array_equal(some["loss"].values, ds["loss"].isel(layer=[0, 2]).values)
    with pytest.raises(la.SpecMismatch, match="holds another computation"):
        la.sweep(la.probes.loss(o), la.per_layer(full, groups=["0.*", "3.*", "8.*"]), coords, store=tmp_path / "r.zarr/a")
    with pytest.raises(la.InputError, match="layer has 3; expected whole numbers from 0 to 2"):
        la.sweep(la.probes.loss(o), parts, {"layer": [3], **coords})


def test_nonconvexity_of_every_layer():
    o = objective()
    full, axis = la.random_slice(o, seed=1), la.axis(-1, 1, 5)
    parts = la.per_layer(full)
    ds = la.sweep(la.probes.loss(o), parts, {"alpha": axis, "beta": axis})
    both = la.nonconvexity(ds)
    for k, label in enumerate(parts.labels):
        one = la.nonconvexity(la.sweep(la.probes.loss(o), parts[k], {"alpha": axis, "beta": axis}))
        assert np.array_equal(both["lambda_min"].sel(layer=label), one["lambda_min"])
        assert float(la.nonconvexity(ds.isel(layer=k))["nonconvexity"]) == float(one["nonconvexity"])


def test_copies_can_be_sent_to_other_processes():
    o = objective()
    parts = la.per_layer(la.random_slice(o))
    for copies in (parts, la.random_slice(o, repeats=2, seed=3)):
        back = pickle.loads(pickle.dumps(copies))
        assert back.labels == copies.labels and back.spec() == copies.spec() and back.describe() == copies.describe()
    assert pickle.loads(pickle.dumps(parts.without_statistics())).spec() == parts.without_statistics().spec()


def test_a_parametrized_layer_is_one_layer():
    """weight_norm keeps the weight of layer 0 in 0.parametrizations.weight: one layer with its bias, not two."""
    def network():
        inner = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(5, 4)), nn.Linear(4, 3))
        return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(6, 5)), nn.Tanh(), inner)

    o = la.Objective.from_module(cases.seeded(network), cases.blobs(), "cross_entropy")
    parts = la.per_layer(la.random_slice(o, ignore=()))
    assert parts.labels == ("0", "2.0", "2.1")
    assert set(parts[0].axes[0]) == {"0.bias", "0.parametrizations.weight.original0", "0.parametrizations.weight.original1"}
    bare = la.Objective.from_module(cases.seeded(lambda: nn.utils.parametrizations.weight_norm(nn.Linear(6, 3))), cases.blobs(),
                                    "cross_entropy")
    assert la.per_layer(la.random_slice(bare)).labels == ("parametrizations.weight.original1",)


def test_patterns_that_overlap_move_a_tensor_in_each_copy_and_one_written_twice_is_refused():
    full = la.random_slice(objective())
    parts = la.per_layer(full, groups=["*", "[03].*", "0.weight"])
    assert [set(part.axes[0]) for part in parts] == [{"0.weight", "3.weight", "8.weight"}, {"0.weight", "3.weight"}, {"0.weight"}]
    with pytest.raises(la.InputError, match=r"groups has '0.\*' twice; expected every pattern once"):
        la.per_layer(full, groups=["0.*", "3.*", "0.*"])


def test_the_origin_is_digested_once_however_many_layers(monkeypatch):
    from lossatlas.family import copies, slice
    parts, seen = la.per_layer(la.random_slice(objective())), []
    before = parts.spec()
    for module in (copies, slice):
        monkeypatch.setattr(module, "digest", lambda point: seen.append(len(point)) or digest(point))
    assert parts.spec() == before
    assert seen.count(len(parts[0].origin)) == 1 and len(before["axes"]) == len(parts)


def test_what_has_no_layers_is_refused():
    o = objective()
    full = la.random_slice(o)
    a, b = (la.Objective.from_module(cases.mlp(seed=s), cases.blobs(), "cross_entropy").point() for s in (0, 1))
    for family, message in ((la.random_slice(o, repeats=2), "got repeats"), (la.line(a, b), "a slice through points"),
                            (3, "per_layer got a int"), (la.per_layer(full), "got layers")):
        with pytest.raises(la.InputError, match=message):
            la.per_layer(family)
    for groups, message in ((["nothing.*"], "matches no parameter that moves"), ("0.*", "write groups="),
                            (["1.*"], "matches no parameter")):
        with pytest.raises(la.InputError, match=message):
            la.per_layer(full, groups=groups)
    lopsided = la.Slice(full.origin, (full.axes[0], {n: t for n, t in full.axes[1].items() if n != "3.weight"}))
    with pytest.raises(la.InputError, match="the direction 'beta' does not move '3'"):
        la.per_layer(lopsided)
    with pytest.raises(la.InputError, match="a slice with layers has the dim 'layer' already"):
        la.per_layer(la.random_slice(o, dims=("layer", "beta")))


def test_copies_check_their_labels():
    full = la.random_slice(objective())
    for labels in (["a"], ["a", "a"]):
        with pytest.raises(la.InputError, match="labels for 2 copies"):
            la.Copies(lambda k: full, 2, dim="layer", labels=labels)
    with pytest.raises(la.InputError, match="layers is 0"):
        la.Copies(lambda k: full, 0, dim="layer")
