"""How far probabilities of classes can be trusted: proper scores, calibration, and whether strange inputs are noticed.

All take the probabilities of n examples over C classes, rows that sum to 1, and the true classes, and answer one number; each has a
companion that gives the examples' own values, of which it is the mean (:func:`log_losses`, :func:`brier_scores`,
:func:`calibration_gaps`), and the standard error of a mean over examples is ``standard_error``.

* Negative log-likelihood −log p_y and the Brier score Σ_c (p_c − [c = y])² (Brier 1950, between 0 and 2) are proper: their expectation is
  least where p is the truth.
* Expected calibration error (Guo et al. 2017, equation 3): predictions are put into M bins of equal width by their confidence max_c p_c;
  ECE = Σ_m (n_m/n) abs(acc(m) − conf(m)). It is no proper score (always answering the class frequencies has 0), and biased upwards: of
  perfectly calibrated answers it is above 0, by about √(2/π) Σ_m √(n_m a_m (1 − a_m))/n, a_m the accuracy of a bin. Its standard error
  takes the bins' signs as given.
* AUROC: the probability that an example of the first kind has a higher score than one of the second, ties counted half (the
  Mann-Whitney statistic over its number of pairs); its standard error is that of DeLong et al. (1988).

Sums are made in float64. NaN among the probabilities or scores makes an answer NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError

#: Bins of the confidence (Guo et al. 2017, section 5: "using M = 15 bins").
BINS = 15
#: How far a row of probabilities may be off a sum of 1: half precision is, over many classes.
_OFF = 0.02


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy in bins of equal width, the reliability diagram.

    Attributes:
        edges: of the bins, shape (M + 1,), from 0 to 1.
        counts: examples in every bin, shape (M,).
        confidence: mean confidence of every bin, shape (M,), NaN of an empty one.
        accuracy: share of right answers in every bin, likewise.
        ece: expected calibration error.
        stderr: its standard error over examples.
    """

    edges: Tensor
    counts: Tensor
    confidence: Tensor
    accuracy: Tensor
    ece: float
    stderr: float


def nll(probabilities: Tensor, labels: Tensor) -> float:
    """Mean negative log-likelihood, in nats; infinite where a true class has probability 0.

    Args:
        probabilities: shape (n, C). labels: whole numbers from 0 to C − 1, shape (n,).

    Raises:
        InputError: other shapes, labels that are no classes, rows that are no probabilities (logits).
    """
    return float(log_losses(probabilities, labels).mean())


def log_losses(probabilities: Tensor, labels: Tensor) -> Tensor:
    """−log p_y of every example, shape (n,), float64."""
    p, y = _checked(probabilities, labels)
    return -p.gather(1, y[:, None])[:, 0].log()


def brier(probabilities: Tensor, labels: Tensor) -> float:
    """Mean Brier score, the sum over classes, from 0 to 2; arguments as of :func:`nll`."""
    return float(brier_scores(probabilities, labels).mean())


