"""From findings to a proposal for the next round (B E5 H5)."""
