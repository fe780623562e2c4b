"""From a trace to groups of units, and the check on data that each must stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from ..errors import LossAtlasError
from ..network import Slots, cast, copy_of, head
from ..objective import Objective
from ..pairs import trained_on
from ..params import Params
from ..seeds import fixed_rng, generator
from .axes import Atoms, Dim
from .groups import Axes, Axis, Factor, Group, Permutations, Reads, Run, Symmetries
from .tracing import Trace, plainly, trace

#: Outputs may differ by this much of the largest (METHODS 2.8); in short precisions by so many units of it.
TOLERANCE, _UNITS = {torch.float64: 1e-10, torch.float32: 1e-5}, 16
#: Examples that outputs are compared on: of transformations, and of the check of groups.
COMPARED, CHECKED = 256, 16
#: How far the second point of a check lies from the network's own, relative to the size of each tensor.
_NEAR = 0.1


def symmetries(objective: Objective | Mapping[str, Objective], *, seed: int = 0) -> Symmetries:
    """Find the permutation symmetries of an objective's network, and verify each on its data.

    The network is traced on two examples, through any code that computes with torch; see :mod:`lossatlas.symmetry.tracing`. A random
    permutation of all groups that leaves no unit in its place must leave the outputs of 16 examples as they are, to 1e-5 of the largest in
    float32 and 1e-10 in float64 (what rounding hides is looked at in float64; so are networks in half precision, to 1e-5), at the
    network's weights and at a point nearby, where nothing is zero by chance.

    Args:
        seed: of the permutations and the point of the check.

    Returns:
        The groups with the axes that they move; ``permute(point, permutations)`` applies them, ``random(seed)`` draws some.

    Raises:
        InputError: neither an objective nor a dict of them.
        LossAtlasError: the network returns no tensor.
    """
    objective = trained_on(objective)
    traced = trace(objective)
    groups, axes, reads = _groups(traced)
    check = _Check(objective, seed)
    dropped: dict[str, str] = {}
    while True:
        found = Symmetries(tuple(groups), axes, reads, *_moves(objective, traced, groups, dropped), dropped, 0.0, traced)
        worst = check(found, found.cycles(seed))
        if worst <= 1:
            return replace(found, max_output_difference=check.seen)
        bad = {}
        for number in range(len(groups)):
            one = check(found, {number: found.cycles(seed)[number]})
            if not one <= 1:
                bad[number] = f"a random permutation of it changes the outputs by {check.seen:.1e} of the largest"
        if not bad:  # only together: nothing is known of any
            bad = dict.fromkeys(range(len(groups)), "permutations of all groups at once change the outputs")
        children = {n: "it lies within a group that is dropped" for n, g in enumerate(groups) if n not in bad and bad.keys() & {*g.parents}}
        dropped |= {groups[n].name: why for n, why in {**bad, **children}.items()}
        groups, axes, reads = _without(groups, axes, reads, bad.keys() | children.keys())


def _without(groups: Sequence[Group], axes: Axes, reads: Reads, gone: Iterable[int]) -> tuple[list[Group], Axes, Reads]:
    """The groups but for some, numbered anew."""
    left = [n for n in range(len(groups)) if n not in set(gone)]
    new = {n: k for k, n in enumerate(left)} | {-1: -1}
    kept = [replace(groups[n], parents=tuple(new[p] for p in groups[n].parents)) for n in left]

    def moved(axis: Axis) -> Axis:
        return tuple(Run(run.start, tuple(replace(f, group=new.get(f.group, -1)) for f in run.factors)) for run in axis)

    return (kept, {name: tuple(map(moved, of)) for name, of in axes.items()},
            {at: (tuple(map(moved, of)), name) for at, (of, name) in reads.items()})


# ---- groups from atoms -----------------------------------------------------------------------------------------------


def _groups(traced: Trace) -> tuple[list[Group], Axes, Reads]:
    atoms = traced.atoms
    _fix_what_cannot(traced)
    sights = [*traced.params.values(), *traced.values]
    free = list(dict.fromkeys(leaf for dims in traced.params.values() for dim in dims for leaf in atoms.leaves(dim)
                              if atoms.reason(leaf) is None and atoms.size(leaf) > 1))
    parents = _parents(atoms, free, sights)
    together = _alike(atoms, free, parents, sights)
    order = sorted((leaf for leaf in free if together[leaf][0] == leaf), key=lambda leaf: len(parents[leaf]))
    number = {leaf: k for k, leaf in enumerate(order)}
    place = {leaf: (number[first], offset) for leaf, (first, offset) in together.items()}
    axes = {name: tuple(_axis(atoms, dim, place) for dim in dims) for name, dims in traced.params.items()}
    sizes = [0] * len(order)
    for leaf, (k, offset) in place.items():
        sizes[k] = max(sizes[k], offset + atoms.size(leaf))
    bent = {place[leaf][0] for dims, _ in traced.bent for dim in dims for leaf in atoms.leaves(dim) if leaf in place}
    groups = []
    for k, leaf in enumerate(order):
        holds = [(name, axis) for name, of in axes.items() for axis, runs in enumerate(of)
                 if any(factor.group == k for run in runs for factor in run.factors)]
        first = min((h for h in holds), key=lambda h: h[1])  # rows before columns
        groups.append(Group(f"{first[0]}[{first[1]}]", sizes[k], tuple(place[p][0] for p in parents[leaf]),
                            tuple(dict.fromkeys(name for name, _ in holds)),
                            k not in bent and _scaled(traced, holds) and not parents[leaf]))
    reads = {(read.call, read.operand): (tuple(_axis(atoms, dim, place) for dim in read.dims), read.weight) for read in traced.reads}
    return _named_apart(groups), axes, reads


def _scaled(traced: Trace, holds: Sequence[tuple[str, int]]) -> bool:
    """Whether every tensor of a group either makes its units or reads them, and some do each."""
    roles = [traced.roles.get(hold, set()) for hold in holds]
    return all(len(role) == 1 and role <= {"in", "out"} for role in roles) and {"in", "out"} <= set().union(*roles)


def _named_apart(groups: list[Group]) -> list[Group]:
    seen: dict[str, int] = {}
    for k, group in enumerate(groups):
        seen[group.name] = seen.get(group.name, 0) + 1
        if seen[group.name] > 1:
            groups[k] = replace(group, name=f"{group.name} ({seen[group.name]})")
    return groups


def _fix_what_cannot(traced: Trace) -> None:
    """Fix what is not used, sums within products, and units on two axes of one tensor (METHODS, section 4)."""
    atoms = traced.atoms
    for name, dims in traced.params.items():
        if not traced.used.get(name):
            atoms.fix(dims, "not used by a pass in eval mode")
        for dim in dims:
            for segment in dim:
                for atom in segment[1:]:
                    if atoms.is_sum(atom):
                        atoms.fix([((atom,),)], "cut into parts within others")
        leaves = [set(atoms.leaves(dim)) for dim in dims]
        for one in range(len(leaves)):
            for other in range(one):
                if both := leaves[one] & leaves[other]:
                    atoms.fix([((leaf,),) for leaf in both], f"the same units on two axes of {name}")


def _parents(atoms: Atoms, free: Sequence[int], sights: Sequence[tuple[Dim, ...]]) -> dict[int, list[int]]:
    """For every atom those before it in a product that stand beside it wherever it occurs, outermost first."""
    found = {leaf: {p for p in atoms.parents(leaf) if atoms.reason(p) is None and p != leaf} & set(free) for leaf in free}
    for dims in sights:
        there = {leaf for dim in dims for leaf in atoms.leaves(dim)}
        beside = [set(atoms.leaves((segment,))) for dim in dims for segment in dim]
        alone = {leaf for dim in dims if len(dim) == 1 for leaf in atoms.leaves(dim)}
        for leaf in there & found.keys():
            if found[leaf]:
                for segment in beside:
                    if leaf in segment:
                        found[leaf] &= segment | alone
    for leaf, above in found.items():
        found[leaf] = {p for p in above if leaf not in found[p]}
    chains: dict[int, list[int]] = {}
    for leaf in sorted(found, key=lambda one: len(found[one])):  # whatever is above a parent is above its children, too
        chain: list[int] = []
        for p in sorted(found[leaf], key=lambda one: len(found[one])):
            if chains.get(p) == chain:
                chain = [*chain, p]
        chains[leaf] = chain
    return chains


def _alike(
    atoms: Atoms, free: Sequence[int], parents: Mapping[int, list[int]], sights: Sequence[tuple[Dim, ...]],
) -> dict[int, tuple[int, int]]:
    """Atoms that stand in the same axes everywhere (zeros around other channels) are one group: its first atom, and where in it."""
    seen: dict[int, list[tuple[int, int, tuple[int, ...]] | None]] = {leaf: [] for leaf in free}
    for number, dims in enumerate(sights):
        for axis, dim in enumerate(dims):
            for segment in dim:
                for place, atom in enumerate(segment):
                    for leaf in atoms.leaves(((atom,),)):
                        if leaf in seen:
                            seen[leaf].append((number, axis, tuple(map(atoms.find, segment[1:]))) if place == 0 else None)
    above = {p for chain in parents.values() for p in chain}
    first: dict[tuple[object, ...], tuple[int, int]] = {}
    found = {}
    for leaf in free:
        key = tuple(seen[leaf])
        if None in key or parents[leaf] or leaf in above or key not in first:
            found[leaf] = (leaf, 0)
            first.setdefault(key, (leaf, atoms.size(leaf)))
        else:
            one, offset = first[key]
            found[leaf] = (one, offset)
            first[key] = (one, offset + atoms.size(leaf))
    return found


def _axis(atoms: Atoms, dim: Dim, place: Mapping[int, tuple[int, int]]) -> Axis:
    start, runs = 0, []
    for segment in dim:
        factors = tuple(Factor(*place.get(atom, (-1, 0)), atoms.size(atom)) for atom in map(atoms.find, segment))
        runs.append(Run(start, factors))
        start += runs[-1].size
    return tuple(runs)


def _moves(
    objective: Objective, traced: Trace, groups: Sequence[Group], dropped: Mapping[str, str],
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names of the tensors that some group moves; the others with the reason."""
    moved = {name for group in groups for name in group.tensors}
    unmoved = {}
    for name in objective.point():
        if name not in moved:
            reasons = [traced.atoms.reason(leaf) for dim in traced.params.get(name, ()) for leaf in traced.atoms.leaves(dim)]
            words = list(dict.fromkeys(reason for reason in reasons if reason))
            unmoved[name] = "; ".join(words) or ("its groups are dropped" if dropped and reasons else "nothing of it counts units")
    return tuple(name for name in objective.point() if name in moved), unmoved


