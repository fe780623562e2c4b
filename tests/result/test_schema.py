"""Datasets from values in work order, and what is counted in them."""

import numpy as np
import pytest

from lossatlas.result.provenance import differences, provenance
from lossatlas.result.schema import Quantity, kind_of, on_dims, summarize

LOSS = Quantity("loss", "the loss", "nats")


@pytest.mark.parametrize(("dims", "kind"), [
    (("alpha",), "profile"), (("t",), "profile"), (("alpha", "beta"), "slice"), (("a", "b", "c"), "volume"),
    (("repeat", "alpha"), "profile"), (("repeat", "alpha", "beta"), "slice"), (("a", "b", "c", "d"), "scan"), (("repeat",), "scan")])
def test_kinds(dims: tuple[str, ...], kind: str) -> None:
    assert kind_of(dims) == kind


def test_values_land_where_their_indices_say() -> None:
    coords = {"alpha": np.array([0.0, 1.0]), "beta": np.array([5.0, 6.0, 7.0])}
    indices = np.array([[1, 2], [0, 0], [1, 0], [0, 2], [0, 1], [1, 1]])
    done = np.array([True, True, False, True, True, True])
    ds = on_dims(coords, indices, {"loss": np.arange(6.0)}, [LOSS], done, {"kind": "slice"})
    assert ds["loss"].dims == ("alpha", "beta") and ds["loss"].attrs == {"long_name": "the loss", "units": "nats"}
    assert float(ds["loss"].sel(alpha=1, beta=7)) == 0 and float(ds["loss"].sel(alpha=0, beta=7)) == 3
    assert np.isnan(ds["loss"].sel(alpha=1, beta=5)) and not bool(ds["done"].sel(alpha=1, beta=5))
    assert int(ds["done"].sum()) == 5


def test_not_finite_values_are_counted_where_they_were_evaluated() -> None:
    coords = {"alpha": np.arange(5.0)}
    done = np.array([True, True, True, False, True])
    values = np.array([1.0, np.nan, np.inf, np.nan, 2.0])
    ds = summarize(on_dims(coords, np.arange(5)[:, None], {"loss": values}, [LOSS], done, {}), [LOSS])
    assert ds.attrs["nonfinite"] == {"loss": 2}
    assert np.isinf(ds["loss"][2]), "inf stays inf"


def test_negative_variance_names_its_layers() -> None:
    q = Quantity("negative_variance", "layer")
    ds = on_dims({"alpha": np.arange(4.0)}, np.arange(4)[:, None], {q.name: np.array([0.0, 2.0, 2.0, 1.0])}, [q], np.ones(4, bool),
                 {"batchnorm_layers": ["bn1", "deep.bn2"]})
    assert summarize(ds, [q]).attrs["negative_variance"] == {"bn1": 1, "deep.bn2": 2}


def test_differences_of_plain_data() -> None:
    assert differences({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 2]}) == []
    assert differences({"a": float("nan")}, {"a": float("nan")}) == []
    assert differences({"a": {"b": 1}}, {"a": {"b": 2}}) == ["a.b: stored 1, now 2"]
    assert differences({"a": {"b": 1}}, {"a": 5}) == ["a: stored {'b': 1}, now 5"]


def test_provenance_says_versions_and_time() -> None:
    said = provenance()
    assert {"version", "torch", "numpy", "python", "machine", "system", "created", "command"} == set(said)
    assert said["numpy"] == np.__version__ and said["created"].startswith("20")
