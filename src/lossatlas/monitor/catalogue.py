"""What a monitor can measure, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..curvature.matrices import LIKELIHOODS
from ..errors import InputError
from ..names import suggest
from ..params import size
from ..probes.loss import classes_of
from .curvature import FOLLOWED, Sharpness, Top
from .first_order import Critical, Gradient, Line, Loss, Rates, Update
from .fisher import FisherTrace
from .fixed import Fixed
from .gauge import Gauge, OfProbe
from .health import Health
from .slices import Slices

#: Name -> maker, of the fixed examples and the store.
GAUGES: dict[str, Callable[[Fixed, str | Path | None], Gauge]] = {
    "rates": lambda fixed, store: Rates(),
    "loss": lambda fixed, store: Loss(fixed.whole.loss_name, fixed.whole.metrics),
    "update": lambda fixed, store: Update(),
    "gradient": lambda fixed, store: Gradient(),
    "line": lambda fixed, store: Line(),
    "critical": lambda fixed, store: Critical(),
    "health": lambda fixed, store: Health(fixed.whole),
    "lambda_max": lambda fixed, store: Sharpness(preconditioned=False),
    "lambda_preconditioned": lambda fixed, store: Sharpness(preconditioned=True),
    "top": lambda fixed, store: Top(fixed.chunks, _followed(fixed)),
    "fisher": lambda fixed, store: FisherTrace(),
    "slice": lambda fixed, store: Slices(fixed.whole, store),
}
#: What is measured where nobody says otherwise: passes and gradients. Curvature keeps the graph of a gradient, which takes memory.
DEFAULT = ("rates", "loss", "update", "gradient", "line", "critical", "health")


def gauges(probes: Any, fixed: Fixed, store: str | Path | None) -> list[Gauge]:
    """The gauges of ``probes=``.

    Raises:
        InputError: an unknown name, what is no probe.
    """
    given = [probes] if isinstance(probes, str) or callable(probes) else list(probes) if isinstance(probes, Sequence) else None
    if not given:
        raise InputError(f"probes is {probes!r}; expected 'default', 'all', names of {', '.join(GAUGES)}, or probes such as "
                         "la.probes.curvature(objective)")
    found: dict[str, Gauge] = {}
    for number, one in enumerate(given):
        if isinstance(one, str):
            for name in _names(one, fixed):
                found.setdefault(name, GAUGES[name](fixed, store))
        elif callable(one):
            name = f"{type(one).__name__.removesuffix('Probe').lower() or 'probe'}{number or ''}"
            found[name] = OfProbe(name, one)
        else:
            raise InputError(f"probes holds a {type(one).__name__}; expected a name of {', '.join(GAUGES)}, or a probe")
    return list(found.values())


def _names(word: str, fixed: Fixed) -> list[str]:
    if word == "default":
        return list(DEFAULT)
    if word == "all":
        return [name for name in GAUGES if name != "fisher" or fixed.whole.loss_name in LIKELIHOODS]
    if word not in GAUGES:
        raise InputError(f"probes has {word!r}; expected 'default', 'all', or {', '.join(GAUGES)}{suggest(word, GAUGES)}")
    if word == "fisher" and fixed.whole.loss_name not in LIKELIHOODS:
        raise InputError(f"the Fisher information needs a distribution of labels, and loss {fixed.whole.loss_name!r} defines none; leave "
                         "'fisher' out")
    return [word]


def _followed(fixed: Fixed) -> int:
    """How many eigenvalues: one a class, as far as classes are known."""
    try:
        found = classes_of(fixed.whole) if fixed.whole.loss_name == "cross_entropy" else FOLLOWED
    except InputError:
        found = FOLLOWED
    return min(found, size(fixed.whole.params))
