"""What to measure: probes give named quantities at one point."""

from .loss import LossProbe, SplitProbe, loss

__all__ = ["LossProbe", "SplitProbe", "loss"]
