"""How often a scale, or a column, is read wrongly off its values; writes docs/claims/csv_reading.md.

Claims: a log-uniform search over two decades is read as log, a uniform one as linear; a number that
was searched is not taken for a result by its values.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from rate_page import VERSIONS, cell

from tunebook.domain.space import Scale
from tunebook.importers.csv.column_profile import look_at
from tunebook.importers.csv.column_values import measured
from tunebook.importers.csv.scales import scale_of

PAGE = Path(__file__).parents[2] / "docs" / "claims" / "csv_reading.md"
SIZES = (16, 32, 64, 128)
DIGITS = 6


def log_uniform(rng: np.random.Generator, n: int, decades: float) -> list[float]:
    return [float(f"{v:.{DIGITS}g}") for v in 10 ** rng.uniform(-decades, 0, n)]


def uniform(rng: np.random.Generator, n: int, low: float) -> list[float]:
    return [float(f"{v:.{DIGITS}g}") for v in rng.uniform(low, 1, n)]


SEARCHED = {
    "log-uniform, 2 decades": (lambda rng, n: log_uniform(rng, n, 2), True),
    "log-uniform, 3 decades": (lambda rng, n: log_uniform(rng, n, 3), True),
    "log-uniform, 4 decades": (lambda rng, n: log_uniform(rng, n, 4), True),
    "uniform, 0 to 1": (lambda rng, n: uniform(rng, n, 0), False),
    "uniform, 0.01 to 1": (lambda rng, n: uniform(rng, n, 0.01), False),
    "uniform, 0.05 to 1": (lambda rng, n: uniform(rng, n, 0.05), False),
}


def scales(repeats: int) -> list[str]:
    lines = [
        "| searched | right | " + " | ".join(f"{n} trials" for n in SIZES) + " |",
        "|---|---|" + "---|" * len(SIZES),
    ]
    for i, (name, (draw, is_log)) in enumerate(SEARCHED.items()):
        cells = []
        for n in SIZES:
            rng = np.random.default_rng((1, i, n))
            found = sum((scale_of(draw(rng, n)) is Scale.LOG) == is_log for _ in range(repeats))
            cells.append(cell(found, repeats))
        lines.append(f"| {name} | {'log' if is_log else 'linear'} | {' | '.join(cells)} |")
    return lines


def response(rng: np.random.Generator, kind: str, x: np.ndarray) -> np.ndarray:
    noise = rng.normal(0, 0.02, len(x))
    return {"monotone": x, "bowl": (x - 0.6) ** 2, "flat": 0 * x}[kind] + noise


def columns(repeats: int) -> list[str]:
    lines = [
        "| response | other hyperparameters | " + " | ".join(f"{n} trials" for n in SIZES) + " |",
        "|---|---|" + "---|" * len(SIZES),
    ]
    for i, kind in enumerate(("monotone", "bowl", "flat")):
        for j, others in enumerate((1, 2, 3)):
            cells = []
            for n in SIZES:
                rng = np.random.default_rng((2, i, j, n))
                wrong = sum(_mistaken(rng, n, kind, others) for _ in range(repeats))
                cells.append(cell(wrong, repeats))
            lines.append(
                f"| {kind} in one number | {others} of 3 values each | {' | '.join(cells)} |"
            )
    return lines


def _mistaken(rng: np.random.Generator, n: int, kind: str, others: int) -> bool:
    """Whether a random search loses its one continuous hyperparameter."""
    place = rng.uniform(0, 1, n)
    objective = response(rng, kind, place)
    values = 10 ** (4 * place - 5) if rng.uniform() < 0.5 else place
    cells = {"zeta": [f"{v:.5g}" for v in values]}
    for k in range(others):
        cells[f"kind_{k}"] = [str(v) for v in rng.integers(0, 3, n)]
    looks = {name: look_at(own) for name, own in cells.items()}
    return bool(measured(looks, [], cells, objective))


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    text = [
        "# Audits of CSV files: measured errors in scales and results",
        "",
        f"Measured by `bench/claims/csv_reading.py {repeats}` {VERSIONS}.",
        "",
        "## Scales",
        "",
        "A scale is log where all values are positive, span a factor of 20, and lie more evenly in "
        "log (by the Kolmogorov distance to an even spread). Share of searches that are read as "
        "they were drawn, with 95 % intervals:",
        "",
        *scales(repeats),
        "",
        "A uniform search from 0 spans a factor of 20 often; evenness keeps it linear.",
        "",
        "## Searched numbers mistaken for results",
        "",
        "Random searches of one continuous hyperparameter, uniform or log-uniform, beside choices, "
        "with names that say nothing. The standard deviation of the noise is 2 % of the range. "
        "Share of searches in which the number is taken for a result by its values:",
        "",
        *columns(repeats),
        "",
        "Names of what is commonly tuned (`lr`, `width`, `dropout`) and columns with a prefix are "
        "never taken for results by their values. Adaptive searches crowd near the best, so that "
        "a number with a monotone response may be mistaken more often: name the hyperparameters "
        "with `--hyperparameters`.",
        "",
    ]
    PAGE.write_text("\n".join(text), "utf-8")


if __name__ == "__main__":
    main()
