"""Experiments of Ax, as its clients save them to JSON."""
