"""Memory of a sweep beside the network itself: the two directions and the point in flight, and one batch's activations.

In a process of its own, for a network of many tensors and for one that is a single large one: the peak of resident memory
while the plane is made and swept, less what was resident when the objective stood (the network and its data) and less the
activations of one batch, measured by a bare forward pass; in copies of the parameters. Goal: at most three.

    python bench/memory.py
"""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import torch

import lossatlas as la

MB = 1 << 20


def resident(what: str) -> float:
    """Resident memory of this process in megabytes: ``VmRSS`` now, ``VmHWM`` at its peak."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def forget_peak() -> float:
    """Let the peak start again from what is resident now, in megabytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


def wide_resnet() -> tuple[torch.nn.Module, tuple[int, ...]]:
    """13.6 million parameters in 174 tensors."""
    return la.zoo.build("wrn56_4"), (3, 32, 32)


def one_layer() -> tuple[torch.nn.Module, tuple[int, ...]]:
    """40 million parameters, nearly all of them in one tensor."""
    return torch.nn.Sequential(torch.nn.Linear(4000, 10000), torch.nn.ReLU(), torch.nn.Linear(10000, 10)), (4000,)


def measure(make: Callable[[], tuple[torch.nn.Module, tuple[int, ...]]]) -> None:
    """Print the memory of a 3 x 3 plane through a network."""
    torch.set_num_threads(1)
    small = la.Objective.from_module(torch.nn.Linear(2, 2), (torch.randn(4, 2), torch.arange(4) % 2), "cross_entropy")
    la.sweep(la.probes.loss(small), la.random_slice(small), {"alpha": [0.0], "beta": [0.0]})  # everything is imported now
    network, shape = make()
    weights = sum(p.numel() * p.element_size() for p in network.parameters()) / MB
    data = torch.randn(64, *shape), torch.randint(10, (64,))
    objective = la.Objective.from_module(network, data, "cross_entropy", batch_size=16)
    del network
    before = forget_peak()
    with torch.no_grad():
        for batch in objective.data:
            objective.module(batch.value[0])
    activations = resident("VmHWM") - before
    before = forget_peak()
    plane = la.random_slice(objective)
    making = resident("VmHWM") - before
    forget_peak()
    la.sweep(la.probes.loss(objective), plane, {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 3)})
    sweeping = resident("VmHWM") - before - activations
    print(f"{make.__doc__.split(' in ')[0]:<28} {weights:7.0f} MB; making the plane {making / weights:.2f} copies, sweeping it "
          f"{sweeping / weights:.2f} beside {activations:.0f} MB of activations")


def main() -> None:
    """Each network in a process of its own."""
    for make in (wide_resnet, one_layer):
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(make,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
