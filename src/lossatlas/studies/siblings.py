"""H3. Barrier, answers, weights and kernel of children tell one story (Fort et al. 2020, "Deep learning versus kernel learning").

The same children as in H2, looked at in every way: the error barrier between them, the share of test examples on which they disagree, the
distance and the cosine of their weights, and the distance of their neural tangent kernels, S(K, K') = 1 − ⟨K, K'⟩/(‖K‖ ‖K'‖). All of
them fall together the later the children part: the early, chaotic phase decides on the basin, the function and the kernel at once.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import spearmanr

from ..analyses import barrier
from ..analyses.predictions import disagreement
from ..curvature import ntk
from ..names import Scale
from ..objective import Objective
from ..params import Params, cosine, difference, norm
from ..record.spawning import spawn
from ..run.events import Listener, Note
from .digits import whole
from .finding import Finding, Number, curves
from .instability import Problem, noisy_digits, parent

CLAIM = ("How far children end from each other falls with the step at which they part, by every measure: barrier, disagreement, weights, "
         "kernel (Fort et al. 2020)")
SIGNATURE = ("over the steps at which children part, every measure has a mean rank correlation of 0.9 or more with the error barrier on "
             "training data, and every one is smaller at the last step than at the first, for every seed (threshold ours: Fort et al. show "
             "curves)")
#: Test examples that kernels are compared on, and epochs and steps of quick and paper.
KERNEL_EXAMPLES = 20
SETTINGS = {"quick": (60, (0, 50, 100, 200, 400)), "paper": (300, (0, 50, 100, 200, 400, 800, 1600, 3200))}
MEASURES = {"error_barrier": "error barrier on training data", "disagreement": "disagreement on test data",
            "distance": "distance of the weights", "angle": "1 − cosine of the weights", "kernel": "distance of the kernels"}


def run(scale: Scale, seeds: tuple[int, ...], on_event: Listener) -> Finding:
    """Spawn a pair of children from every step of a run of every seed, and compare them in every way."""
    epochs, steps = SETTINGS[scale]
    rows = []
    for seed in seeds:
        problem = noisy_digits(seed, epochs=epochs, steps=steps)
        with parent(problem, seed) as found:
            rows.append([siblings(problem, [child.point for child in spawn(
                found, problem.train, step, seeds=(101, 102), optimizer=problem.optimizer, schedule=problem.schedule,
                steps=problem.total)]) for step in steps])
        on_event(Note(f"H3, seed {seed}: from step {steps[0]} to {steps[-1]} " + ", ".join(
            f"{name} {rows[-1][0][name]:.2g} to {rows[-1][-1][name]:.2g}" for name in MEASURES)))
    values = {name: np.array([[row[name] for row in line] for line in rows]) for name in MEASURES}  # (seeds, steps)
    ranks = {name: [float(spearmanr(values["error_barrier"][k], values[name][k]).statistic) for k in range(len(seeds))]
             for name in MEASURES if name != "error_barrier"}
    shown = all(np.mean(each) >= 0.9 for each in ranks.values()) and all((v[:, -1] < v[:, 0]).all() for v in values.values())
    numbers = [Number(f"rank correlation of the {MEASURES[name]} with the error barrier", tuple(each)) for name, each in ranks.items()]
    numbers += [Number(f"{words}, from step {step}", tuple(values[name][:, k])) for name, words in MEASURES.items()
                for k, step in enumerate(steps) if k in (0, len(steps) - 1)]
    data = curves("step", steps, values, words={**MEASURES, "step": "step at which the children part"},
                  title="one early phase, seen in five ways")
    notes = (f"64-64-64-10 on digits with 20 % random labels, one pair of children a step and seed, {epochs} epochs; kernels on "
             f"{KERNEL_EXAMPLES} test examples", "rank correlations over so few steps say that curves fall together, not by how much")
    return Finding(CLAIM, SIGNATURE, shown, tuple(numbers), notes, data)


def siblings(problem: Problem, points: list[Params]) -> dict[str, float]:
    """How far two children are from each other, by every measure."""
    train, test = whole(problem.train), whole(problem.test)
    few = test.with_data(test.data.take(torch.arange(KERNEL_EXAMPLES)))
    a, b = points
    return {"error_barrier": float(barrier(train, a, b, plan="plain")["error_barrier"]), "disagreement": disagreement(test, a, b),
            "distance": norm(difference(a, b)), "angle": 1 - cosine(a, b), "kernel": kernel_distance(few, a, b)}


def kernel_distance(objective: Objective, a: Params, b: Params) -> float:
    """1 − the cosine of two neural tangent kernels, as matrices over all outputs of all examples."""
    one, other = (op @ torch.eye(op.shape[0], dtype=op.dtype, device=op.device) for op in (ntk(objective, a), ntk(objective, b)))
    return float(1 - (one * other).sum() / (one.norm() * other.norm()))
