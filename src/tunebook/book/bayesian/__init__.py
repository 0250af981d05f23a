"""Rounds whose trials earlier results choose (B7)."""
