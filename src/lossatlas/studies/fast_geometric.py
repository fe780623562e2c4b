"""G6. A cyclical learning rate finds members of an ensemble in the time of training one network (Garipov et al. 2018).

Of one budget of steps, four fifths train a network and the rest goes into short cycles that collect members; against it stands one network
that is trained for the whole budget, its rate falling as of the others. The claim is about the errors of the averaged probabilities.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..analyses.fge import fast_geometric
from ..analyses.predictions import disagreement, rows, true_classes
from ..errors import InputError
from ..fitting import fit
from ..names import Scale
from ..numerics.reliability import nll
from ..objective import Objective
from ..params import Params
from ..run.events import Listener, Note
from .digits import pair, sgd
from .finding import Finding, Number
from .instability import cosine

CLAIM = "Members collected along a cyclical learning rate beat one network of the same budget (Garipov et al. 2018)"
SIGNATURE = ("for every seed the test error of the averaged probabilities is below that of one network trained for the whole budget "
             "(Garipov et al.: 74.6 against 72.5 % on CIFAR-100), and so is the negative log-likelihood")
#: Steps in all, of a cycle, and members.
BUDGET, CYCLE, MEMBERS = 1000, 40, 5


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """One network against its members, of one budget."""
    if scale == "paper":
        raise InputError("G6 has no scale paper; write --scale quick")
    table = []
    for seed in seeds:
        train, test = pair(seed=seed)
        walk = CYCLE * MEMBERS - CYCLE // 2
        alone = fit(train, optimizer=sgd(0.1, 0.9), steps=BUDGET, seed=seed, schedule=partial(cosine, steps=BUDGET)).point
        start = fit(train, optimizer=sgd(0.1, 0.9), steps=BUDGET - walk, seed=seed, schedule=partial(cosine, steps=BUDGET)).point
        members = fast_geometric(train, start, members=MEMBERS, cycle=CYCLE, rates=(0.1, 0.005), seed=seed)
        one, mean = _worth(test, [alone]), _worth(test, members)
        each = [_worth(test, [member]) for member in members]
        apart = np.mean([disagreement(test, a, b) for k, a in enumerate(members) for b in members[:k]])
        table.append((*one, *mean, *np.mean(each, axis=0), apart))
        on_event(Note(f"G6, seed {seed}: test error {100 * one[0]:.3g} % alone, {100 * mean[0]:.3g} % of {MEMBERS} members"))
    error, loss, ensemble, ensemble_loss, member, member_loss, apart = np.array(table).T
    shown = bool(((ensemble < error) & (ensemble_loss < loss)).all())
    numbers = [Number("test error, one network", tuple(100 * error), "%"), Number("test error, ensemble", tuple(100 * ensemble), "%"),
               Number("test error, mean of the members", tuple(100 * member), "%"),
               Number("test negative log-likelihood, one network", tuple(loss)),
               Number("test negative log-likelihood, ensemble", tuple(ensemble_loss)),
               Number("test negative log-likelihood, mean of the members", tuple(member_loss)),
               Number("disagreement of two members", tuple(100 * apart), "%")]
    notes = (f"64-64-64-10 on 1000 digits, {BUDGET} steps in all; {MEMBERS} members from cycles of {CYCLE} steps (two epochs) between the "
             "rates 0.1 and 0.005", "797 test digits: one of them is 0.13 %")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes)


def _worth(test: Objective, members: list[Params]) -> tuple[float, float]:
    """Error and negative log-likelihood of averaged probabilities."""
    probabilities = sum(rows(test, member).double().softmax(1) for member in members) / len(members)
    labels = true_classes(test)
    assert labels is not None
    return float((probabilities.argmax(1) != labels).double().mean()), nll(probabilities, labels)
