"""Claims of the literature, tested: one file per claim, with what to run, what must be seen, and an honest verdict.

A study trains small networks on real data from several seeds, measures what the paper measured, and says whether its signature was
seen: ``shown`` or not. Not shown is a result: the claim may need another scale, or may not hold. ``lossatlas study`` lists the studies,
``lossatlas study C1 L1`` runs some. At ``quick`` a study takes minutes on two cores; at ``paper`` it takes the setting of the paper, or the
nearest that one machine can do, and says which.

A new study is a file here with a function ``run(scale, seeds, on_event) -> Finding``, and a line in ``STUDIES``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ..errors import InputError, LossAtlasError
from ..names import Scale, choose
from ..run.events import Listener, Note, ignore

if TYPE_CHECKING:
    from .finding import Finding


@dataclass(frozen=True)
class Study:
    """Where a study lies (``module:function`` in this package), and its claim in a line."""

    place: str
    claim: str


#: Row of METHODS -> study. Lists are printed without loading any of them.
STUDIES: dict[str, Study] = {
    "A2": Study("batch_size:flip", "which end looks sharp flips with weight decay; filter normalization undoes it (Li et al. 2018)"),
    "A4": Study("batch_size:weights", "weights grow without decay, and small batches make more small ones with it (Li et al. 2018)"),
    "A6": Study("batch_size:filterwise", "filter-normalized sharpness orders networks as their test errors do (Li et al. 2018)"),
    "A7": Study("batch_size:layerwise", "layer-normalized sharpness is correlated less with the test error (Li et al. 2018)"),
    "A9": Study("depth:architectures", "depth makes landscapes chaotic; skip connections and width prevent it (Li et al. 2018)"),
    "A10": Study("depth:attractor", "good networks start within the convex region around their minimum (Li et al. 2018)"),
    "A13": Study("paths:run", "two principal components hold most of a training path, random directions none (Li et al. 2018)"),
    "A16": Study("shared_plane:run", "on the PCA plane of several runs a smooth valley connects their ends: tested"),
    "A17": Study("optimizers_plane:run", "different optimizers end in different basins with ridges between (Im et al. 2016)"),
    "A18": Study("cyclical:run", "between the minima of a cyclical learning rate stand peaks of varying height (Smith and Topin 2017)"),
    "B3": Study("batch_switch:run", "small batches first: large ones then end flatter, the later the switch (Keskar et al. 2017)"),
    "B4": Study("linear_scaling:run", "large batches need a rate scaled in proportion, and a warm-up (Goyal et al. 2017)"),
    "B5": Study("temperature:run", "learning rate and batch size act through their ratio (Jastrzebski et al. 2017)"),
    "B9": Study("weight_averaging:run", "the mean of the last iterates is wider and better than the last (Izmailov et al. 2018)"),
    "C1": Study("random_labels:run", "random labels are fitted perfectly, in more epochs than true ones (Zhang et al. 2017)"),
    "C3": Study("bad_minima:run", "minima exist that fit the training data exactly and answer by chance (Huang et al. 2020)"),
    "C4": Study("minefields:run", "beside every iterate of training lies a bad minimum (Huang et al. 2020)"),
    "C5": Study("bad_minima:basins", "basins of bad minima are narrower than those of good ones (Huang et al. 2020)"),
    "C7": Study("dead_units:run", "from dead ReLUs training converges to a suboptimal minimum (Goldblum et al. 2020)"),
    "C8": Study("linear_inside:run", "a deep network has the minima of a linear one, far above its own (Goldblum et al. 2020)"),
    "G1": Study("string:run", "below any loss there is a way between solutions, longer the lower it is (Freeman and Bruna 2017)"),
    "G2": Study("elastic_band:run", "between minima there are paths on which the loss hardly rises (Draxler et al. 2018)"),
    "G3": Study("minima_graph:run", "all of several minima are connected far below their straight lines (Draxler et al. 2018)"),
    "G8": Study("connector:run", "more than two solutions meet in one low centre (Fort and Jastrzebski 2019)"),
    "G4": Study("curve:run", "solutions trained apart are joined by a curve of low loss (Garipov et al. 2018)"),
    "G5": Study("curve:plane", "on the plane of the curve a valley bends around the ridge (Garipov et al. 2018)"),
    "G6": Study("fast_geometric:run", "members along a cyclical rate beat one network of the same budget (Garipov et al. 2018)"),
    "H1": Study("linear_barrier:run", "the straight line between networks trained apart crosses a barrier (Goodfellow et al. 2015)"),
    "H2": Study("instability:run", "training becomes stable to the noise of SGD early on (Frankle et al. 2020)"),
    "H3": Study("siblings:run", "barrier, answers, weights and kernels of children fall together (Fort et al. 2020)"),
    "H6": Study("soup:run", "the barrier, known before, says whether the average of networks works (after Wortsman et al. 2022)"),
    "I4": Study("ensembles:diversity", "subspace ensembles are less diverse, deep ensembles win (Fort et al. 2019)"),
    "I5": Study("ensembles:calibration", "deep ensembles give better probabilities, on strange inputs too (Fort et al. 2019)"),
    "H4": Study("permutation:run", "renaming hidden units removes most of the barrier between networks (Ainsworth et al. 2023)"),
    "H5": Study("repaired:run", "between deep networks the variance of units collapses; REPAIR gives it back (Jordan et al. 2023)"),
    "I2": Study("curve:function", "along a path of low loss the function switches from one end to the other (Fort et al. 2019)"),
    "K3": Study("fisher_phases:run", "the trace of the Fisher information rises, then falls (Achille et al. 2019)"),
    "K5": Study("top_eigenvalues:run", "top eigenvalues rise to a peak set by rate and batch size, and fall (Jastrzebski et al. 2019)"),
    "K6": Study("phase_markers:run", "five markers of the early phase of training coincide in its first epochs"),
    "L1": Study("descent:run", "at moderate rates the loss of all data falls at almost every step (after Goodfellow et al. 2015)"),
    "L2": Study("valleys:run", "steps of SGD cross a valley: the loss is lowest in between (Xing et al. 2018)"),
    "O10": Study("rate_spike:run", "an injected spike of the learning rate is flagged, on the loss and on λ₁"),
}


def find(row: str) -> Study:
    """The study of a row, in any case of its letters.

    Raises:
        InputError: there is none, with those that there are.
    """
    return STUDIES[choose(str(row).upper(), STUDIES, "the study")]


def run(
    rows: str | Sequence[str], *, scale: Scale = "quick", seeds: int | Sequence[int] = 3, store: str | Path | None = None,
    folder: str | Path | None = None, on_event: Listener = ignore,
) -> list[Finding]:
    """Run studies, one after the other, and keep what each found as soon as it is found.

    Args:
        rows: which, e.g. ``"C1"`` or ``["C1", "L1"]``; :data:`STUDIES` lists them.
        scale: ``quick`` (minutes on two cores) or ``paper``.
        seeds: how many (0, 1, …), or which.
        store: ``PATH.zarr``: every finding with its curves becomes a result ``study-<row>-<n>`` there (``PATH.zarr/GROUP``: of one study).
        folder: for ``<row>.json`` and ``<row>.png``.
        on_event: is told of every part as it is done.

    Returns:
        A :class:`~lossatlas.studies.finding.Finding` each.

    Raises:
        InputError: an unknown row or scale, no seeds.
        LossAtlasError: studies that could not run (the data of the paper are not there), after all others ran.
    """
    return list(each(rows, scale=scale, seeds=seeds, store=store, folder=folder, on_event=on_event))


def each(
    rows: str | Sequence[str], *, scale: Scale = "quick", seeds: int | Sequence[int] = 3, store: str | Path | None = None,
    folder: str | Path | None = None, on_event: Listener = ignore,
) -> Iterator[Finding]:
    """As :func:`run`, one finding after the other."""
    names = [rows] if isinstance(rows, str) else list(rows)
    chosen = {name.upper(): find(name) for name in names}
    if not chosen:
        raise InputError(f"no study is named; expected some of {', '.join(STUDIES)}")
    choose(scale, Scale, "scale")
    numbers = _seeds(seeds)
    from .keeping import Keeper

    failed = []
    with Keeper(store, folder, single=len(chosen) == 1) as keeper:
        for row, study in chosen.items():
            module, _, function = study.place.partition(":")
            began = perf_counter()
            on_event(Note(f"{row}: {study.claim}; scale {scale}, seeds {', '.join(map(str, numbers))}"))
            try:
                finding: Finding = getattr(import_module(f".{module}", __name__), function)(scale, numbers, on_event)
            except LossAtlasError as error:
                if len(chosen) == 1:
                    raise
                failed.append(f"{row} ({error})")
                on_event(Note(f"{row} could not run: {error}"))
                continue
            finding = replace(finding, row=row, scale=scale, seeds=numbers, seconds=perf_counter() - began)
            for line in keeper.keep(finding):
                on_event(Note(line))
            yield finding
    if failed:
        raise LossAtlasError(f"{len(failed)} of {len(chosen)} studies could not run: {'; '.join(failed)}")


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds themselves."""
    numbers = tuple(range(seeds)) if isinstance(seeds, int) and not isinstance(seeds, bool) else seeds
    whole = isinstance(numbers, Sequence) and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    if not whole or not numbers:
        raise InputError(f"seeds is {seeds!r}; expected how many, at least 1, or a list of whole numbers such as (0, 1, 2)")
    if len(set(numbers)) < len(numbers):
        raise InputError(f"seeds is {list(numbers)}; expected different ones")
    return tuple(numbers)
