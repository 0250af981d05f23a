"""Ledgers of research agents: a commit, a metric, a verdict and a description a row (C11)."""