def brier_scores(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Σ_c (p_c − [c = y])² of every example, shape (n,), float64."""
    p, y = _checked(probabilities, labels)
    return (p - torch.nn.functional.one_hot(y, p.shape[1])).square().sum(1)


def ece(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """Expected calibration error, from 0 to 1; arguments as of :func:`nll`."""
    return reliability(probabilities, labels, bins).ece


def reliability(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> Reliability:
    """The reliability diagram and the expected calibration error with its standard error.

    Args:
        bins: of equal width; bin m holds confidences in ((m − 1)/M, m/M].

    Raises:
        InputError: as :func:`nll`; fewer than one bin.
    """
    gaps, where, confidence, right = _binned(probabilities, labels, bins)
    counts = torch.bincount(where, minlength=bins)
    means = [torch.zeros(bins, dtype=torch.float64, device=where.device).index_add_(0, where, values) / counts
             for values in (confidence, right)]
    return Reliability(torch.linspace(0, 1, bins + 1, dtype=torch.float64), counts.cpu(), means[0].cpu(), means[1].cpu(),
                       float(gaps.mean()), standard_error(gaps))


def calibration_gaps(probabilities: Tensor, labels: Tensor, bins: int = BINS) -> Tensor:
    """Every example's part in the calibration error, whose mean it is: ±(confidence − [right]), with the sign of its bin, shape (n,)."""
    return _binned(probabilities, labels, bins)[0]


def _binned(probabilities: Tensor, labels: Tensor, bins: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Signed gaps, bin, confidence and whether the answer is right, of every example, each of shape (n,)."""
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise InputError(f"bins is {bins!r}; expected a whole number of at least 1, such as {BINS}")
    p, y = _checked(probabilities, labels)
    confidence, answer = p.max(1)
    right = (answer == y).to(torch.float64)
    where = (torch.ceil(confidence.nan_to_num(0.0) * bins) - 1).clamp(0, bins - 1).long()  # NaN stays in its gap
    gaps = confidence - right
    total = torch.zeros(bins, dtype=torch.float64, device=p.device).index_add_(0, where, gaps)
    return gaps * torch.where(total < 0, -1.0, 1.0)[where], where, confidence, right


def auroc(scores_in: Tensor, scores_out: Tensor) -> float:
    """The probability that a score of the first kind is above one of the second, ties counted half, from 0 to 1.

    Args:
        scores_in: of inputs like those trained on, such as the confidence, shape (m,). scores_out: of others, shape (n,).

    Raises:
        InputError: no scores, or more dimensions than one.
    """
    above, _ = _placements(scores_in, scores_out)
    return float(above.mean())


def auroc_stderr(scores_in: Tensor, scores_out: Tensor) -> float:
    """Standard error of :func:`auroc` over examples of both kinds (DeLong et al. 1988); NaN of a single one."""
    return math.hypot(*map(standard_error, _placements(scores_in, scores_out)))


def _placements(scores_in: Tensor, scores_out: Tensor) -> tuple[Tensor, Tensor]:
    """The share of the other kind that lies below every score of the first, and above every one of the second; ties half."""
    a, b = (scores.detach().to(torch.float64) for scores in (scores_in, scores_out))
    if a.ndim != 1 or b.ndim != 1 or not len(a) or not len(b):
        raise InputError(f"auroc got scores of shape {tuple(a.shape)} and {tuple(b.shape)}; expected (m,) and (n,), at least one each")
    if bool(a.isnan().any()) or bool(b.isnan().any()):
        return torch.full_like(a, torch.nan), torch.full_like(b, torch.nan)

    def below(values: Tensor, others: Tensor) -> Tensor:
        ordered = others.sort().values
        both = torch.searchsorted(ordered, values, side="left") + torch.searchsorted(ordered, values, side="right")
        return both.to(torch.float64) / (2 * len(others))

    return below(a, b), 1 - below(b, a)


def standard_error(values: Tensor) -> float:
    """Standard error s/√n of the mean of values of shape (n,); NaN of a single one."""
    return float(values.std()) / len(values) ** 0.5 if len(values) > 1 else math.nan


def _checked(probabilities: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities in float64 and labels, of fitting shapes."""
    p, y = probabilities.detach(), labels
    if p.ndim != 2 or y.shape != p.shape[:1] or not len(p) or y.is_floating_point() or y.dtype == torch.bool:
        raise InputError(f"probabilities have shape {tuple(p.shape)} and labels are {str(y.dtype).removeprefix('torch.')} of shape "
                         f"{tuple(y.shape)}; expected (n, C) and classes of shape (n,): softmax(logits, 1) and y.long()")
    if bool((y < 0).any()) or bool((y >= p.shape[1]).any()):
        raise InputError(f"labels run from {int(y.min())} to {int(y.max())}; expected classes from 0 to {p.shape[1] - 1}")
    p = p.to(torch.float64)
    if bool((p < 0).any()) or bool(((p.sum(1) - 1).abs() > _OFF).any()):  # NaN stays
        sums = p.sum(1)
        raise InputError(f"probabilities run from {float(p.min()):.3g} to {float(p.max()):.3g}, sums of rows from {float(sums.min()):.3g} "
                         f"to {float(sums.max()):.3g}; expected none below 0 and rows that sum to 1: softmax(logits, 1)")
    return p, y.to(p.device, torch.int64)
