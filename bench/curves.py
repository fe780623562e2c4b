"""What a step of training a curve costs against a step of plain training (Garipov et al. 2018): two points to combine, one gradient.

Both are ``la.fit`` with the same network, mini-batches and optimizer, timed in turn. The smaller the network, the more counts what is done
beside forward and backward pass, so that the digits MLP, whose step takes a millisecond, is the worst case.
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
from rounds import Contender, Row, interleaved, table

import lossatlas as la
from lossatlas import zoo

#: What a step of a curve may cost, in steps of plain training.
GOAL = 1.3
#: Network of the zoo, batch, steps in a run.
SUBJECTS = (("digits_mlp", 50, 300), ("digits_mlp", 128, 200), ("digits_resnet", 50, 12), ("cnn_a", 128, 15))


def objective(name: str, batch: int) -> la.Objective:
    """A network of the zoo on its data; for CIFAR-10 on random pictures, which take as long."""
    if name == "cnn_a":
        made = torch.Generator().manual_seed(0)
        data = (torch.randn(1280, 3, 32, 32, generator=made), torch.randint(10, (1280,), generator=made))
    else:
        source = zoo.read("digits")
        data = zoo.prepare(source.train, mean=source.mean, std=source.std, scale=source.scale)
    return la.Objective.from_module(zoo.build(name, seed=0), data, "cross_entropy", batch_size=batch)


def rows(name: str, batch: int, steps: int, rounds: int) -> list[Row]:
    """Curves with one and with three inner controls, with weight decay and with Adam, over plain training with the same."""
    o = objective(name, batch)
    a, b = (la.Objective.from_module(zoo.build(name, seed=seed), o.data, "cross_entropy").point() for seed in (1, 2))
    sgd = partial(torch.optim.SGD, lr=1e-4, momentum=0.9)
    ways = {"SGD": sgd, "SGD with decay": partial(sgd, weight_decay=5e-4), "Adam": partial(torch.optim.Adam, lr=1e-4)}
    contenders = {}
    for way, optimizer in ways.items():
        contenders[f"{way}, plain"] = Contender(partial(la.fit, o, optimizer=optimizer, steps=steps), steps)
        contenders[way] = Contender(partial(la.fit, o, family=la.Path.between(a, b), optimizer=optimizer, steps=steps), steps)
    chain = la.Path.between(a, b, bends=3, basis="polychain")
    contenders["chain"] = Contender(partial(la.fit, o, family=chain, optimizer=sgd, steps=steps), steps)
    times = interleaved(contenders, rounds)
    told = f"{name}, batches of {batch}"
    found = [Row(f"{told}: Bézier curve / plain training, {way}", times[way] / times[f"{way}, plain"], GOAL) for way in ways]
    return [*found, Row(f"{told}: polychain of 3 inner controls / plain training, SGD", times["chain"] / times["SGD, plain"])]


def main() -> None:
    """The table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--only", default="", help="networks with commas between")
    given = options.parse_args()
    wanted = given.only.split(",") if given.only else [name for name, *_ in SUBJECTS]
    print(table([row for subject in SUBJECTS if subject[0] in wanted for row in rows(*subject, given.rounds)]))


if __name__ == "__main__":
    main()
