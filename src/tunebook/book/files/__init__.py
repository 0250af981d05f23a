"""A book as files: archive, export, copy (C12 D6)."""
