"""E4, E5: the shortest sufficient length, the verdict, what is left to gain, and forecasts.

python bench/claims/length_choice.py
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rate_page import VERSIONS, cell

from tunebook.procedures.training_length.length_choice import (
    RESOLUTION,
    LengthChoice,
    choose_length,
    gain_left,
)
from tunebook.procedures.training_length.scaling_law import LengthLaw, length_law

PAGE = Path(__file__).parents[2] / "docs/claims/length_choice.md"
BUDGET = 6400
LENGTHS = tuple(BUDGET // 2**k for k in range(6, -1, -1))
LEAST = 0.02
SHARED = 0.05
"""Standard deviation of what a seed adds at every length."""
Curve = Callable[[np.ndarray], np.ndarray]
CURVES: dict[str, Curve] = {
    "plateau from early on": lambda n: 0.5 * np.exp(-n / 150),
    "plateau from half of it on": lambda n: 0.5 * np.exp(-n / 900),
    "best half-way, then worse": lambda n: 0.03 * np.log2(n / 1600) ** 2,
    "power -1.0": lambda n: 0.2 * (n / 400) ** -1.0,
    "power -0.3": lambda n: 0.2 * (n / 400) ** -0.3,
    "power -0.1": lambda n: 0.5 * (n / 400) ** -0.1,
    "as much with every doubling": lambda n: -0.04 * np.log2(n / 400),
    "compute-bound, power -0.3": lambda n: (n / 400) ** -0.3,
    "compute-bound, power -0.7": lambda n: 3.0 * (n / 400) ** -0.7,
    "compute-bound, as much with every doubling": lambda n: -0.1 * np.log2(n / 400),
}
HEAD = f"""# E4, E5: measured error rates of the shortest sufficient length and of forecasts

`python bench/claims/length_choice.py` makes this page: {{repeats}} simulated studies in each cell {VERSIONS}. Seven lengths that double up to a budget, the
same seeds at each: the curve, {SHARED} of a seed's own at every length, and normal noise at each. An improvement of {LEAST} is worth having. Shares with their
95 % interval.

- *Interval*: the shortest length within {LEAST} of the best, by the true curve, is in the interval that is told (95 % asked). Between lengths that double
  a cubic stands for the curve, which is off by a few percent where it bends: with little noise the interval is narrower than that. The procedure measures
  lengths between, which this leaves out.
- *Wrong verdict*: "compute-bound" where the true one lies below the budget over {RESOLUTION}, or "saturated" where it lies above. *Open*: neither.
- *Left*: the bound on what doublings from the fifth length to the budget still bring holds (95 % asked).
- *Forecast*: the gain of twice the budget is in its interval (95 % asked), where one is told: of studies found compute-bound.

| curve | seeds | noise | interval | off by, median | wrong verdict | open | left | forecast | forecast told |
|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    text = HEAD.format(repeats=asked.repeats)
    for row in _rows(asked.repeats):
        text += row
        print(row, end="", flush=True)
    asked.page.write_text(text, "utf-8")


def _rows(repeats: int) -> Iterator[str]:
    for name, curve in CURVES.items():
        for seeds, noise in ((4, 0.01), (8, 0.01), (8, 0.003), (16, 0.02)):
            yield row(name, curve, seeds, noise, repeats)


def row(name: str, curve: Curve, seeds: int, noise: float, repeats: int) -> str:
    """One cell's shares."""
    rng = np.random.default_rng(0)
    true = shortest(curve)
    bound = true > BUDGET / RESOLUTION
    level = curve(np.array(LENGTHS, dtype=float))
    rest, twice = level[4] - level[-1], level[-1] - float(curve(np.array([2.0 * BUDGET]))[0])
    counts = dict.fromkeys(("interval", "wrong", "open", "left", "forecast", "told"), 0)
    off: list[float] = []
    for _ in range(repeats):
        own = SHARED * rng.standard_normal((seeds, 1))
        losses = level + own + noise * rng.standard_normal((seeds, len(LENGTHS)))
        found = choose_length(losses, LENGTHS, budget=BUDGET, least=LEAST, rng=rng)
        assert isinstance(found, LengthChoice)
        counts["interval"] += found.shortest.low <= true <= found.shortest.high
        counts["open"] += found.says == "open"
        counts["wrong"] += found.says == ("saturated" if bound else "compute-bound")
        off.append(abs(math.log(found.shortest.estimate / true)))
        counts["left"] += gain_left(losses[:, 2:5], 2) >= rest
        law = length_law(losses, LENGTHS)
        if isinstance(law, LengthLaw) and found.says == "compute-bound":
            counts["told"] += 1
            counts["forecast"] += law.forecast[2.0].low <= twice <= law.forecast[2.0].high
    told = counts["told"]
    cells = [cell(counts[k], repeats) for k in ("interval", "wrong", "open", "left")]
    forecast = cell(counts["forecast"], told) if told else "-"
    cells.insert(1, f"{100 * (math.exp(float(np.median(off))) - 1):.0f} %")
    return (
        f"| {name} | {seeds} | {noise:g} | {' | '.join(cells)} | {forecast} "
        f"| {100 * told / repeats:.0f} % |\n"
    )


def shortest(curve: Curve) -> float:
    """By the true curve, up to the budget."""
    steps = np.geomspace(LENGTHS[0], BUDGET, 20_000)
    values = curve(steps)
    return float(steps[np.flatnonzero(values <= values.min() + LEAST)[0]])


if __name__ == "__main__":
    main()
