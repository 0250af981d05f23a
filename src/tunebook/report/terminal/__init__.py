"""Findings, rounds, decisions and trials as text for a terminal (C12 D6)."""
