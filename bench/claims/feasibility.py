"""Measured error rates of C3: places named where there are none, combinations, bugs, chance.

python bench/claims/feasibility.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy
from rate_page import cell
from surfaces import table

from tunebook.checks.failures import check as feasibility
from tunebook.checks.failures.regions import FailingCombination, FailingRegion
from tunebook.domain.design import Role
from tunebook.domain.finding import NotApplicable, RemedyKind
from tunebook.domain.space import Branch, Choice, Float, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.statistics.chance_level import chance_level

Make = Callable[[np.random.Generator, int], TrialTable]
Units = np.ndarray
SIZES = (16, 32, 64, 128, 512)


def failing(
    rng: np.random.Generator,
    trials: int,
    axes: int,
    chance: Callable[[Units], Units],
    *,
    choice: bool = False,
    studies: int = 1,
) -> TrialTable:
    """Halton points that fail with a chance that depends on their place in the unit cube.

    Args:
        chance: of failing, by the places of a study's trials.
        choice: vary a choice of three besides, which decides nothing.
        studies: of that many trials each.
    """
    parts = [table(rng, trials, [0.5] * axes) for _ in range(studies)]
    units = [p.units("") for p in parts]
    failed = np.concatenate([rng.random(trials) < chance(u) for u in units])
    names = [f"s={s}" for s in range(studies)] if studies > 1 else [""]
    config = [dict(c) for p in parts for c in p.config]
    space = dict(parts[0].branches[""].axes)
    if choice:
        space["act"] = Choice(("relu", "tanh", "gelu"))
        for c in config:
            c["act"] = str(space["act"].values[int(rng.integers(3))])
    value = np.concatenate([p.value for p in parts])
    return TrialTable(
        objective=parts[0].objective,
        name=tuple(f"1.{i}" for i in range(len(config))),
        study=tuple(name for name in names for _ in range(trials)),
        config=tuple(config),
        seed=(None,) * len(config),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=np.full(len(config), np.nan),
        value=np.where(failed, np.nan, value),
        branches={name: Branch(axes=space) for name in names},
        roles=dict.fromkeys(space, Role.NUISANCE),
    )


def _smooth(x: Units) -> Units:
    return np.asarray(1 / (1 + np.exp(-x)))


NOTHING: dict[str, Make] = {
    "a tenth fails, 2 axes": lambda r, n: failing(r, n, 2, lambda u: 0.0 * u[:, 0] + 0.1),
    "a third fails, 2 axes": lambda r, n: failing(r, n, 2, lambda u: 0.0 * u[:, 0] + 0.33),
    "a third fails, 8 axes": lambda r, n: failing(r, n, 8, lambda u: 0.0 * u[:, 0] + 0.33),
    "six in ten fail, 4 axes and a choice": lambda r, n: failing(
        r, n, 4, lambda u: 0.0 * u[:, 0] + 0.6, choice=True
    ),
    "a third fails, 3 studies, 2 axes": lambda r, n: failing(
        r, n, 2, lambda u: 0.0 * u[:, 0] + 0.33, studies=3
    ),
}
ALONE: dict[str, Make] = {
    "beyond 0.7 of the first of 2 axes": lambda r, n: failing(
        r, n, 2, lambda u: 1.0 * (u[:, 0] > 0.7)
    ),
    "beyond 0.6 of the first of 5 axes": lambda r, n: failing(
        r, n, 5, lambda u: 1.0 * (u[:, 0] > 0.6)
    ),
    "ever more along the first of 5 axes": lambda r, n: failing(
        r, n, 5, lambda u: _smooth(12 * (u[:, 0] - 0.6))
    ),
    "slowly more along the first of 3 axes": lambda r, n: failing(
        r, n, 3, lambda u: 0.8 * u[:, 0]
    ),
    "at both ends of the first of 4 axes": lambda r, n: failing(
        r, n, 4, lambda u: 0.9 * (np.abs(u[:, 0] - 0.5) > 0.3)
    ),
    "beyond 0.7 of the first, and one in ten anywhere": lambda r, n: failing(
        r, n, 4, lambda u: np.where(u[:, 0] > 0.7, 0.9, 0.1)
    ),
}
TOGETHER: dict[str, Make] = {
    "two of 2 axes alike": lambda r, n: failing(
        r, n, 2, lambda u: 1.0 * (u[:, 0] + u[:, 1] > 1.1)
    ),
    "two of 5 axes alike": lambda r, n: failing(
        r, n, 5, lambda u: 1.0 * (u[:, 0] + u[:, 1] > 1.1)
    ),
    "the second half as much, 5 axes": lambda r, n: failing(
        r, n, 5, lambda u: 1.0 * (u[:, 0] + 0.5 * u[:, 1] > 0.9)
    ),
    "two of 5 alike, chance beside the boundary": lambda r, n: failing(
        r, n, 5, lambda u: _smooth(15 * (u[:, 0] + u[:, 1] - 1.1))
    ),
}


def effective_rate(rng: np.random.Generator, trials: int) -> TrialTable:
    """Trials that fail above lr / (1 - momentum) = 3, momentum being searched on a linear scale."""
    made = failing(rng, trials, 4, lambda u: 0.0 * u[:, 0])
    rate, momentum = Float(1e-3, 10.0, Scale.LOG), Float(0.5, 0.999)
    units = made.units("")
    config = tuple(
        {**c, "x0": rate.from_unit(u[0]), "x1": momentum.from_unit(u[1])}
        for c, u in zip(made.config, units, strict=True)
    )
    place = np.array([np.log10(c["x0"] / (1 - c["x1"]) / 3) for c in config])
    failed = rng.random(trials) < _smooth(8 * place)
    axes = {**made.branches[""].axes, "x0": rate, "x1": momentum}
    return replace(
        made,
        config=config,
        branches={"": Branch(axes=axes)},
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        value=np.where(failed, np.nan, made.value),
    )


RATE: dict[str, Make] = {"4 axes, momentum from 0.5 to 0.999, linear": effective_rate}
ORDINARY: dict[str, Callable[[np.random.Generator, int], Units]] = {
    "bowl of 1 axis, no noise": lambda r, n: ((r.random((n, 1)) - 0.5) ** 2).sum(axis=1),
    "bowl of 3 axes, noise": lambda r, n: (
        ((r.random((n, 3)) - 0.5) ** 2).sum(axis=1) + 0.05 * r.normal(size=n)
    ),
    "bowl of 8 axes, noise": lambda r, n: (
        ((r.random((n, 8)) - 0.5) ** 2).sum(axis=1) + 0.05 * r.normal(size=n)
    ),
    "normal": lambda r, n: r.normal(size=n),
    "bad side lognormal, 3": lambda r, n: np.exp(3 * r.normal(size=n)),
    "good side lognormal, 1": lambda r, n: -np.exp(r.normal(size=n)),
    "Student's t, 2 degrees": lambda r, n: r.standard_t(2, size=n),
    "accuracy of 100 examples": lambda r, n: (
        r.binomial(100, 0.1 + 0.6 * ((r.random((n, 2)) - 0.5) ** 2).sum(axis=1)) / 100
    ),
    "accuracy of 1,000 examples": lambda r, n: (
        r.binomial(1000, 0.1 + 0.3 * ((r.random((n, 2)) - 0.5) ** 2).sum(axis=1)) / 1000
    ),
}


CHANCE: dict[str, Make] = {
    name: lambda r, n, law=law: with_losses(r, law(r, n)) for name, law in ORDINARY.items()
}


def with_losses(rng: np.random.Generator, losses: Units) -> TrialTable:
    """Complete trials with these losses, on two axes that decide nothing."""
    return replace(table(rng, len(losses), [0.5, 0.5]), value=losses)


def stuck(rng: np.random.Generator, trials: int, share: float, spread: float = 0.0) -> TrialTable:
    """A bowl in which a share of the trials ends at 0.9, give or take the spread."""
    good = 0.1 + 0.8 * ((rng.random((trials, 3)) - 0.5) ** 2).sum(axis=1)
    guess = 0.9 + spread * rng.normal(size=trials)
    losses = np.where(rng.random(trials) < share, guess, good + 0.02 * rng.normal(size=trials))
    return with_losses(rng, losses)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was said of one table: a place, its kind, a bug."""

    named: bool
    alone: bool
    combined: bool
    pair: bool
    rate: bool
    bug: bool