# ---- the check -------------------------------------------------------------------------------------------------------


class _Check:
    """Whether permutations leave the outputs as they are, in units of what is allowed; ``seen``: the last difference itself."""

    def __init__(self, objective: Objective, seed: int) -> None:
        self._objective, self._wide = objective, None
        near = {name: _near(tensor, name, seed) for name, tensor in objective.point().items()}
        self._points = [objective.point(), near]
        self.seen = 0.0

    def __call__(self, found: Symmetries, permutations: Permutations) -> float:
        worst, self.seen = 0.0, 0.0
        for number, point in enumerate(self._points):
            one = output_difference(self._objective, point, found.permute(point, permutations), most=CHECKED)
            allowed = tolerance(self._objective)
            if number and not math.isfinite(one):
                continue  # the network has no values there
            short = allowed > TOLERANCE[torch.float32]  # too coarse to tell a small change from rounding
            if (short or not one <= allowed) and (wide := self._widened()) is not None:
                exact = self._wide_difference(wide, found, point, permutations), TOLERANCE[torch.float32 if short else torch.float64]
                one, allowed = exact if short and math.isfinite(exact[0]) else min(
                    (one, allowed), exact, key=lambda pair: pair[0] / pair[1] if pair[0] == pair[0] else math.inf)
            self.seen = max(self.seen, one) if one == one else one
            worst = max(worst, one / allowed) if one == one else math.inf
        return worst

    def _wide_difference(self, wide: Objective, found: Symmetries, point: Params, permutations: Permutations) -> float:
        try:
            return output_difference(wide, point, found.permute(point, permutations), most=CHECKED)
        except Exception:  # code of the network that is made for its own precision alone
            return math.nan

    def _widened(self) -> Objective | None:
        """The network in float64; None where it is so already."""
        if tolerance(self._objective) == TOLERANCE[torch.float64]:
            return None
        if self._wide is None:
            module = cast(copy_of(self._objective.module), torch.float64).requires_grad_(False)
            self._wide = replace(plainly(self._objective), module=module, slots=Slots(module),
                                 params={n: p.detach() for n, p in module.named_parameters()}, buffers=dict(module.named_buffers()),
                                 data=self._objective.data.to(self._objective.device, torch.float64))
        return self._wide


