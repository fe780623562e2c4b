"""The nudged elastic band: from a chain of points between two minima to a path of minimum energy (Jonsson et al. 1998).

A band R_0 … R_m of points (pivots) with fixed ends hangs over the barrier between them. Every inner pivot slides down its gradient, but
only across the band: the part along the tangent τ is taken out, so that pivots do not run into the minima, and what keeps them apart acts
along τ alone, so that it does not cut corners. With d_i the lengths of the segments and td_i = fraction_i · Σd their targets, a step moves
pivot i against

    g_i − (g_i·τ_i) τ_i + k [(d_{i−1} − td_{i−1}) − (d_i − td_i)] τ_i.

For k = ∞ there is no such force, and pivots are placed anew along the polyline, at the target distances, before every step (Draxler et al.
2018).

Tangents are those of Henkelman and Jónsson (2000). With τ⁺ = R_{i+1} − R_i and τ⁻ = R_i − R_{i−1}, on a slope τ is the one that leads to
the higher neighbour. At an extremum, with ΔV the changes of the loss to both neighbours, it is τ⁺ ΔVmax + τ⁻ ΔVmin where the next
neighbour is the higher one, and τ⁺ ΔVmin + τ⁻ ΔVmax where the one before is; then it is normalized. Both agree with each other and with
the slopes where neighbours swap their order, so that forces are continuous there; a tangent that jumps makes a band kink.

The chain's losses at its pivots alone do not tell how high it rises: :func:`insertions` finds the segments whose inside lies far above the
chord of the losses at their ends, in units of the span of the losses at the pivots, and where a pivot is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from ..errors import InputError

#: Makes an optimizer of the inner pivots, one tensor (m − 1, n).
Descent = Callable[[list[Tensor]], torch.optim.Optimizer]
#: (band (m + 1, n), step) -> losses of all pivots (m + 1,) and gradients of the inner ones (m − 1, n).
Evaluate = Callable[[Tensor, int], tuple[Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A band after relaxation.

    Attributes:
        band: pivots, shape (m + 1, n); the first and the last are those that were given.
        losses: of the pivots at the last evaluation, shape (m + 1,), float64.
        force: the largest norm of what an inner pivot was moved against, at the last evaluation.
        steps: how many were made.
        converged: ``force`` came down to the tolerance.
        stopped: None, or why not all steps were made: a loss or a gradient that is not finite.
    """

    band: Tensor = field(repr=False)
    losses: Tensor = field(repr=False)
    force: float
    steps: int
    converged: bool
    stopped: str | None = None


def relax(
    band: Tensor, evaluate: Evaluate, *, steps: int, optimizer: Descent, spring: float | None = None, fractions: Tensor | None = None,
    climb: bool = False, tolerance: float = 0.0, averaged: float = 0.0,
) -> Relaxed:
    """Let a band slide down.

    Args:
        band: pivots, shape (m + 1, n), m ≥ 2; left as it is.
        evaluate: losses of all pivots and gradients of the inner ones; of mini-batches, the same one for all pivots.
        steps: at most.
        optimizer: how pivots are moved against their forces, e.g. ``partial(torch.optim.SGD, lr=0.1, momentum=0.9)``; without weight decay.
        spring: k; None is ∞: pivots are placed anew before every step.
        fractions: of the length that every segment shall have, shape (m,), sum 1 (default: equal).
        climb: the highest inner pivot climbs to the saddle along the band (Henkelman et al. 2000); needs a finite spring.
        tolerance: of ``force``, at which to stop.
        averaged: share of the steps, the last ones, over which the bands are averaged (Polyak and Juditsky 1992): on mini-batches pivots
            jitter about the path, which makes it longer and higher than their mean. 0: the last band.

    Raises:
        InputError: no inner pivot, fractions of another band, an infinite spring beside ``climb``.
    """
    if band.ndim != 2 or len(band) < 3:
        raise InputError(f"the band has shape {tuple(band.shape)}; expected (m + 1, n) with at least one pivot between its ends")
    if climb and spring is None:
        raise InputError("climb needs a finite spring: with an infinite one the pivot that climbs is placed anew; write spring=1.0")
    fractions = checked_fractions(band, fractions)
    losses, force = torch.full((len(band),), math.nan, dtype=torch.float64), math.nan
    band = band.clone()
    inner = band[1:-1]
    descent = optimizer([inner])
    first = steps - round(averaged * steps)
    mean = torch.zeros_like(inner)
    for step in range(steps):
        if spring is None:
            inner.copy_(respaced(band, fractions)[1:-1])
        losses, gradients = evaluate(band, step)
        losses = losses.to(torch.float64)
        against = uphill(band, losses, gradients, spring=spring, fractions=fractions, climb=climb)
        force = float(against.norm(dim=1).max())
        if not (math.isfinite(force) and bool(torch.isfinite(losses).all())):
            return Relaxed(band, losses, force, step, False, f"the largest loss is {float(losses.max())} at step {step}")
        if force <= tolerance:
            return Relaxed(band, losses, force, step, True)
        inner.grad = against
        descent.step()
        if step >= first:
            mean += (inner - mean) / (step - first + 1)
    if first < steps:
        inner.copy_(mean)
    return Relaxed(respaced(band, fractions) if spring is None else band, losses, force, steps, False)


