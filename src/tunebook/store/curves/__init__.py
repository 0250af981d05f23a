"""Curves as packed chunks: written, merged, read as columns (C11)."""
