"""The procedure optimizers (G1 G2)."""
