"""Isolation plots as data."""

from __future__ import annotations
