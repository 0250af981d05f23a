"""Fitted responses of the objective to hyperparameters (C1 C2 C9 B5)."""
