"""PCA of a run of 300 checkpoints of 10 million parameters, 12 GB, within 2 GiB of resident memory, the libraries included.

At full size (``make bench``, or LOSSATLAS_FULL=1 here) that takes 40 s of one core, 0.6 GiB. What memory there is has two parts: blocks
of all rows, which do not depend on the length of the rows, and a few vectors as long as a point. So the suite runs it with rows a twentieth
as long, and adds what ten such vectors more would take. Three files stand under 300 names (hard links): they are read 600 times
all the same.
"""

import json
import os
import subprocess
import sys

import torch

import lossatlas as la

CHECKPOINTS, GOAL, VECTORS = 300, 10_000_000, 10
SCRIPT = """
import json, pathlib, re, resource, sys
import lossatlas as la

class Run:
    path = pathlib.Path(sys.argv[1])
    steps = tuple(range(300))
    def at(self, step):
        return la.load_point(self.file(step))
    def file(self, step):
        return self.path / f"{step}.safetensors"

plane = la.pca_slice(la.Trajectory(Run()))
status = pathlib.Path("/proc/self/status")  # on Linux ru_maxrss is at least that of the process that started this one
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) if status.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"peak": peak * 1024, **plane.about}))
"""


def test_300_checkpoints_of_10_million_parameters_take_less_than_2_gib(tmp_path):
    g, width = torch.Generator().manual_seed(0), 4000 if os.environ.get("LOSSATLAS_FULL") else 200
    shapes = {"body.weight": (2000, width), "head.weight": (500, width), "head.bias": (0,)}
    parameters = sum(torch.Size(shape).numel() for shape in shapes.values())
    for step in range(3):
        la.save_point({name: torch.randn(shape, generator=g) for name, shape in shapes.items()}, tmp_path / f"{step}.safetensors")
    for step in range(3, CHECKPOINTS):
        os.link(tmp_path / f"{step % 3}.safetensors", tmp_path / f"{step}.safetensors")
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = found["peak"] + VECTORS * 4 * (GOAL - parameters)
    assert expected < 2 * 2**30, f"{found['peak'] / 2**20:.0f} MiB, {expected / 2**20:.0f} MiB with {GOAL:,} parameters"
    assert abs(sum(found["explained"]) - 1) < 1e-5, "three points lie in a plane"
