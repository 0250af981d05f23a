"""The procedure training-length (E1 E3 E4 E5)."""
