"""Levels and smallest effects of C10, which its judging and its sentences share (C10)."""

from __future__ import annotations

WHOLE, BETTER, PAIRS = 0.015, 0.01, 0.015
"""Levels of the three tests, each over the whole table: together 4 %, as they are not exact."""
LEAST_TOGETHER = 0.01
"""A pair's share below this is not worth tuning them together for."""
LITTLE, LITTLE_NEAR = 0.1, 0.2
"""Total share of a hyperparameter that matters little: a tenth of what varies among all trials;
a fifth among the better half, where luck is a larger part of what varies."""
UNSURE = 0.05
"""Chance, over the hyperparameters of a study, that an upper end lies below the truth."""
MOST = 10_000
"""Trials of a study that are fitted; of more, so many at random."""
