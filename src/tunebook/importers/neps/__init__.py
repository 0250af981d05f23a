"""Runs of NePS."""
