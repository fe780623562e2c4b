"""Colours: viridis for fields (lightened under contour lines), blue to red where signs matter, the palette of Okabe and Ito for lines."""

from matplotlib import colormaps
from matplotlib.colors import Colormap, ListedColormap, LogNorm, Normalize

from ..figures.figure import Axis, Contour, Panel

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_LIGHT = 0.55  # share of white in the fill below contour lines


def line_color(k: int) -> str:
    """The k-th colour for lines, told apart by everybody."""
    return OKABE_ITO[k % len(OKABE_ITO)]


def color_map(panel: Panel) -> Colormap:
    """Viridis, or blue to red around a centre; lightened if contour lines must be read on top of it."""
    colors = colormaps["viridis" if panel.z is None or panel.z.center is None else "RdBu_r"]
    if not panel.find(Contour):
        return colors
    return ListedColormap([
        tuple(_LIGHT + (1 - _LIGHT) * channel for channel in colors(k / 255)[:3]) for k in range(256)
    ])


def norm(axis: Axis) -> Normalize:
    """From values to 0..1 along a colour axis: between its ends, or as far on both sides of its centre."""
    low, high = ends(axis)
    if axis.center is not None:
        most = max(abs(low - axis.center), abs(high - axis.center))
        low, high = axis.center - most, axis.center + most
    return LogNorm(low, high) if axis.scale == "log" else Normalize(low, high)


def ends(axis: Axis) -> tuple[float, float]:
    """Where a colour axis begins and ends; a flat field gets a range around its value."""
    low, high = axis.limits or (0.0, 1.0)
    if not low < high:
        low, high = (low / 2, low * 2) if axis.scale == "log" else (low - 0.5, low + 0.5)
    return low, high
