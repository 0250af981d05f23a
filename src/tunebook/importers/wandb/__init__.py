"""Runs of Weights & Biases, read from its files without it."""
