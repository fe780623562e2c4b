"""Neurons have no names: permutations and rescalings that change nothing, networks matched by them, and the repair of what lies between."""

from .finding import symmetries
from .groups import Group, Symmetries
from .matching import Gain, Match, match
from .repairing import repair, variance_ratio
from .rescaling import balance, rescale_to

__all__ = ["Gain", "Group", "Match", "Symmetries", "balance", "match", "repair", "rescale_to", "symmetries", "variance_ratio"]