def _near(tensor: Tensor, name: str, seed: int) -> Tensor:
    """A tensor moved a little: multiplied, so that variances stay positive, and where it may be negative also shifted."""
    g = generator(seed, "near", name)
    shape, wide = tensor.shape, torch.float64
    factor = 1 + _NEAR * (2 * torch.rand(shape, generator=g, dtype=wide) - 1)
    shift = torch.randn(shape, generator=g, dtype=wide)
    plain = tensor.detach().cpu().to(wide) if not tensor.is_complex() else None
    if plain is None:
        return tensor
    size = float(plain.square().mean().sqrt()) if plain.numel() else 0.0
    moved = plain * factor + (0 if bool((plain >= 0).all()) and "var" in name else _NEAR * (size or 1.0) * shift)
    return moved.to(tensor.device, tensor.dtype)


def tolerance(objective: Objective) -> float:
    """How far outputs may differ, relative to the largest, in the network's precision."""
    dtypes = {p.dtype for p in objective.params.values() if p.is_floating_point() or p.is_complex()}
    worst = max((torch.finfo(d).eps for d in dtypes), default=torch.finfo(torch.float64).eps)
    return max((value for dtype, value in TOLERANCE.items() if torch.finfo(dtype).eps == worst), default=_UNITS * worst)


