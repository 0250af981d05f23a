"""Pages of measured rates: cells with their intervals, rows for a null and for planted effects."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import scipy

from tunebook.statistics.estimators import proportion

Case = TypeVar("Case")
SIZES = (16, 32, 64, 128, 512)
POWER_SIZES = (16, 32, 64)
VERSIONS = (
    f"(Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__})"
)


def cell(count: int, repeats: int) -> str:
    """A share with its exact 95 % interval."""
    share = proportion(count, repeats)
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


def repeats_at(trials: int, repeats: int) -> int:
    """Larger tables take longer, and are asked less often."""
    return max(1, round(repeats * (1.0 if trials <= 64 else 0.5 if trials <= 128 else 0.3)))


def rows(
    opening: Sequence[str],
    nothing: Mapping[str, Case],
    planted: tuple[str, Mapping[str, Case]],
    counted: Callable[[Case, int, int, int, bool], tuple[int, int]],
    repeats: int,
) -> Iterator[str]:
    """The page, row by row, so that a run that is cut off leaves what it has.

    Args:
        opening: its first lines.
        nothing: cases with nothing to find.
        planted: head of the second table, and its cases.
        counted: (case, trials, repeats, seed, whether something is planted) to (found, silent).
        repeats: tables a cell, at 64 trials and fewer.
    """
    lines = [*opening]
    wrong = asked = 0
    for power, (head, cases), sizes in (
        (False, ("nothing to find", nothing), SIZES),
        (True, planted, POWER_SIZES),
    ):
        columns = [f"{n} trials ({repeats_at(n, repeats)} tables)" for n in sizes]
        lines += [f"| {head} | " + " | ".join(columns) + " |", "|---|" + "---|" * len(sizes)]
        for i, (name, case) in enumerate(cases.items()):
            cells = []
            for n in sizes:
                many = repeats_at(n, repeats)
                found, silent = counted(case, n, many, 1000 * i + n, power)
                cells.append(
                    cell(found, many) + (f", silent {silent / many:.1%}" if silent else "")
                )
                if not power:
                    wrong, asked = wrong + found, asked + many
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
            yield "\n".join(lines) + "\n"
        if not power:
            together = f"All of these together: {wrong} of {asked} tables, {cell(wrong, asked)}."
            lines += ["", together, ""]
    yield "\n".join(lines) + "\n"
