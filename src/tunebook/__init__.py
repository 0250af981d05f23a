"""Tunebook: the lab notebook for tuning deep nets."""
