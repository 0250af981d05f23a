"""All checks on one table, worst finding first, and what no single check covers (C B2)."""
