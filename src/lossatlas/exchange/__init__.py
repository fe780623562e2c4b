"""Other people's files: results written for ParaView, Blender, spreadsheets and netCDF tools, and the ``.h5`` of Li et al.

A format is a file of this package; :func:`export` chooses it by the suffix. Meshes of a Dataset lie here and not in
``render``, which draws a ``Figure``: ParaView and Blender want every quantity at every point with full precision, and a
figure has thrown those away in favour of labels, ticks and one scale.
"""

from .h5 import import_h5
from .writing import export

__all__ = ["export", "import_h5"]
