"""Sweeps that other tools wrote, read into the columns of a trial table (C11)."""
