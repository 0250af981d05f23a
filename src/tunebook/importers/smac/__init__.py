"""Run histories of SMAC3."""
