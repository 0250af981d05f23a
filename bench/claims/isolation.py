"""Measured error rates of C9: values told apart when nothing differs, and when something does;
and how often the interval of a best holds what studies like it select on average.

python bench/claims/isolation.py
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from surfaces import table

from tunebook.analysis import isolation
from tunebook.analysis.estimators import proportion
from tunebook.words.design import Role
from tunebook.words.finding import NotApplicable
from tunebook.words.space import Branch
from tunebook.words.table import TrialTable


def compared(
    rng: np.random.Generator,
    trials: int,
    axes: int,
    *,
    values: int = 2,
    shift: float = 0.0,
    fewer: float = 0,
    **surface: object,
) -> TrialTable:
    """One round with several scientific values on one surface; the last is worse by `shift`."""
    parts = [
        table(rng, _size(trials, fewer if k else 0), [0.5] * axes, **surface)  # type: ignore[arg-type]
        for k in range(values)
    ]
    first = parts[0]
    names = [f"side={k}" for k in range(values)]
    return replace(
        first,
        name=tuple(f"1.{k}.{n}" for k, p in enumerate(parts) for n in p.name),
        study=tuple(names[k] for k, p in enumerate(parts) for _ in p.name),
        config=tuple({"side": k, **c} for k, p in enumerate(parts) for c in p.config),
        seed=tuple(s for p in parts for s in p.seed),
        status=tuple(s for p in parts for s in p.status),
        cause=tuple(c for p in parts for c in p.cause),
        seconds=np.concatenate([p.seconds for p in parts]),
        value=np.concatenate([p.value + shift * (k == values - 1) for k, p in enumerate(parts)]),
        branches={
            n: Branch(conditions={"side": k}, axes=first.branches[""].axes)
            for k, n in enumerate(names)
        },
        roles={"side": Role.SCIENTIFIC, **first.roles},
    )


NOTHING = {
    "2 values, 1 axis, noise 0.05": {"axes": 1},
    "2 values, 2 axes, noise 0.05": {"axes": 2},
    "2 values, 4 axes, noise 0.05": {"axes": 4},
    "2 values, 2 axes, noise 0.3": {"axes": 2, "noise": 0.3},
    "2 values, 2 axes, no noise": {"axes": 2, "noise": 0.0},
    "2 values, 2 axes, skewed noise": {"axes": 2, "skew": True},
    "2 values, 2 axes, 40 % infeasible": {"axes": 2, "fails_above": 0.6},
    "2 values, the second with a quarter fewer trials": {"axes": 2, "fewer": 4},
    "2 values, the second with half as many trials": {"axes": 2, "fewer": 0.5},
    "2 values, 2 axes, 70 % infeasible": {"axes": 2, "fails_above": 0.3},
    "4 values, 2 axes": {"axes": 2, "values": 4},
}
COVERED = ("2 values, 1 axis, noise 0.05", "2 values, 2 axes, noise 0.05",
           "2 values, 4 axes, noise 0.05", "2 values, 2 axes, noise 0.3",
           "2 values, 2 axes, skewed noise", "2 values, 2 axes, 70 % infeasible")  # fmt: skip
DIFFERENT = {
    "by 0.1 (twice the noise), 2 axes": {"axes": 2, "shift": 0.1},
    "by 0.2 (four times), 2 axes": {"axes": 2, "shift": 0.2},
    "by 0.2, 4 axes": {"axes": 4, "shift": 0.2},
}
SIZES = (16, 32, 64, 128)


def _size(trials: int, fewer: float) -> int:
    """Trials less a number of them, or less a share below 1."""
    return trials - int(fewer if fewer >= 1 else fewer * trials)


def covered(case: dict, trials: int, repeats: int, seed: int) -> tuple[int, int]:
    """Intervals of a best that hold the mean best over all tables, and intervals made."""
    rng = np.random.default_rng(seed)
    intervals, bests = [], []
    for k in range(repeats):
        result = isolation.check(compared(rng, trials, **case), seed=k)
        if isinstance(result, NotApplicable):
            continue
        best = result.hyperparameters[0].values[0].best
        if np.isfinite(best.low):
            intervals.append(best)
            bests.append(best.estimate)
    truth = float(np.mean(bests)) if bests else np.nan
    return sum(i.low <= truth <= i.high for i in intervals), len(intervals)


def told_apart(case: dict, trials: int, repeats: int, seed: int) -> int:
    """Tables in which any pair was told apart."""
    rng = np.random.default_rng(seed)
    told = 0
    for k in range(repeats):
        result = isolation.check(compared(rng, trials, **case), seed=k)
        if not isinstance(result, NotApplicable):
            told += any(p.told_apart for h in result.hyperparameters for p in h.pairs)
    return told


def page(repeats: int) -> str:
    """The measurements as a page."""
    head = " | ".join(f"{n} trials a value" for n in SIZES)
    lines = [
        "# C9: measured error rates",
        "",
        f"`python bench/claims/isolation.py` makes this page: {repeats} rounds a cell, scrambled Halton points on bowls of",
        "size about 1, seed noise 0.05 where nothing else is said; 95 % interval in brackets. The claim: where the values",
        "are alike, at most 5 % of rounds tell any pair apart.",
        "",
        f"| alike | {head} |",
        "|---|" + "---|" * len(SIZES),
    ]
    for name, case in NOTHING.items():
        cells = [_cell(told_apart(case, n, repeats, 1), repeats) for n in SIZES]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", f"| different | {head} |", "|---|" + "---|" * len(SIZES)]
    for name, case in DIFFERENT.items():
        cells = [_cell(told_apart(case, n, repeats, 2), repeats) for n in SIZES]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "How often the 95 % interval of a best holds the mean best of all such studies, where a best has an interval:",
        "",
        f"| coverage | {head} |",
        "|---|" + "---|" * len(SIZES),
    ]
    for name in COVERED:
        found = [covered(NOTHING[name], n, repeats, 3) for n in SIZES]
        cells = [_cell(*f) if f[1] >= 20 else "too few trials" for f in found]
        lines.append(f"| {name.partition(', ')[2]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(count: int, repeats: int) -> str:
    share = proportion(count, repeats)
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/isolation.md").write_text(text, "utf-8")
    print(text)
