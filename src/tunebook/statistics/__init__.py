"""Estimators that two or more subjects use: NumPy, SciPy and opda alone."""
