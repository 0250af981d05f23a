"""The catalogue of optimizers and their ready-made spaces (A2 G2)."""
