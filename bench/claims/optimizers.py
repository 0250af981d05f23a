"""G1: how often optimizers are told apart that are the same, and that are not.

python bench/claims/optimizers.py
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from isolation import compared
from rate_page import VERSIONS, cell

from tunebook.procedures.optimizers.best_of_budget import best_of_budgets, parted
from tunebook.procedures.optimizers.several_searches import (
    SearchVerdict,
    search_pairs,
    search_verdict,
)

PAGE = Path(__file__).parents[2] / "docs/claims/optimizers.md"
SEEDS = {16: 5, 48: 10}
"""Fresh seeds by trials of each."""
SAME = {
    "bowl, 1 axis": {"axes": 1},
    "bowl, 2 axes": {"axes": 2},
    "bowl, 2 axes, noise 0.3": {"axes": 2, "noise": 0.3},
    "bowl, 4 axes": {"axes": 4},
    "cusp, 2 axes": {"axes": 2, "shape": "cusp"},
    "cusp, 4 axes, noise 0.01": {"axes": 4, "shape": "cusp", "noise": 0.01},
    "bowl, 2 axes, losses over powers of ten": {"axes": 2, "powers": 4.0},
    "4 optimizers, bowl, 2 axes": {"axes": 2, "values": 4},
}
WORSE = {
    f"{name}, one worse by {shift:g}": {**case, "shift": shift}
    for name, case in (
        ("bowl, 2 axes", {"axes": 2}),
        ("bowl, 4 axes", {"axes": 4}),
        ("4 optimizers, bowl, 2 axes", {"axes": 2, "values": 4}),
    )
    for shift in (0.05, 0.1, 0.2)
}
HEAD = f"""# G1: measured error rates of comparing optimizers

`python bench/claims/optimizers.py` makes this page {VERSIONS}. Every optimizer is searched by as many scrambled
Halton points on a known surface; what each search found is run with fresh seeds (5 after 16 trials, 10 after 48). Noise of a seed is 0.05 where nothing
else is said, and surfaces span about 1. Shares with their 95 % interval.

- *Seeds alone*: any two configurations found are told apart (Welch, Holm over all pairs). They do differ: two searches of one space end in two places. Only
  it says nothing of the optimizers, which are the same here.
- *Told apart*: any two, by seeds and by searches, as the procedure has it. The claim is at most 5 %; it is on the safe side, since it takes two tests.
- *Bands part*: any two bands of the best of n do not meet at some budget. The claim is at most 5 %; low-discrepancy points spread more evenly than the
  independent draws that the bands are made for, so they part in far fewer.

| the same optimizer twice, or four times | trials of each | comparisons | seeds alone | told apart | bands part |
|---|---|---|---|---|---|
"""
POWER = """
The same where the last is worse, at its best as everywhere; the share in which it is told from any other, and from any other in the wrong direction:

| one is worse | trials of each | comparisons | told apart | the wrong way round | bands part |
|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    text = HEAD
    for row in _rows(asked.repeats):
        text += row
        print(row, end="", flush=True)
    asked.page.write_text(text, "utf-8")


def _rows(repeats: int) -> Iterator[str]:
    for name, case in SAME.items():
        for trials in SEEDS:
            yield row_of(name, case, trials, repeats, ("seeds", "told", "bands"))
    yield POWER
    for name, case in WORSE.items():
        for trials in SEEDS:
            yield row_of(name, case, trials, repeats // 2, ("told", "wrong", "bands"))


def row_of(name: str, case: dict, trials: int, repeats: int, kinds: tuple[str, ...]) -> str:
    """One line; four optimizers take four times as long, and are asked as much less often."""
    times = repeats // 4 if "values" in case else repeats
    found = count(case, trials, times)
    cells = " | ".join(cell(found[k], times) for k in kinds)
    return f"| {name} | {trials} | {times} | {cells} |\n"


def count(case: dict, trials: int, repeats: int) -> Counter[str]:
    """Comparisons in which something was told, by what told it."""
    found: Counter[str] = Counter()
    for rng in np.random.default_rng(0).spawn(repeats):
        found.update(one(rng, trials, **case))
    return found


def one(
    rng: np.random.Generator,
    trials: int,
    *,
    noise: float = 0.05,
    powers: float = 0.0,
    values: int = 2,
    **surface,
) -> list[str]:
    """One comparison: what it told."""
    table = compared(rng, trials, values=values, noise=0.0, **surface)
    true = table.value
    seen = true + noise * rng.standard_normal(len(true))
    sides = np.array(table.column("side"))

    def scaled(losses: np.ndarray) -> np.ndarray:
        return np.exp(powers * losses) if powers else losses

    table = replace(table, value=scaled(seen))
    tables = {str(k): table.take(sides == k) for k in range(values)}
    fresh = {}
    for k in range(values):
        best = np.flatnonzero(sides == k)[np.argmin(seen[sides == k])]
        fresh[str(k)] = scaled(true[best] + noise * rng.standard_normal(SEEDS[trials]))
    said = search_verdict(fresh, search_pairs(tables, "side"), worst=np.nan, sign=1)
    assert isinstance(said, SearchVerdict)
    last = str(values - 1)
    apart = said.better if not surface.get("shift") else {p for p in said.better if last in p}
    told = []
    if said.better | said.by_seeds_alone:
        told.append("seeds")
    if apart:
        told.append("told")
    if any(better == last for better, _ in apart):
        told.append("wrong")
    if parted(best_of_budgets({n: t.losses for n, t in tables.items()}, 1)):
        told.append("bands")
    return told


if __name__ == "__main__":
    main()
