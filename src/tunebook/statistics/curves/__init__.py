"""Training curves: their ends, trends, lengths and late noise (C4 to C8)."""
