"""The words below a picture: what was computed, how, and what the picture cannot show.

A slice of a landscape is easy to over-read, so every caption says where the plane came from (seed, normalization,
cosine of the axes), which network it moved (BatchNorm policy), on how much data, how certain the numbers are, what is
missing, and that a plane shows 2 of D directions. What a result does not record is said to be not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .reading import Count, Sheet, has_examples, recorded
from .scales import short

if TYPE_CHECKING:
    import xarray as xr

#: Colours of lines (Okabe and Ito).
COLOURS = 7
#: Cosines that are listed one by one; of more, the range.
MOST_COSINES = 6

_OPERATORS = {
    "hessian": "Hessian", "ggn": "generalized Gauss–Newton matrix", "fisher": "Fisher information",
    "empirical_fisher": "empirical Fisher information", "gradient_covariance": "gradient covariance", "ntk": "neural tangent kernel",
}
_POLICIES = {
    "eval": "eval (running statistics as trained)",
    "batch": "batch (statistics of each batch)",
    "recompute": "recompute (statistics re-estimated at each point)",
    "interpolate": "interpolate (running statistics interpolated)",
}
_NORMALIZED = {
    "filter": "Filter-normalized directions",
    "layer": "Layer-normalized directions",
    "weight": "Weight-normalized directions",
    "unit": "Orthonormal directions",
    "none": "Directions without normalization",
}


def facts(ds: xr.Dataset, *, dimension: int) -> list[str]:
    """Sentences from the attributes: seed, BatchNorm, examples, directions, cosine, share of the directions."""
    attrs, family = ds.attrs, ds.attrs.get("family")
    drawn_at_random = family in (None, "random")
    said = []
    if "seed" in attrs:
        said.append(f"Seed {attrs['seed']}.")
    else:
        said.append("Seed not recorded." if drawn_at_random or family == "imported" else "Axes: principal components, of norm 1."
                    if family == "pca" else "No seed: the axes were given.")
    said.append(policy(attrs))
    said += [_examples(attrs.get("n_examples")), *_corrupted(attrs)]
    said += survey_words(ds)
    if "normalize" in attrs:
        said.append(_directions(attrs))
    if "of_motion" in attrs:
        said.append(motion_words(attrs))
    if "eigenvalues" in attrs:
        said.append(f"Axes: eigenvectors of the Hessian with eigenvalues {', '.join(short(float(v), 3) for v in attrs['eigenvalues'])}.")
    if found := attrs.get("auto_range"):
        said += [_range(attrs, float(found["multiple"])), *map(_sentence, found["notes"])]
    if "layers" in attrs:
        said.append("One layer moves at a time, along its part of the same directions.")
    if dimension == 2 and attrs.get("coordinates") != "orthogonal" and "of_motion" not in attrs:  # of orthogonal axes it is 0
        said.append(_cosine(_of_copy(ds, attrs.get("axes_cosine"))))
    elif dimension == 3:
        said.append(_cosines(_of_copy(ds, attrs.get("axes_gram"), dims=2)))
    said.append(_share(attrs, dimension, drawn_at_random and family is not None, _of_copy(ds, attrs.get("n_moved"))))
    return said


def operator_name(ds: xr.Dataset) -> str:
    """The curvature matrix that was measured, in words."""
    operator = str(ds.attrs.get("operator", "curvature operator (which one is not recorded)"))
    return _OPERATORS.get(operator, operator)


def operator_words(ds: xr.Dataset) -> list[str]:
    """Which matrix it is, how products with it were made, and how many."""
    attrs, name = ds.attrs, operator_name(ds)
    told = [f"backend {attrs['backend']}"] if attrs.get("backend") else []
    products = recorded(ds, "products")
    if products is None and "products" in ds:  # of every cell
        products = np.nansum(ds["products"].values)
    told += [f"{int(products):,} products with vectors"] if products is not None else []
    name = f"{name[:1].upper()}{name[1:]}"
    return [f"{name}: {', '.join(told)}."] if told else [f"{name}."]


def curvature_seen(ds: xr.Dataset) -> list[str]:
    """How much of the curvature at the centre a slice sees: its principal curvatures beside the operator's extreme eigenvalues."""
    seen = ds.attrs.get("curvature_seen") or {}
    largest, smallest, expected = (_number(seen.get(key)) for key in ("lambda_max", "lambda_min", "expected"))
    curvatures = np.asarray(_of_copy(ds, seen.get("slice", []), dims=1), dtype=float)
    said = []
    if curvatures.ndim > 1:  # of several
        low, high = (_signed(float(end)) for end in (curvatures.min(), curvatures.max()))
        said.append(f"principal curvatures of these {len(curvatures)} slices at the centre: {low} to {high}")
        what = "most curved of them"
    elif curvatures.size:
        what = {1: "line", 2: "plane"}.get(curvatures.size, "volume")
        listed = _listed([_signed(value) for value in sorted(curvatures.tolist(), reverse=True)])
        said.append(f"principal {'curvature' if curvatures.size == 1 else 'curvatures'} of this {what} at the centre: {listed}")
    if largest is not None:
        whole = f"the Hessian's largest eigenvalue is {_signed(largest)}"
        if curvatures.size and largest > 0 and curvatures.max() >= 0:
            whole += f", so the {what} sees {_percent(curvatures.max() / largest)} of it"
        said.append(whole)
    if smallest is not None:
        whose = "the Hessian's smallest eigenvalue" if largest is None else "its smallest"
        said.append(f"{whose} is {_signed(smallest)}")
    if expected is not None:
        said.append(f"directions drawn in this way see {_signed(expected)} on average")
    text = "; ".join(said)
    return [f"{text[0].upper()}{text[1:]}."] if text else []