def uphill(
    band: Tensor, losses: Tensor, gradients: Tensor, *, spring: float | None = None, fractions: Tensor | None = None, climb: bool = False,
) -> Tensor:
    """What inner pivots are moved against (minus the force of the literature), shape (m − 1, n); arguments as of :func:`relax`."""
    tangent = tangents(band, losses)
    along = (gradients * tangent).sum(1, keepdim=True, dtype=torch.float64).to(band.dtype)
    out = gradients - along * tangent
    if spring is not None:
        lengths = segment_lengths(band)
        beyond = lengths - checked_fractions(band, fractions) * lengths.sum()
        out += (spring * (beyond[:-1] - beyond[1:])).to(band.dtype)[:, None] * tangent
    if climb:
        top = int(losses[1:-1].argmax())
        out[top] = gradients[top] - 2 * along[top] * tangent[top]
    return out


def tangents(band: Tensor, losses: Tensor) -> Tensor:
    """Unit tangents at the inner pivots, shape (m − 1, n); zero where both neighbours pull in opposite directions with one strength.

    Args:
        band: shape (m + 1, n).
        losses: of all pivots, shape (m + 1,).
    """
    following, before = losses[2:] - losses[1:-1], losses[:-2] - losses[1:-1]
    larger, smaller = torch.maximum(following.abs(), before.abs()), torch.minimum(following.abs(), before.abs())
    slope = ((following > 0) & (before < 0)) | ((following < 0) & (before > 0))
    least = torch.where(slope, 0.0, torch.where(larger == 0, 1.0, smaller / larger))  # where all are equal, the chord of both neighbours
    upward = following > before
    ahead, behind = torch.where(upward, 1.0, least), torch.where(upward, least, 1.0)
    tangent = ahead.to(band.dtype)[:, None] * (band[2:] - band[1:-1]) + behind.to(band.dtype)[:, None] * (band[1:-1] - band[:-2])
    length = tangent.norm(dim=1, keepdim=True)
    return tangent / torch.where(length == 0, 1.0, length)


def segment_lengths(band: Tensor) -> Tensor:
    """Distances from pivot to pivot, shape (m,), float64."""
    return torch.linalg.vector_norm(band[1:] - band[:-1], dim=1, dtype=torch.float64)


def respaced(band: Tensor, fractions: Tensor | None = None) -> Tensor:
    """Pivots moved along the polyline until its segments have these fractions of its length; ends stay to the bit.

    Distances between the new pivots are shorter where the polyline has a corner between them.
    """
    lengths = segment_lengths(band)
    places = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    wanted = checked_fractions(band, fractions).cumsum(0)[:-1] * places[-1]
    k = (torch.searchsorted(places, wanted, right=True) - 1).clamp(0, len(lengths) - 1)
    share = (wanted - places[k]) / torch.where(lengths[k] == 0, 1.0, lengths[k])
    inner = torch.lerp(band[k], band[k + 1], share.to(band.dtype)[:, None])
    return torch.cat([band[:1], inner, band[-1:]])


def checked_fractions(band: Tensor, fractions: Tensor | None) -> Tensor:
    """Fractions of the length, shape (m,), float64; equal ones by default.

    Raises:
        InputError: not one positive number for every segment, with sum 1.
    """
    segments = len(band) - 1
    if fractions is None:
        return torch.full((segments,), 1 / segments, dtype=torch.float64, device=band.device)
    if fractions.shape != (segments,) or not bool((fractions > 0).all()) or abs(float(fractions.sum()) - 1) > 1e-6:
        raise InputError(f"fractions are {fractions.tolist()}; expected {segments} positive numbers, one for each segment, with sum 1")
    return fractions.to(band.device, torch.float64)


def insertions(pivots: Sequence[float], inside: Tensor, *, threshold: float, most: int) -> list[tuple[int, float]]:
    """Where pivots are missing: at most so many places (segment, share of the segment), those with the largest excess first.

    The excess of a segment is the largest difference of the loss inside and the chord of the losses at its pivots, over the span of the
    losses at all pivots; segments below the threshold are fine enough. Where the loss is not finite the excess is infinite.

    Args:
        pivots: losses at the m + 1 pivots.
        inside: losses at s equally spaced places inside every segment, shape (m, s).
    """
    ends, count = torch.as_tensor(pivots, dtype=torch.float64), inside.shape[1]
    shares = torch.arange(1, count + 1, dtype=torch.float64) / (count + 1)
    chord = torch.lerp(ends[:-1, None], ends[1:, None], shares)
    above = inside.to(torch.float64) - chord
    excess, at = torch.where(torch.isfinite(above), above, math.inf).max(1)
    span = float(ends.max() - ends.min())
    relative = [float(e) / span if span > 0 else math.inf if e > 0 else 0.0 for e in excess]
    order = sorted(range(len(relative)), key=lambda k: (-relative[k], k))
    return [(k, float(shares[at[k]])) for k in order[:most] if relative[k] > threshold]


def inserted(band: Tensor, fractions: Tensor, places: Sequence[tuple[int, float]]) -> tuple[Tensor, Tensor]:
    """The band with a new pivot at each of these places, and the fractions of its segments: a segment's is divided at the new pivot."""
    at = dict(places)
    rows, shares = [band[0]], []
    for k, (before, after) in enumerate(pairwise(band)):
        share = float(fractions[k])
        if k in at:
            rows.append(torch.lerp(before, after, at[k]))
            shares += [share * at[k], share * (1 - at[k])]
        else:
            shares.append(share)
        rows.append(after)
    return torch.stack(rows), torch.tensor(shares, dtype=torch.float64, device=band.device)
