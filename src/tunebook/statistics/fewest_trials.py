"""How few trials of a scientific value say nothing of it (C9)."""

FEWEST = 5
"""Complete configurations of a value below which its best has no interval."""
FEWEST_SEEDS = 3
"""Complete trials of a lone configuration below which its mean has no interval."""
