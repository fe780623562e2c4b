"""Live monitoring: what a training run is doing to its loss landscape, measured while it trains, within a share of its time."""

from .budget import Budget
from .watching import Monitor
from .writers import Writer

__all__ = ["Budget", "Monitor", "Writer"]
