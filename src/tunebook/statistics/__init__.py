"""Estimators that two or more subjects use: NumPy and SciPy alone."""
