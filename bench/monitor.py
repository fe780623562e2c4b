"""What watching a training run costs at the default budget, 5 %: ResNet-20 on CIFAR in batches of 128, and a small transformer on text.

A watched and an unwatched copy of one training run take turns, a few steps each and each first as often as the other, in one process, so
that a busy machine slows both alike; the monitor's clock stands still while the other copy runs. The ratio of their times has everything
in it: hooks, copies, measurements, writing. Beside it stands what the monitor itself says that it took, which must agree. At the end the
weights of both are compared, bit for bit, and the last numbers of the monitor with those of offline probes at the same point.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from rounds import Row, table
from subjects import cifar_resnet

import lossatlas as la
from lossatlas.monitor import Budget, Monitor
from lossatlas.zoo.llama import Llama

#: The share of training time that may be spent, and steps of one copy in a turn.
GOAL, TURN = 0.05, 5
ROOT = Path(__file__).resolve().parents[1]


class Stopwatch:
    """A clock that runs only inside ``with``."""

    def __init__(self) -> None:
        self._total, self._began = 0.0, None

    def __call__(self) -> float:
        return self._total + (0.0 if self._began is None else time.perf_counter() - self._began)

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: Any) -> None:
        self._total, self._began = self(), None


class Copy:
    """A training run of its own: a network, its optimizer, and the order of its batches."""

    def __init__(self, make: Callable[[], Any], optimizer: Callable[[Any], torch.optim.Optimizer], data: Any, batch: int) -> None:
        self.model, self.data, self.batch = make().train().requires_grad_(True), data, batch
        self.optimizer = optimizer(self.model.parameters())
        self.order = torch.Generator().manual_seed(0)
        self.clock = Stopwatch()

    def turn(self, steps: int, loss: Callable[[Any, Any], torch.Tensor]) -> float:
        """So many steps; seconds."""
        before = self.clock()
        with self.clock:
            for _ in range(steps):
                rows = torch.randint(len(self.data[0]), (self.batch,), generator=self.order)
                self.optimizer.zero_grad()
                loss(self.model, tuple(part[rows] for part in self.data)).backward()
                self.optimizer.step()
        return self.clock() - before


def classified(model: Any, batch: Any) -> torch.Tensor:
    """Cross-entropy of images."""
    return F.cross_entropy(model(batch[0]), batch[1])


def predicted(model: Any, batch: Any) -> torch.Tensor:
    """Cross-entropy of the next byte."""
    return F.cross_entropy(model(batch[0])[:, :-1].transpose(1, 2), batch[0][:, 1:])


def text(length: int = 128) -> torch.Tensor:
    """The documentation of this repository as bytes, shape (n, length)."""
    told = b"".join(path.read_bytes() for path in sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]))
    whole = torch.tensor(list(told), dtype=torch.int64)
    return whole[: len(whole) // length * length].reshape(-1, length)


def watched(name: str, plain: Copy, copy: Copy, objective: la.Objective, loss: Any, steps: int) -> list[Row]:
    """Both copies in turn, and what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        with copy.clock:
            monitor = Monitor(objective, store=f"{folder}/a.zarr/run", budget=Budget(GOAL, clock=copy.clock))
            monitor.watch(copy.model, copy.optimizer)
        times: list[list[float]] = [[], []]
        turns = [(plain, times[0]), (copy, times[1])]
        for number in range(steps // TURN):
            for one, kept in turns if number % 2 == 0 else turns[::-1]:  # neither is always the one that finds the caches warm
                kept.append(one.turn(TURN, loss))
        used, ds = monitor.budget.spent / (copy.clock() - monitor.budget.spent), monitor.dataset()
        same = all(torch.equal(a, b) for a, b in zip(plain.model.state_dict().values(), copy.model.state_dict().values(), strict=True))
        apart = difference(monitor, copy.model)
        monitor.close()
    total = sum(times[1]) / sum(times[0]) - 1
    counts = {name: int(ds[name].notnull().sum()) for name in
              ("update_norm", "loss", "dead_units", "gradient_norm", "line_2", "critical_step") if name in ds}
    print(f"{name}: {steps} steps; records by quantity: {counts}; weights {'EQUAL to the bit' if same else 'DIFFER'}; "
          f"loss and gradient norm from offline ones: {apart:.1g} relative", flush=True)
    return [Row(f"{name}, {steps} steps: time watched over unwatched, less 1 (all turns)", [total], GOAL, percent=True),
            Row(f"{name}, {steps} steps: the monitor's own account of its share", [used], GOAL, percent=True)]


def difference(monitor: Monitor, model: Any) -> float:
    """The largest relative difference of what the monitor measures where the model stands from offline probes there."""
    from lossatlas.curvature.gradient import value_and_gradient
    from lossatlas.monitor.view import answered, slope
    from lossatlas.params import norm

    point = {**dict(model.named_parameters()), **{n: b for n, b in model.named_buffers() if b.is_floating_point()}}
    point = {name: tensor.detach() for name, tensor in point.items()}
    loss = float(la.probes.loss(monitor.objective)(point)["loss"])
    size = norm(value_and_gradient(monitor.objective, point)[1])
    own = answered(monitor.objective, point).values["loss"], float(slope(monitor._fixed.problem().at(point)).gradient.norm())
    return max(abs(own[0] / loss - 1), abs(own[1] / size - 1))


def resnet(shared: Path, steps: int) -> list[Row]:
    """ResNet-20 on CIFAR, as Li et al. train it."""
    subject = cifar_resnet(20, 1024, shared)
    print(f"ResNet-20: {subject.said}; {torch.get_num_threads()} threads", flush=True)

    def make() -> Any:
        return cifar_resnet(20, 10, shared).model

    def sgd(tensors: Any) -> torch.optim.Optimizer:
        return torch.optim.SGD(tensors, lr=0.01, momentum=0.9, weight_decay=5e-4)

    data = (subject.x, subject.y)
    copies = [Copy(make, sgd, data, 128) for _ in range(2)]
    return watched("ResNet-20/CIFAR, batch 128", *copies, la.Objective.from_module(make(), data, "cross_entropy", batch_size=128),
                   classified, steps)


def transformer(steps: int) -> list[Row]:
    """A small Llama on the bytes of a text."""
    tokens = text()

    def make() -> Any:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return Llama(dim=64, hidden=172, layers=4, heads=8, kv_heads=4, vocab=256, length=128)

    def adamw(tensors: Any) -> torch.optim.Optimizer:
        return torch.optim.AdamW(tensors, lr=1e-3)

    objective = la.Objective.from_module(make(), {"input_ids": tokens, "labels": tokens}, "causal_lm", batch_size=32)
    return watched("transformer (4 layers, width 64) on bytes, batch 32 × 128", Copy(make, adamw, (tokens,), 32),
                   Copy(make, adamw, (tokens,), 32), objective, predicted, steps)


def main() -> None:
    """The table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--only", choices=("resnet", "transformer"))
    options.add_argument("--shared", type=Path, default=ROOT / "shared")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    rows = resnet(asked.shared, asked.steps) if asked.only != "transformer" else []
    rows += transformer(asked.steps) if asked.only != "resnet" else []
    print(table(rows))


if __name__ == "__main__":
    main()
