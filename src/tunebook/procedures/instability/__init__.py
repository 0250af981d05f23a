"""The procedure instability (H1 to H5)."""
