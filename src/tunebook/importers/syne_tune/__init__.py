"""Tunings of Syne Tune."""
