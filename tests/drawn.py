"""Results whose values are known, for figures."""

import numpy as np
import xarray as xr

ATTRS = {
    "kind": "slice", "network": "resnet20a", "seed": 7, "bn": "recompute", "n_examples": 2000, "axes_cosine": 0.0123,
    "n_parameters": 272474, "normalize": "filter", "ignore": ["bias", "norm"], "family": "random",
}


def plane(nx=5, ny=3, *, repeat=0, split=0, low=0.05, high=500.0, **attrs):
    """A slice whose value at (alpha_i, beta_j) is known, with repeat and split dims in an awkward order."""
    x, y = np.linspace(-1, 1, nx), np.linspace(-0.5, 0.5, ny)
    q = x[:, None] ** 2 + 2 * y[None, :] ** 2 + 0.1 * x[:, None]
    q = (q - q.min()) / np.ptp(q)
    values = low * (high / low) ** q
    ds = xr.Dataset({"loss": (("alpha", "beta"), values)}, {"alpha": x, "beta": y})
    if repeat:
        ds = xr.concat([ds * (k + 1) for k in range(repeat)], dim="repeat").transpose("alpha", "repeat", "beta")
    if split:
        ds = xr.concat([ds * (10**k) for k in range(split)], dim=xr.Variable("split", ["train", "test"][:split]))
        ds = ds.transpose("beta", ..., "split")
    ds["loss_stderr"] = 0.04 * ds["loss"]
    ds["done"] = (("alpha", "beta"), np.ones((nx, ny), bool))
    ds["center_loss"] = 0.123
    ds["loss"].attrs = {"long_name": "cross-entropy", "units": "nats"}
    ds.attrs = ATTRS | attrs
    return ds


def line(n=9, *, repeat=0, split=0, **attrs):
    t = np.linspace(-0.5, 1.5, n)
    ds = xr.Dataset({"loss": ("alpha", 1 + t**2), "accuracy": ("alpha", 0.9 - 0.1 * t**2)}, {"alpha": t})
    if repeat:
        ds = xr.concat([ds * f for f in range(1, repeat + 1)], dim="repeat").transpose("alpha", ...)
    if split:
        ds = xr.concat([ds, 2 * ds], dim=xr.Variable("split", ["train", "test"])).transpose("alpha", ...)
    ds["loss_stderr"] = 0.1 * ds["loss"]
    ds["done"] = ("alpha", np.ones(n, bool))
    ds.attrs = {"kind": "profile", "family": "line", "bn": "eval", "n_examples": 10, "n_parameters": 99} | attrs
    return ds