def output_difference(objective: Objective, a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, most: int = COMPARED) -> float:
    """The largest difference of outputs between two points on data, relative to the largest output of the first; NaN if not finite."""
    top = apart = torch.zeros((), dtype=torch.float64)
    for one, other in zip(outputs(objective, a, most), outputs(objective, b, most), strict=True):
        top = torch.maximum(top, one.abs().max().cpu())
        apart = torch.maximum(apart, (one - other).abs().max().cpu())
    return float(apart / top) if float(top) else (0.0 if float(apart) == 0 else math.nan)


def outputs(objective: Objective, point: Mapping[str, Tensor], most: int = COMPARED) -> list[Tensor]:
    """What comes out of the network at a point in eval mode, for the first examples of the data: all tensors, in double precision.

    Raises:
        LossAtlasError: no tensor comes out: nothing can be verified.
    """
    plain, found, left = plainly(objective), [], most
    with torch.no_grad(), fixed_rng(0, "forward"):
        prepared = plain.prepare(dict(point))
        for batch in plain.data:
            value = head(batch.value, left) if batch.size > left else batch.value
            out = plain._call(prepared.tensors, plain._own(value))
            found += [leaf.to(torch.complex128 if leaf.is_complex() else torch.float64) for leaf in tree_leaves(out)
                      if isinstance(leaf, Tensor) and leaf.numel()]
            left -= batch.size
            if left <= 0:
                break
    if not found:
        raise LossAtlasError(f"{type(objective.module).__name__} returns no tensor to compare; expected tensors, also in tuples, lists or "
                             "dicts")
    return found
