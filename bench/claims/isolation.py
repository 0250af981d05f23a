"""Measured error rates of C9: values told apart when nothing differs, and when something does;
and how often the interval of a best holds what studies like it select on average.

python bench/claims/isolation.py --shared SHARED_DATA
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from isolation_page import SIZES, page, splits_of
from surfaces import table

from tunebook.checks.isolation import check as isolation
from tunebook.domain.design import Role
from tunebook.domain.finding import NotApplicable
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable


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


def _size(trials: int, fewer: float) -> int:
    """Trials less a number of them, or less a share below 1."""
    return trials - int(fewer if fewer >= 1 else fewer * trials)


def told_apart(case: dict, trials: int, repeats: int, seed: int) -> int:
    """Tables in which any pair was told apart."""
    rng = np.random.default_rng(seed)
    told = 0
    for k in range(repeats):
        result = isolation.check(compared(rng, trials, **case), seed=k)
        if not isinstance(result, NotApplicable):
            told += any(p.significant for h in result.hyperparameters for p in h.pairs)
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--splits", type=int, default=1000)
    parser.add_argument("--shared", type=Path, help="folder of the published searches")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="trials a value")
    asked = parser.parse_args()
    cut = splits_of(asked.shared, asked.splits) if asked.shared else []
    text = page(asked.repeats, cut, tuple(asked.sizes))
    (Path(__file__).parents[2] / "docs/claims/isolation.md").write_text(text, "utf-8")
    print(text)
