"""Runs of trackio, read from its databases and fragments without it."""
