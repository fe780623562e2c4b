"""Points that are one function: the weights of a layer times c, those of the next one over c (Dinh et al. 2017; METHODS A8, B6).

A ReLU network, and any in which what lies between two layers is positively homogeneous, computes the same function for every c > 0. What
stands before a BatchNorm layer may be scaled alone if the running statistics are: μ → cμ, and σ² → c²σ² + (c² − 1)ε, which makes the
variance with its ε exactly c² times as large. A quantity that changes along this family is no property of the function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..params import Params, digest, size, without_running_statistics


@dataclass(frozen=True, eq=False)
class Rescaled:
    """The family of c: coordinate log10 c, the centre at 0.

    Attributes:
        origin: the point with c = 1.
        powers: tensor → the power of c that multiplies it.
        variances: running variances that follow, with the ε of their layers.
        words: what is rescaled, for people.
    """

    origin: Params = field(repr=False)
    powers: Mapping[str, int]
    variances: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
    dims: tuple[str, ...] = ("log10_factor",)

    def __call__(self, u: Tensor) -> Params:
        """The point at log10 c = ``u[0]``; differentiable in u, exact at 0."""
        c = torch.pow(torch.tensor(10.0, dtype=torch.float64), u[0].to(torch.float64))
        out = dict(self.origin)
        for name, power in self.powers.items():
            out[name] = (out[name].to(torch.float64) * c.to(out[name].device) ** power).to(out[name].dtype)
        for name, eps in self.variances.items():
            square = c.to(out[name].device) ** 2
            out[name] = (out[name].to(torch.float64) * square + (square - 1) * eps).to(out[name].dtype)
        return out

    def spec(self) -> dict[str, Any]:
        """What defines the points, as plain data."""
        return {"family": "rescaled", "origin": digest(self.origin), "powers": dict(self.powers), "variances": dict(self.variances)}

    def describe(self) -> dict[str, Any]:
        """What a result says of the family."""
        return {"family": "rescaled", "rescaled": self.words, "n_parameters": size(without_running_statistics(self.origin))}
