"""Bayesian optimisation of flat spaces; tunebook[bayes] for its acquisition (B7)."""
