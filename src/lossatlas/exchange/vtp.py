"""``.vtp``, VTK's XML PolyData, for ParaView: quads, every quantity as point data in float64, binary.

Written with pyevtk, which needs numpy alone; its high-level functions know no surfaces, its low-level file does.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from ..extras import need
from .mesh import Mesh


def write(mesh: Mesh, path: Path) -> None:
    """Write a mesh; ``path`` ends in ``.vtp``."""
    vtk = need("pyevtk.vtk", "a .vtp file", "exchange")
    connectivity = np.ascontiguousarray(mesh.quads.ravel())
    offsets = np.arange(4, 4 * len(mesh.quads) + 1, 4)
    points = tuple(np.ascontiguousarray(column) for column in mesh.points.T)
    file = vtk.VtkFile(str(path.with_suffix("")), vtk.VtkFileType("PolyData", path.suffix))
    try:
        file.openGrid()
        file.openPiece(npoints=len(mesh.points), npolys=len(mesh.quads))
        file.openData("Point", scalars=_attribute(mesh.shown))
        for name, values in mesh.data.items():
            file.addData(_attribute(name), values)
        file.closeData("Point")
        for element, arrays in (("Points", {"points": points}), ("Polys", {"connectivity": connectivity, "offsets": offsets})):
            file.openElement(element)
            for name, array in arrays.items():
                file.addData(name, array)
            file.closeElement(element)
        file.closePiece()
        file.closeGrid()
        for array in (*mesh.data.values(), points, connectivity, offsets):  # in the order of their headers
            file.appendData(array)
        file.save()
    finally:
        file.xml.stream.close()


def _attribute(name: str) -> str:
    """A name inside quotes in XML; pyevtk writes names as they come."""
    return escape(name, {'"': "&quot;"})
