"""What cannot work is refused when an objective is made, with the reason, before a long run fails on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from .data import Batch, examples, targets_of
from .errors import InputError, first_line
from .losses import check_targets
from .network import copied, head, shapes, versions
from .seeds import fixed_rng

if TYPE_CHECKING:
    from .objective import Objective

#: Examples that `from_module` sends through the network once, to find a wrong loss or wrong targets at once.
TRIED_EXAMPLES = 4


def tried(objective: Objective) -> Objective:
    """One small forward pass, and all targets: what cannot work is refused now, with the reason."""
    part = next(iter(objective.data)).value
    few = copied(head(part, min(TRIED_EXAMPLES, examples(part))))
    untouched = versions(few)
    view = replace(objective, bn="eval", bn_data=None, penalty=None, in_training=False, writes_batches=False, writes_weights=True)
    with torch.no_grad(), fixed_rng(0, "forward"):
        prepared = view.prepare(view.point())
        weights = [prepared.tensors[name]._version for name in objective.params]
        try:
            outputs = view._call(prepared.tensors, few)
        except Exception as error:
            raise InputError(f"the network does not take the first batch ({shapes(few)}): {first_line(error)}") from error
        for batch in objective.data:
            check_targets(objective.loss_name, outputs, targets_of(batch.value))
        try:
            view._losses(prepared, Batch(few, 0, examples(few)))
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"loss {objective.loss_name!r} fails on the first batch: {first_line(error)}; expected targets that fit "
                             "the outputs") from error
    return replace(objective, writes_batches=versions(few) != untouched,
                   writes_weights=weights != [prepared.tensors[name]._version for name in objective.params])


def with_whole_batches(objective: Objective) -> Objective:
    """The objective, unless BatchNorm looks at batches and one of them has a single example."""
    data = objective.bn_data or objective.data
    if objective.bn in ("batch", "recompute") and objective.has_batchnorm and min(data.sizes) == 1:
        single = next(batch for batch in data if batch.size == 1)
        try:  # a feature map has a variance over its pixels even so
            with torch.no_grad(), fixed_rng(0, "forward"):
                replace(objective, bn="batch", bn_data=None)._call(objective.point(), objective._own(single.value))
        except ValueError:
            raise InputError(f"under bn={objective.bn!r} a batch has a single example, whose variance is undefined; choose a "
                             f"batch size that does not leave one of {data.n_examples} examples over") from None
    return objective
