"""A PAC-Bayes bound on the test error of a stochastic network (Dziugaite and Roy 2017; METHODS B7 as corrected).

With a prior p = N(θ_init, λI) that knows nothing of the data (never 0, never a trained centre) and a posterior q = N(w, diag s), with
probability 1 − δ over the training set of n examples and for all q and all λ = c·e^(−j/b), j = 1, 2 …

    KL(ê(q) ‖ e(q)) ≤ R = [KL(q‖p) + 2 ln j + ln(π² n / (6δ))] / (n − 1),      c = .1, b = 100, δ = .025,

ê and e the expected 0-1 errors on training set and distribution. q and λ are trained by Adam on E_q[cross-entropy / ln 2] + √(R/2) with
j = b·ln(c/λ) relaxed to a real number (cross-entropy / ln 2 is at least the 0-1 error, for any number of classes). Then j is rounded, ê is
estimated by drawing networks, with a confidence term of its own (δ' = .01), and the bound inverts KL(ê‖e) ≤ R. It holds with probability
1 − δ − δ' = .965. A KL-inverse is always below 1, so look at how far below chance it is.

Training is the one loop, :func:`~lossatlas.fit`: the stochastic network is a module whose forward pass draws weights, and √(R/2) is a
penalty on its parameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..fitting import fit
from ..layout import batchnorm_layers, normalizes_by_batch
from ..losses import LossFunction
from ..objective import Objective
from ..params import Params, check_point
from ..seeds import check_seed, generator
from .record import Measure
from .surface import Surface, count, mean_and_error, positive

#: As published: c and b of the grid of priors, δ of the bound and δ' of the estimate of the training error.
C, B, DELTA, DELTA_MC = 0.1, 100, 0.025, 0.01
#: Where training starts: log λ, and the posterior's standard deviations as a share of |w| (with a floor).
_LOG_PRIOR, _SHARE, _FLOOR = -6.0, 0.1, 1e-3


def pac_bayes_bound(
    objective: Any, init: Mapping[str, Tensor], *, point: Mapping[str, Tensor] | None = None, steps: int = 3000, rate: float = 1e-3,
    draws: int = 1000, seed: int = 0,
) -> Measure:
    """A bound on the test error of the network with noisy weights, that holds with probability .965.

    Args:
        objective: on the training set, whole: all its examples count in n and none may have chosen θ_init.
        init: θ_init, where training started, before any data were seen.
        point: where training of w starts (default: where the network stands).
        steps, rate: of Adam, in batches of the objective's size.
        draws: networks drawn to estimate the training error.

    Returns:
        ``value`` the bound; ``low`` and ``high`` the estimated training error of q and the bound; ``details``: ``train_error`` with
        ``train_error_stderr``, ``kl``, ``rate`` R, ``log_prior`` ln λ, ``j``, ``sigma`` (median standard deviation of q), ``distance``
        ‖w − θ_init‖, ``mean_train_error`` (of w itself), ``posterior`` (mean and standard deviations, by name). ``converged``: over the
        last tenth of the steps the objective fell by less than 2 % of itself.

    Raises:
        InputError: no classification, BatchNorm (whose statistics have seen the data), θ_init of another network or equal to the point.
    """
    steps, draws, rate = count(steps, "steps", 10), count(draws, "draws", 2), positive(rate, "rate", "e.g. 1e-3")
    surface = Surface(objective, point)
    surface.error({})  # refuses what is not one of classes
    prior = _prior(surface, init)
    view = surface.objective
    n, loss = view.data.n_examples, partial(_in_bits, view.loss)
    trained = Objective.from_module(Stochastic(surface, prior), view.data, loss, penalty=partial(_penalty, n=n), layout={"*": None},
                                    batch_size=view.data.sizes[0], device=view.device)
    run = fit(trained, optimizer=partial(torch.optim.Adam, lr=rate), steps=steps, seed=check_seed(seed))
    surface.gradients += steps * view.data.sizes[0] / n
    found = {name: tensor.cpu() for name, tensor in run.point.items()}
    j = max(round(B * (math.log(C) - float(found["log_prior"]))), 1)
    kl = float(divergence(found, math.log(C) - j / B))
    bound_rate = _rate(torch.tensor(kl, dtype=torch.float64), torch.tensor(float(j), dtype=torch.float64), n)
    mean, spread = found["mean"] + found["start"], found["log_spread"].exp()
    errors = [surface.error(_away(surface, mean, spread, generator(seed, "posterior", k))) for k in range(draws)]
    observed, error = mean_and_error(errors)
    train = inverse_kl(observed, math.log(2 / DELTA_MC) / draws)
    value = inverse_kl(train, float(bound_rate))
    settings = {"steps": steps, "rate": rate, "draws": draws, "c": C, "b": B, "delta": DELTA, "delta_mc": DELTA_MC, "seed": seed}
    details = {"train_error": observed, "train_error_stderr": error, "kl": kl, "rate": float(bound_rate), "log_prior": math.log(C) - j / B,
               "j": j, "sigma": float(spread.median()), "distance": float(found["mean"].norm()),
               "mean_train_error": surface.error(_away(surface, mean, None, None)),
               "posterior": {"mean": surface.step(mean), "std": surface.step(spread)}}
    return Measure(value, math.nan, observed, value, _settled(run.losses), settings, details, surface.losses, surface.gradients)


class Stochastic(nn.Module):
    """The network of a surface with weights drawn from q at every forward pass; its parameters are w − θ_init, ln √s and ln λ."""

    def __init__(self, surface: Surface, prior: Tensor) -> None:
        super().__init__()
        dtype = surface.centre[surface.names[0]].dtype
        weights = surface.flat(surface.centre)
        self.mean = nn.Parameter((weights - prior).to(dtype))
        self.log_spread = nn.Parameter(torch.log(_SHARE * weights.abs() + _FLOOR).to(dtype))
        self.log_prior = nn.Parameter(torch.tensor(_LOG_PRIOR, dtype=dtype))
        self.register_buffer("start", prior.to(dtype))
        self._inner = (surface.objective.module, surface.names, {n: tuple(surface.centre[n].shape) for n in surface.names},
                       {n: t for n, t in surface.centre.items() if n not in surface.names})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        module, names, shapes, fixed = self._inner
        drawn = self.start + self.mean + self.log_spread.exp() * torch.randn_like(self.mean)
        pieces = torch.split(drawn, [math.prod(shapes[n]) for n in names])
        weights = {n: piece.reshape(shapes[n]) for n, piece in zip(names, pieces, strict=True)}
        return torch.func.functional_call(module, {**fixed, **weights}, args, kwargs)


def divergence(q: Mapping[str, Tensor], log_prior: Tensor | float) -> Tensor:
    """KL(N(w, diag s) ‖ N(θ_init, λI)) = ½ [Σ s/λ − D + ‖w − θ_init‖²/λ + D ln λ − Σ ln s], shape (), float64."""
    away, log_spread = q["mean"].double(), q["log_spread"].double()
    log_prior = torch.as_tensor(log_prior, dtype=torch.float64)
    inner = ((2 * log_spread).exp().sum() + away.square().sum()) / log_prior.exp()
    return 0.5 * (inner + len(away) * (log_prior - 1) - 2 * log_spread.sum())


def _rate(kl: Tensor, j: Tensor, n: int) -> Tensor:
    """R, the right-hand side of the bound."""
    return (kl + 2 * j.log() + math.log(math.pi**2 * n / (6 * DELTA))) / (n - 1)


def _penalty(q: Params, *, n: int) -> Tensor:
    """√(R/2) with j = b ln(c/λ) as a real number; λ stays below its largest value, that of j = 1."""
    log_prior = q["log_prior"].double().clamp(max=math.log(C) - 1 / B)
    j = B * (math.log(C) - log_prior)
    return (_rate(divergence(q, log_prior), j, n) / 2).sqrt()


def _in_bits(loss: LossFunction, outputs: Any, targets: Any) -> Tensor:
    """Cross-entropy / ln 2, which is at least the 0-1 error."""
    losses = loss(outputs, targets)
    return losses / math.log(2)  # type: ignore[operator]


def _prior(surface: Surface, init: Mapping[str, Tensor]) -> Tensor:
    view = surface.objective
    if batchnorm_layers(view.module) or normalizes_by_batch(view.module):
        raise InputError("the network has BatchNorm, whose statistics have seen the training set, so the bound would not hold; expected a "
                         "network without")
    check_point(init, what="init", like=view.params)
    prior = surface.flat({n: init[n] for n in surface.names})
    if torch.equal(prior, surface.flat(surface.centre)):
        raise InputError("init is the point itself, and the prior must not have seen the data; expected the weights from before training")
    return prior


def _away(surface: Surface, mean: Tensor, spread: Tensor | None, random: torch.Generator | None) -> Params:
    """A network of q, as a displacement of the surface's centre."""
    drawn = mean.double()
    if spread is not None:
        drawn = drawn + spread.double() * torch.randn(len(mean), generator=random, dtype=torch.float64)
    return surface.step(drawn - surface.flat(surface.centre))


def inverse_kl(observed: float, rate: float) -> float:
    """The largest e with KL(observed ‖ e) ≤ rate, for Bernoulli distributions, by bisection."""
    def kl(e: float) -> float:
        first = observed * math.log(observed / e) if observed > 0 else 0.0
        return first + ((1 - observed) * math.log((1 - observed) / (1 - e)) if observed < 1 else 0.0)

    low, high = observed, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if middle >= 1.0 or kl(middle) > rate:
            high = middle
        else:
            low = middle
    return high


def _settled(losses: Tensor) -> bool:
    tenth = max(len(losses) // 10, 1)
    late, before = float(losses[-tenth:].mean()), float(losses[-2 * tenth : -tenth].mean())
    return bool(math.isfinite(late)) and before - late <= 0.02 * abs(before)