def _number(given: Any) -> float | None:
    return None if given is None or not np.isfinite(given) else float(given)


def _signed(value: float) -> str:
    return short(value).replace("-", "−")


def _listed(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def setting(ds: xr.Dataset) -> list[str]:
    """What was measured at a point, not along a slice: seed, BatchNorm, examples, parameters; of a study, what it found."""
    attrs = ds.attrs
    if (finding := attrs.get("finding")) is not None:
        seeds = finding["seeds"]
        return [_sentence(finding["claim"]), f"{'Shown' if finding['shown'] else 'Not shown'} ({len(seeds)} {_plural('seed', len(seeds))}, "
                f"scale {finding['scale']}); what must be seen: {_sentence(finding['signature'])}"]
    unknown = "" if attrs.get("kind") == "matrix" else "Seed not recorded."  # given points are compared, none is drawn
    said = [f"Seed {attrs['seed']}." if "seed" in attrs else unknown, policy(attrs), _examples(attrs.get("n_examples")), *_corrupted(attrs)]
    total = attrs.get("n_parameters")
    return [*said, f"{int(total):,} {_plural('parameter', int(total))}." if total is not None else "Number of parameters not recorded."]


def survey_words(ds: xr.Dataset) -> list[str]:
    """What of a survey was measured, what is predicted, and how far predictions can be believed; nothing of another result."""
    if ds.attrs.get("method") != "survey" or "evaluated" not in ds:
        return []
    attrs, examples = ds.attrs, ds["examples"].values[ds["evaluated"].values]
    if attrs.get("went_dense"):
        return ["Survey that went dense: every cell was measured on all examples."]
    low, high = (f"{int(end):,}" for end in (examples.min(), examples.max())) if examples.size else ("0", "0")
    said = [f"Survey: {examples.size:,} of {ds['evaluated'].size:,} cells measured (on {low if low == high else f'{low} to {high}'} "
            "examples), the others predicted"]
    if np.isfinite(attrs["heldout_median"]):
        of = "" if attrs.get("scale") is None else f" of asinh(L / {short(attrs['scale'])})"
        said.append(f"held-out error{of} {_percent(attrs['heldout_median'])} (median), {_percent(attrs['heldout_p95'])} (95th percentile), "
                    f"of {attrs['heldout_count']:,} {_plural('prediction', attrs['heldout_count'])}")
    else:
        said.append("no prediction was tested yet")
    fewer = attrs["dense_example_evaluations"] / max(attrs["example_evaluations"], 1)
    said.append(f"{short(fewer, 2)} times fewer example evaluations than the grid")
    short_of = [] if attrs.get("converged") else [f"Unfinished survey: its tolerance of {_percent(attrs['tolerance'])} is not met."]
    return ["; ".join(said) + ".", *short_of]


def _percent(share: float) -> str:
    return f"{short(100 * share, 2)} %"


def absent(ds: xr.Dataset, name: str) -> list[str]:
    """Classes that the data, or one split of them, have no example of."""
    if "class" not in ds[name].dims or "class_counts" not in ds.attrs:
        return []
    splits = _splits(ds, name)
    missing: dict[str, list[str]] = {}
    for k, word in enumerate(ds["class"].values):
        without = [str(ds["split"].values[split["split"]]) if split else "" for split in splits
                   if not has_examples(ds, {"class": k, **split})]
        if without:
            missing.setdefault("" if len(without) == len(splits) else f" in {' and '.join(without)}", []).append(str(word))
    return [f"No examples of {_plural('class', len(these))} {', '.join(these)}{where}." for where, these in missing.items()]


def motion_words(attrs: Mapping[Any, Any]) -> str:
    """How much of the motion of runs a plane through the end of the first holds, and along which directions."""
    runs = attrs.get("runs") or []
    of = f" of {len(runs)} runs" if len(runs) > 1 else ""
    shares = " + ".join(f"{100 * float(share):.3g}" for share in attrs.get("explained", ()))
    about = "" if attrs.get("centred", True) else ", of components about the end"
    plane = f"the plane holds {100 * float(attrs['of_motion']):.4g} % of Σ‖θ − θ_end‖²{of}"
    fixed = ", ".join(map(str, attrs.get("ignore") or ()))
    about, plane = (f"{about} of what moves ({fixed}: fixed)", f"{plane}, over all parameters") if fixed else (about, plane)
    norms = "; every filter has the norm that it has there" if attrs.get("project_out_norm") else ""
    return f"Explained variance {shares} %{about}; {plane}{norms}."


def repeated_colours(runs: int) -> list[str]:
    """That runs share colours, where there are more of them."""
    return [f"There are {COLOURS} colours: runs {COLOURS} apart have the same one."] if runs > COLOURS else []


def measured(sheets: Iterable[Sheet], name: str) -> list[str]:
    """The largest relative standard error of the drawn values."""
    largest = [
        np.max(ratio) for sheet in sheets if sheet.error is not None
        if (ratio := _relative(sheet)).size
    ]
    return [f"Largest relative standard error of the {name.replace('_', ' ')}: {short(100 * max(largest), 2)} %."] if largest else []


def missing(ds: xr.Dataset, count: Count) -> list[str]:
    """Points not computed yet, points that are not finite, layers with a negative variance."""
    said = []
    if count.done < count.total:
        said.append(f"In progress: {count.done} of {count.total} points done.")
    if count.bad:
        verb = "points is" if count.bad == 1 else "points are"
        said.append(f"{count.bad} of {count.total} {verb} not finite (grey).")
    layers = ds.attrs.get("negative_variance") or {}
    if layers:
        listed = ", ".join(f"{layer} ({points} {_plural('point', points)})" for layer, points in layers.items())
        said.append(f"Negative BatchNorm variance in {listed}.")
    return said


def notes(ds: xr.Dataset) -> list[str]:
    """The result's own notes, as sentences."""
    given = ds.attrs.get("notes") or []
    return [_sentence(str(note)) for note in ([given] if isinstance(given, str) else given)]


def join(sentences: Iterable[str]) -> str:
    """One paragraph, each sentence once."""
    return " ".join(dict.fromkeys(sentence for sentence in sentences if sentence))


def merge(captions: Mapping[str, list[str]]) -> str:
    """Captions of several results: what all say once, then what each says alone."""
    lists = list(captions.values())
    shared = [sentence for sentence in lists[0] if all(sentence in other for other in lists[1:])]
    own = [
        f"{name}: {join(sentence for sentence in said if sentence not in shared)}"
        for name, said in captions.items()
        if any(sentence not in shared for sentence in said)
    ]
    return join(shared + own)


def _range(attrs: Mapping[Any, Any], multiple: float) -> str:
    """How far an automatic range reaches, and whose loss was searched where there are several."""
    of = ["of the whole slice"] if "layers" in attrs else []
    of += [f"of {attrs['splits'][0]}"] if len(attrs.get("splits") or ()) > 1 else []
    return f"Range: to {short(multiple)} times the loss of the centre" + (f" ({', '.join(of)})." if of else ".")


def policy(attrs: Mapping[Any, Any]) -> str:
    """Whose statistics BatchNorm took."""
    if attrs.get("n_batchnorm") == 0:
        return "No BatchNorm layers."
    bn = attrs.get("bn")
    return f"BatchNorm: {_POLICIES.get(str(bn), str(bn))}." if bn is not None else "BatchNorm policy not recorded."


def _examples(given: Any) -> str:
    if given is None:
        return "Number of examples not recorded."
    if isinstance(given, Mapping):
        return "Examples: " + ", ".join(f"{int(n):,} {split}" for split, n in given.items()) + "."
    return f"{int(given):,} {_plural('example', int(given))}."


def _corrupted(attrs: Mapping[Any, Any]) -> list[str]:
    """That the data are not what they were."""
    given = attrs.get("corrupted")
    if isinstance(given, Mapping):
        given = ", ".join(f"{split} {words}" for split, words in given.items())
    return [f"Corrupted data: {given}."] if given else []


def _directions(attrs: Mapping[Any, Any]) -> str:
    words = _NORMALIZED.get(str(attrs["normalize"]), f"Directions normalized by {attrs['normalize']}")
    ignored = attrs.get("ignore") or []
    ignored = [ignored] if isinstance(ignored, str) else ignored
    return f"{words}, zero for {' and '.join(map(str, ignored))}." if len(ignored) else f"{words}."


def _splits(ds: xr.Dataset, name: str) -> list[dict[str, int]]:
    return [{"split": k} for k in range(ds.sizes["split"])] if "split" in ds[name].dims else [{}]


def _of_copy(ds: xr.Dataset, given: Any, dims: int = 0) -> Any:
    """What is recorded of one plane taken out of several copies, else all of it; of one it has ``dims`` dims."""
    for dim in ("repeat", "layer"):
        if np.ndim(given) == dims + 1 and dim in ds.coords and ds[dim].ndim == 0:
            labels = ds.attrs.get("labels", {}).get(dim)
            return given[labels.index(str(ds[dim].values)) if labels else int(ds[dim])]
    return given


def _cosines(gram: Any) -> str:
    """Of the three pairs of axes of a volume, from their Gram matrix; of several volumes the range."""
    if gram is None:
        return "Cosines of the axes not recorded."
    gram = np.asarray(gram, dtype=float)
    norms = np.sqrt(np.diagonal(gram, axis1=-2, axis2=-1))
    cosines = gram / (norms[..., :, None] * norms[..., None, :])
    return _cosine(cosines[..., [0, 0, 1], [1, 2, 2]].ravel()).replace("Cosine", "Cosines")


def _cosine(given: Any) -> str:
    if given is None:
        return "Cosine of the axes not recorded."
    given = np.atleast_1d(given)
    if given.size > MOST_COSINES:
        low, high = (short(float(end), 2).replace("-", "−") for end in (given.min(), given.max()))
        return f"Cosines of the axes: {low} to {high}."
    values = ", ".join(short(float(value), 2).replace("-", "−") for value in np.atleast_1d(given))
    return f"Cosine of the axes: {values}."


def _share(attrs: Mapping[Any, Any], dimension: int, random: bool, moved: Any) -> str:
    subject = ("A random " if random else "This ") + {1: "line", 2: "plane"}.get(dimension, "volume")
    total = attrs.get("n_parameters")
    whole = f"{int(total):,}" if total is not None else "all (number not recorded)"
    verb = f"{subject} shows {dimension} of {whole} directions"
    if np.ndim(moved):
        low, high = (f"{int(end):,}" for end in (min(moved), max(moved)))
        return f"{verb} ({low if low == high else f'{low} to {high}'} parameters move)."
    return f"{verb} ({int(moved):,} parameters move)." if moved not in (None, total) else f"{verb}."


def _relative(sheet: Sheet) -> np.ndarray:
    good = np.isfinite(sheet.values) & np.isfinite(sheet.error) & (sheet.values != 0)
    return sheet.error[good] / np.abs(sheet.values[good])


def _plural(word: str, n: int) -> str:
    return word if n == 1 else f"{word}es" if word.endswith("s") else f"{word}s"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
