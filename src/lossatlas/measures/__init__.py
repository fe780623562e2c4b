"""How flat a minimum is: one measure a file, each as its paper has it, each with its uncertainty, its settings and whether it converged.

All take an objective and ``point=`` (default: where the network stood) and return a :class:`Measure`. Which of them are about the function
and which about the way it is written down, ``la.flatness`` shows for a network at hand: it measures the same function twice.
"""

from .adaptive import average_case, worst_case
from .basin import basin_radius, basin_volume
from .bound import pac_bayes_bound
from .entropy import entropy_gradient, local_entropy
from .fisher_rao import fisher_rao
from .keskar import keskar
from .levelset import level_width
from .llc import llc
from .local_volume import local_volume
from .pacbayes import noise_tolerance
from .record import Measure
from .sam import sam

__all__ = ["Measure", "average_case", "basin_radius", "basin_volume", "entropy_gradient", "fisher_rao", "keskar", "level_width", "llc",
           "local_entropy", "local_volume", "noise_tolerance", "pac_bayes_bound", "sam", "worst_case"]