def answer(made: TrialTable) -> Answer:
    """Check a table whose failures lie on the first axis, on the first two, or nowhere."""
    result = feasibility.check(made)
    assert not isinstance(result, NotApplicable)
    places = [s.place for s in result.studies if s.place is not None]
    pairs = [p.combination for p in places if isinstance(p, FailingCombination)]
    return Answer(
        named=bool(places),
        alone=any(
            isinstance(p, FailingRegion) and (p.hyperparameter, p.side) == ("x0", "high")
            for p in places
        ),
        combined=bool(pairs),
        pair=any({c.first.hyperparameter, c.second.hyperparameter} == {"x0", "x1"} for c in pairs),
        rate=any(c.expression == "x0 / (1 - x1)" for c in pairs),
        bug=any(
            f.remedy is not None and f.remedy.kind is RemedyKind.INSPECT for f in result.findings
        ),
    )


def at_chance(made: TrialTable) -> bool:
    """Whether trials are seen to end as guessing would."""
    return chance_level(made) is not None


FAILING = (
    (NOTHING, "a place is named where failing depends on nothing", "named"),
    (NOTHING, '"looks like a bug" where failing depends on nothing', "bug"),
    (ALONE, "a combination is named where one axis alone decides", "combined"),
    (ALONE, "the first axis is named, its high side, where it alone decides", "alone"),
    (ALONE, '"looks like a bug" where an axis decides', "bug"),
    (TOGETHER, "the pair is named where it decides", "pair"),
    (TOGETHER, '"looks like a bug" where a pair decides', "bug"),
    (RATE, "lr / (1 - momentum) is named where it decides, and so written", "rate"),
)
PILED: dict[str, Make] = {
    f"{share:.0%} stuck, {'exactly' if not spread else f'within {spread:g}'}": (
        lambda r, n, share=share, spread=spread: stuck(r, n, share, spread)
    )
    for share in (0.15, 0.3, 0.5)
    for spread in (0.0, 0.003)
}


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C3: measured error rates",
        "",
        "`python bench/claims/feasibility.py` makes this page: Halton points in studies of the size that the",
        f"column says, {repeats} tables a cell, 95 % interval in brackets. Claims: a place is named in at most",
        "5 % of tables whose failing depends on nothing, a combination in at most 5 % of those in which one axis",
        "decides, chance in at most 5 % of ordinary laws. The check speaks wherever a trial has ended; of where",
        'trials fail it says "not enough evidence" instead of "a bug" where it would have missed too much.',
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}.",
    ]
    answers = {
        (name, n): [answer(make(r, n)) for r in np.random.default_rng(1).spawn(repeats)]
        for makes in (NOTHING, ALONE, TOGETHER, RATE)
        for name, make in makes.items()
        for n in SIZES
    }
    for makes, title, asked in FAILING:
        rows = {
            name: [[getattr(a, asked) for a in answers[name, n]] for n in SIZES] for name in makes
        }
        lines += _section(title, rows)
    for title, makes in (
        ("trials are taken to be at chance on ordinary laws", CHANCE),
        ("trials at chance are seen, among a bowl of 3 axes", PILED),
    ):
        rows = {
            name: [
                [at_chance(make(r, n)) for r in np.random.default_rng(2).spawn(repeats)]
                for n in SIZES
            ]
            for name, make in makes.items()
        }
        lines += _section(title, rows)
    return "\n".join(lines) + "\n"


def _section(title: str, rows: Mapping[str, list[list[bool]]]) -> list[str]:
    lines = ["", f"| {title} | " + " | ".join(f"{n} trials" for n in SIZES) + " |"]
    lines += ["|---|" + "---|" * len(SIZES)]
    together = [[yes for row in rows.values() for yes in row[i]] for i in range(len(SIZES))]
    for name, row in [*rows.items(), ("all of these", together)][: len(rows) + (len(rows) > 1)]:
        lines.append(f"| {name} | " + " | ".join(cell(sum(r), len(r)) for r in row) + " |")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=250)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/feasibility.md").write_text(text, "utf-8")
    print(text)
