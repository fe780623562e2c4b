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


def spectrum(*, top=10, probes=4, density=True, layers=0, unconverged=0, n=20_000, **attrs):
    """A spectrum of a matrix with known eigenvalues: a bulk around zero, ten outliers, a few negative ones; all dims of the schema."""
    rng = np.random.default_rng(0)
    outliers, negative = np.geomspace(31, 2.5, 10), -np.geomspace(0.8, 0.1, 5)
    exact = np.concatenate([outliers, negative, 0.02 * rng.standard_normal(n - 15) ** 3])
    sigma = 0.05
    grid = np.linspace(exact.min() - 5 * sigma, exact.max() + 5 * sigma, 2048)
    each = np.empty((max(probes, 1), len(grid)))
    edges = np.linspace(-5, 35, 8001)
    for k in range(max(probes, 1)):  # what a probe sees: every eigenvalue with a weight of chi squared
        weight = rng.standard_normal(n) ** 2
        mass, _ = np.histogram(exact, edges, weights=weight / weight.sum())
        middle = (edges[1:] + edges[:-1]) / 2
        kernel = np.exp(-((grid[:, None] - middle[mass > 0]) ** 2) / (2 * sigma**2)) / (sigma * (2 * np.pi) ** 0.5)
        each[k] = kernel @ mass[mass > 0]
    mean, error = each.mean(0), each.std(0, ddof=1) / probes**0.5 if probes > 1 else np.full(len(grid), np.nan)
    ds = xr.Dataset(attrs={
        "kind": "spectrum", "operator": "hessian", "backend": "linearize", "products": 342, "seed": 3, "n_parameters": n, "n_examples": 512,
        "bn": "eval", "batch_size": 128} | attrs)
    if density:
        ds = ds.assign_coords({"lambda": grid})
        ds["density"], ds["density_low"], ds["density_high"] = (
            ("lambda", values) for values in (mean, np.maximum(mean - 2 * error, 0), mean + 2 * error))
        ds.attrs |= {"steps": 80, "probes": probes, "kernel_width": sigma}
        ds["trace"], ds["trace_stderr"] = exact.sum(), 1.3
        ds["frobenius"], ds["frobenius_stderr"] = (exact**2).sum() ** 0.5, 0.4
    if top:
        ends = np.concatenate([outliers, negative[::-1]])[:top] if top <= 10 else np.concatenate([outliers, negative])
        ds["eigenvalue"] = ("eigen", ends)
        ds["eigenvalue_error"] = ("eigen", np.where(np.arange(len(ends)) < len(ends) - unconverged, 1e-6, 0.2) * np.abs(ends))
        ds["residual"] = ds["eigenvalue_error"]
        ds["eigen_converged"] = ("eigen", np.arange(len(ends)) < len(ends) - unconverged)
    if layers:
        names = ["conv1", *(f"layer{1 + k * 3 // layers}.{k // 2}.conv{1 + k % 2}" for k in range(layers - 2)), "fc"]
        largest = 3 * np.exp(rng.normal(size=layers) * 0.8)
        ds = ds.assign_coords(layer=names)
        ds["layer_lambda_max"], ds["layer_lambda_min"] = ("layer", largest), ("layer", -0.15 * largest * rng.uniform(0.2, 1, layers))
        ds["layer_trace"], ds["layer_trace_stderr"] = ("layer", 6 * largest), ("layer", 0.1 * largest * rng.uniform(2, 6, layers))
        ds["layer_converged"] = ("layer", np.arange(layers) % 7 != 5)
    return ds


def eigenmap(nx=15, ny=11, *, unconverged=(), **attrs):
    """Eigenvalues over a plane: convex in the middle, not at the edges; some cells did not converge."""
    x, y = np.linspace(-1, 1, nx), np.linspace(-0.7, 0.7, ny)
    largest = 3 + 60 * x[:, None] ** 2 + 20 * y[None, :] ** 2
    smallest = -2.5 * (x[:, None] ** 2 + np.abs(y[None, :])) * largest / 10 + 0.2 * np.sin(5 * x)[:, None]
    converged = np.ones((nx, ny), bool)
    for cell in unconverged:
        converged[cell] = False
    ds = xr.Dataset({
        "lambda_max": (("alpha", "beta"), largest), "lambda_min": (("alpha", "beta"), smallest),
        "ratio": (("alpha", "beta"), np.abs(smallest / largest)), "lambda_max_error": (("alpha", "beta"), np.where(converged, 1e-3, 0.4)),
        "lambda_min_error": (("alpha", "beta"), np.where(converged, 2e-3, 0.3)), "converged": (("alpha", "beta"), converged),
        "done": (("alpha", "beta"), np.ones((nx, ny), bool)), "center_ratio": 0.06,
    }, {"alpha": x, "beta": y})
    for name, words in (("lambda_max", "largest eigenvalue"), ("lambda_min", "smallest eigenvalue"), ("ratio", "|λmin / λmax|")):
        ds[name].attrs = {"long_name": words, "units": ""}
    ds.attrs = ATTRS | {"operator": "hessian", "backend": "linearize", "products": 2250} | attrs
    return ds


def scan(n=9, *, repeat=0, **attrs):
    """The Goldilocks zone: more positive curvature around the radius of the initialization."""
    r = np.geomspace(0.1, 30, n)
    bump = np.exp(-np.log(r) ** 2)
    ds = xr.Dataset({
        "fraction_positive": ("radius", 0.5 + 0.34 * bump), "trace_over_norm": ("radius", 4.7 * bump - 0.05), "loss": ("radius", 2 + r),
        "norm": ("radius", 40 * r)}, {"radius": r})
    if repeat:
        ds = xr.concat([ds * (1 + 0.05 * k) for k in range(repeat)], dim="repeat").transpose("radius", "repeat")
    for name, error in (("fraction_positive", 0.02), ("trace_over_norm", 0.2)):
        ds[f"{name}_stderr"] = 0 * ds[name] + error
    ds["done"] = ("radius", np.ones(n, bool))
    for name, words in (("fraction_positive", "share of positive eigenvalues"), ("trace_over_norm", "trace / Frobenius norm"),
                        ("radius", "norm of the parameters / that of the initialization")):
        ds[name].attrs = {"long_name": words, "units": ""}
    ds.attrs = {"kind": "scan", "seed": 5, "bn": "eval", "n_examples": 400, "n_parameters": 9000, "subspace": 50} | attrs
    return ds
