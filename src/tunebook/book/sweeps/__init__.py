"""Sweeps that another tool ran, as rounds of a book (C11 D6)."""
