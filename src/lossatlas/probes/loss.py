"""The loss, its standard error over examples, and metrics: the additive probe that most pictures are made of.

``per="class"`` keeps the sums of every class apart, in the same pass over the data: a landscape that looks flat may be the mean
of classes that rise in different places. Of losses with weights a class counts by the sum of these, ``class_weights``, and not by its
examples; an example whose target is not counted (−100) is in no class.

With a ``{"train": …, "test": …}`` pair of objectives every quantity has a dim ``split``; under BatchNorm ``recompute``
the statistics come from the training data for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from ..data import Batch, examples
from ..errors import InputError
from ..execution.plan import summed
from ..layout import batchnorm_layers
from ..losses import IGNORE, logits_of
from ..names import choose
from ..network import copied, head
from ..numerics.stats import GROUPS, Stats, group_means, mean, stderr
from ..objective import Objective, Prepared
from ..params import Params
from ..result.schema import Quantity
from ..seeds import fixed_rng
from ..trial import TRIED_EXAMPLES


@dataclass(frozen=True, eq=False)
class LossProbe:
    """Measures ``loss``, ``loss_stderr``, ``loss_groups`` and every metric with its standard error; see :func:`loss`."""

    objective: Objective
    classes: int | None = None

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it measures, in order."""
        listed = [Quantity("loss", f"{self.objective.loss_name.replace('_', '-')} loss"),
                  Quantity("loss_stderr", "standard error of the loss over examples"),
                  Quantity("loss_groups", f"mean loss of {GROUPS} disjoint groups of examples", dims=(("group", GROUPS),))]
        if self.objective.penalty is not None:
            listed.append(Quantity("penalty", "penalty, contained in the loss"))
        for name in self.objective.metrics:
            listed += [Quantity(name, name.replace("_", " ")), Quantity(f"{name}_stderr", f"standard error of {name}")]
        if self.classes:
            dims = (("class", self.classes),)
            listed.append(Quantity("class_weights", "sum of the weights of the losses of the class", dims=dims))
            for q in [q for q in listed if q.name in ("loss", *self.objective.metrics)]:
                listed += [Quantity(f"class_{q.name}", f"{q.long_name} of the class", dims=dims),
                           Quantity(f"class_{q.name}_stderr", f"standard error of the {q.name} of the class", dims=dims)]
        if self._marks_negative_variance:
            listed.append(Quantity("negative_variance", "number of the first BatchNorm layer whose variance is negative (0: none)"))
        return tuple(listed)

    @property
    def _marks_negative_variance(self) -> bool:
        return self.objective.bn == "interpolate" and self.objective.has_batchnorm

    @property
    def layers(self) -> list[str]:
        """Names of the BatchNorm layers, in the order that ``negative_variance`` counts them from 1."""
        return list(batchnorm_layers(self.objective.module))

    def stats(self, point: Params | Prepared, batch: Batch) -> Stats:
        """Sums over one batch."""
        prepared = self.objective.prepare(point)
        total = self.objective.stats(prepared, batch, classes=self.classes)
        if self._marks_negative_variance:
            layer = prepared.negative_variance
            number = 0 if layer is None else self.layers.index(layer) + 1
            total["negative_variance:wv"] = torch.tensor(float(number * batch.size), dtype=torch.float64)
            total["negative_variance:w"] = torch.tensor(float(batch.size), dtype=torch.float64)
        return total

    def finish(self, stats: Stats) -> dict[str, Tensor]:
        """Quantities from sums over all batches."""
        out = {"loss": mean(stats, "loss"), "loss_stderr": stderr(stats, "loss"), "loss_groups": group_means(stats, "loss")}
        if "penalty:wv" in stats:
            penalty = mean(stats, "penalty")
            out |= {"loss": out["loss"] + penalty, "loss_groups": out["loss_groups"] + penalty, "penalty": penalty}
        for name in self.objective.metrics:
            out |= {name: mean(stats, name), f"{name}_stderr": stderr(stats, name)}
        if self.classes:
            out["class_weights"] = stats["class_loss:w"]
        for name in (f"class_{name}" for name in ("loss", *self.objective.metrics) if self.classes):
            out |= {name: mean(stats, name), f"{name}_stderr": stderr(stats, name)}
            if name == "class_loss" and "penalty" in out:
                out[name] = out[name] + out["penalty"]
        if self._marks_negative_variance:
            out["negative_variance"] = mean(stats, "negative_variance")
        return out

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All quantities at one point; what the network draws at random is the same at every point."""
        with torch.no_grad():
            return self.finish(summed(self, self.objective, point))

    def parts(self) -> Iterator[tuple[str | None, LossProbe]]:
        """The probe of every split: one, without a name."""
        yield None, self

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        return {"probe": "loss", "objective": self.objective.spec()} | ({"classes": self.classes} if self.classes else {})

    def about(self) -> dict[str, Any]:
        """What a result says of the objective."""
        o = self.objective
        layers = self.layers
        about = {"bn": o.bn, "network": type(o.module).__name__, "n_examples": o.data.n_examples, "loss": o.loss_name,
                 "source": o.source, "n_batchnorm": len(layers), "batch_size": o.data.batch_size,
                 "digest_params": o.spec()["params"], "digest_data": o.data.digest()}
        if self.classes:
            targets = o.data.targets()
            counts = torch.bincount(targets[targets >= 0].cpu(), minlength=self.classes)  # type: ignore[index]
            about["class_counts"] = counts.tolist()
        return {**about, "batchnorm_layers": layers} if self._marks_negative_variance else about


@dataclass(frozen=True, eq=False)
class SplitProbe:
    """The same probe for several objectives of one network, along a dim ``split``."""

    probes: Mapping[str, LossProbe]

    @property
    def objective(self) -> Objective:
        """The first objective: it stands for the network."""
        return next(iter(self.probes.values())).objective

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """As of one split, with the dim ``split`` first."""
        first = next(iter(self.probes.values()))
        return tuple(Quantity(q.name, q.long_name, q.units, (("split", len(self.probes)), *q.dims)) for q in first.quantities)

    def parts(self) -> Iterator[tuple[str | None, LossProbe]]:
        """The probe of every split."""
        yield from self.probes.items()

    def __call__(self, point: Params) -> dict[str, Tensor]:
        """All quantities at one point, stacked over splits."""
        each = [probe(point) for probe in self.probes.values()]
        return {name: torch.stack([one[name] for one in each]) for name in each[0]}

    def spec(self) -> dict[str, Any]:
        """What defines the values, as plain data."""
        each = {name: probe.spec() for name, probe in self.probes.items()}
        shared = {key: value for key, value in next(iter(each.values())).items() if key != "objective"}
        return {**shared, "splits": {name: one["objective"] for name, one in each.items()}}

    def about(self) -> dict[str, Any]:
        """What a result says of the objectives."""
        each = {name: probe.about() for name, probe in self.probes.items()}
        first = next(iter(each.values()))
        keys = [key for key in ("n_examples", "digest_data", "class_counts") if key in first]
        differing = {key: {name: one[key] for name, one in each.items()} for key in keys}
        return {**first, **differing, "splits": list(each)}


def loss(objective: Objective | Mapping[str, Objective], *, per: Literal["class"] | None = None) -> LossProbe | SplitProbe:
    """The probe of loss and metrics of an objective, or of a ``{"train": …, "test": …}`` pair (dim ``split``).

    Args:
        per: ``class`` adds ``class_loss`` and ``class_<metric>`` with their standard errors, dim ``class``, NaN for a class without
            examples. The mean of ``class_loss`` weighted by ``class_weights`` is the loss, of all examples that have a class; without
            weights of their own these are the ``class_counts`` (in attrs), which weigh metrics, too.

    Raises:
        InputError: not an objective; splits of different networks or policies; targets that are not one class an example.
    """
    if per is not None:
        choose(per, ("class",), "per")
    if isinstance(objective, Objective):
        return LossProbe(objective, classes_of(objective) if per else None)
    if not isinstance(objective, Mapping) or not objective or not all(isinstance(o, Objective) for o in objective.values()):
        raise InputError(f"loss() got a {type(objective).__name__}; expected an Objective (la.Objective.from_module(model, data, "
                         "loss)) or a dict of them: {'train': …, 'test': …}")
    first_name, first = next(iter(objective.items()))
    trained = objective.get("train", first)
    probes = {}
    for name, one in objective.items():
        own, other = one.spec(), first.spec()
        if differing := [key for key in ("network", "params", "bn", "loss", "metrics") if own[key] != other[key]]:
            raise InputError(f"splits {first_name!r} and {name!r} differ in {', '.join(differing)}; expected one network, loss and "
                             "policy on different data: write train.with_data(test_data)")
        if one.bn == "recompute" and one is not trained and one.bn_data is None:
            one = one.with_bn("recompute", data=trained.bn_data or trained.data)
        probes[str(name)] = LossProbe(one)
    if per:
        classes = max(classes_of(probe.objective) for probe in probes.values())
        probes = {name: LossProbe(probe.objective, classes) for name, probe in probes.items()}
    return SplitProbe(probes)


def classes_of(objective: Objective) -> int:
    """The number of classes: outputs of the network under cross-entropy, else one more than the largest target.

    Raises:
        InputError: targets that are not one class an example.
    """
    targets = objective.data.targets()
    if targets is None or targets.ndim != 1 or targets.is_floating_point() or bool(((targets < 0) & (targets != IGNORE)).any()):
        came = "no targets" if targets is None else f"targets of dtype {targets.dtype} and shape {tuple(targets.shape)}"
        low = f" from {targets.min()}" if came.startswith("targets") and targets.ndim == 1 else ""
        raise InputError(f"per='class' got {came}{low}; expected one class an example: whole numbers from 0 of shape (n,)")
    if objective.loss_name != "cross_entropy":
        return int(targets.max()) + 1
    view = replace(objective, bn="eval", bn_data=None, penalty=None)
    with torch.no_grad(), fixed_rng(0, "forward"):
        part = next(iter(objective.data)).value
        few = copied(head(part, min(TRIED_EXAMPLES, examples(part))))
        return logits_of(view._call(view.prepare(view.point()).tensors, few)).shape[1]
