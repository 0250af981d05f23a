"""Charts are validated here, and drawn from results made by hand."""

from hand_made_results import boundary_result, curve, length_result, side, validated

__all__ = ["boundary_result", "curve", "length_result", "side", "validated"]
