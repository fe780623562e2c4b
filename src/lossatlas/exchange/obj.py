"""``.obj``, Wavefront's text format: quads, normals, and a colour behind every vertex, as Blender and MeshLab read it. y is up."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .mesh import Mesh


def write(mesh: Mesh, path: Path) -> None:
    """Write a mesh."""
    points, normals = mesh.y_up
    rows = np.column_stack([points, mesh.colors])
    said = " ".join(f"{mesh.title}: {mesh.meaning}; y and z exchanged, so that y is up".split())
    lines = [f"# lossatlas, {said}", "o surface"]
    lines += ["v " + " ".join(f"{value:.9g}" for value in row) for row in rows]
    lines += ["vn " + " ".join(f"{value:.6f}" for value in row) for row in normals]
    lines += ["f " + " ".join(f"{k}//{k}" for k in quad) for quad in (mesh.quads + 1).tolist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
