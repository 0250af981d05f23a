"""Measured error rates of C10: effects, interactions and advice to fix where there are none or
should be none; power; coverage of the shares' intervals.

python bench/claims/sensitivity.py
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import scipy
from responses import Response, Truth, bowl, study, truth

from tunebook.checks.importance import check as sensitivity
from tunebook.checks.importance.result import StudyReading, Verdict
from tunebook.checks.importance.subsets import LITTLE, LITTLE_NEAR
from tunebook.domain.finding import Interval, NotApplicable
from tunebook.statistics.estimators import proportion

SIZES = (16, 32, 64, 128, 512)


def flat(units: np.ndarray) -> np.ndarray:
    """Nothing matters."""
    return np.zeros(len(units))


def cusp(units: np.ndarray) -> np.ndarray:
    """Two axes with a kink at their best."""
    return np.asarray(np.sqrt(np.abs(units[:, 0] - 0.3)) + np.abs(units[:, 1] - 0.6))


NOTHING = {
    "nothing matters, 1 axis": Response(1, flat),
    "nothing matters, 4 axes": Response(4, flat),
    "nothing matters, 8 axes, heavy tails": Response(8, flat, kind="heavy"),
    "bowl on 2 of 4 axes": Response(4, bowl([0.3, 0.6]), matters=(0, 1)),
    "bowl on 2 of 4, random trials": Response(4, bowl([0.3, 0.6]), matters=(0, 1), random=True),
    "bowl on 1 of 1, clustered trials": Response(
        1, bowl([0.6]), noise=0.01, matters=(0,), clustered=True
    ),
    "bowl on 1 of 2, clustered trials": Response(
        2, bowl([0.6]), noise=0.01, matters=(0,), clustered=True
    ),
    "bowl on 2 of 8": Response(8, bowl([0.3, 0.6]), noise=0.1, matters=(0, 1)),
    "bowl on 4 of 4": Response(4, bowl([0.3, 0.6, 0.5, 0.5]), matters=(0, 1, 2, 3)),
    "bowl on 2 of 4, heavy tails": Response(
        4, bowl([0.3, 0.6]), noise=0.1, kind="heavy", matters=(0, 1)
    ),
    "bowl on 2 of 4, skewed noise": Response(
        4, bowl([0.3, 0.6]), noise=0.1, kind="skewed", matters=(0, 1)
    ),
    "bowl on 2 of 4, noise larger where bad": Response(
        4, bowl([0.3, 0.6]), kind="uneven", matters=(0, 1), random=True
    ),
    "cusps on 2 of 3": Response(3, cusp, matters=(0, 1), random=True),
    "exponential of a sum, 2 of 3": Response(
        3, lambda u: np.exp(3 * u[:, 0] + 2 * u[:, 1]), matters=(0, 1)
    ),
    "saturating sum, 2 of 3": Response(
        3,
        lambda u: 1 - np.exp(-4 * ((u[:, 0] - 0.3) ** 2 + (u[:, 1] - 0.4) ** 2)),
        matters=(0, 1),
    ),
    "bowl on 2 of 4, fails above 0.6 of the first": Response(
        4, bowl([0.4, 0.5]), fails=lambda u: u[:, 0] > 0.6, matters=(0, 1)
    ),
    "bowl on 2 of 4, fails above 0.7 of either": Response(
        4, bowl([0.4, 0.5]), fails=lambda u: u[:, :2].max(axis=1) > 0.7, matters=(0, 1)
    ),
    "fails at random, 3 of 10": Response(
        4,
        bowl([0.3, 0.6]),
        fail_share=0.3,
        matters=(0, 1),
        random=True,
    ),
}
WEAK = {
    "weak third of 4 (11 % of what varies)": Response(
        4, bowl([0.5, 0.5, 0.5], [1.0, 1.0, 0.55]), matters=(0, 1, 2)
    ),
    "weak third of 4, random trials": Response(
        4, bowl([0.5, 0.5, 0.5], [1.0, 1.0, 0.55]), matters=(0, 1, 2), random=True
    ),
    "second of 3 matters near the best alone": Response(
        3,
        lambda u: 2 * np.maximum(np.abs(u[:, 0] - 0.5) - 0.2, 0) + 0.25 * (u[:, 1] - 0.5) ** 2,
        noise=0.01,
        matters=(0, 1),
    ),
}
TOGETHER = {
    "bowl, interaction 0.8": Response(
        3, bowl([0.4, 0.6, 0.5], interaction=0.8), matters=(0, 1, 2), together=((0, 1),)
    ),
    "valley of a sum, 2 of 4": Response(
        4, lambda u: (u[:, 0] + u[:, 1] - 1) ** 2, matters=(0, 1), together=((0, 1),)
    ),
    "valley of a sum, random trials, noise 0.2": Response(
        4,
        lambda u: (u[:, 0] + u[:, 1] - 1) ** 2,
        noise=0.2,
        matters=(0, 1),
        together=((0, 1),),
        random=True,
    ),
    "valley that fails above, 2 of 4": Response(
        4,
        lambda u: (u[:, 0] + u[:, 1] - 0.9) ** 2,
        fails=lambda u: u[:, 0] + u[:, 1] > 1.2,
        matters=(0, 1),
        together=((0, 1),),
    ),
    "bowl of 5, off-diagonal 0.6": Response(
        5, bowl([0.5] * 5, interaction=1.2), matters=(0, 1, 2, 3, 4), together=((0, 1),)
    ),
}


def _name(pair: tuple[int, int]) -> tuple[str, str]:
    return f"x{pair[0]}", f"x{pair[1]}"


def harmful(response: Response) -> set[str]:
    """Hyperparameters that matter, among all trials or among the better half of very many."""
    whole = {f"x{i}" for i, t in enumerate(truth(response).total) if t >= LITTLE}
    (many,) = sensitivity.check(study(response, 5000, np.random.default_rng(5))).studies
    near = {
        h.hyperparameter
        for h in many.hyperparameters
        if h.better_total is not None and h.better_total.estimate >= LITTLE_NEAR
    }
    return whole | near


COUNTED = ("any", "matters", "together", "fixed", "silent", "undecided", "found", "pair found",
           "fixable", "first", "total", "pair")  # fmt: skip


def judged(response: Response, trials: int, repeats: int, seed: int) -> dict[str, float]:
    """Shares of the tables: with false claims, silent, with true ones; and of intervals that hold."""
    rng = np.random.default_rng(seed)
    names = [f"x{i}" for i in range(response.axes)]
    matters, together = {names[i] for i in response.matters}, set(map(_name, response.together))
    large, spare = harmful(response), set(names) - matters
    count, silent = dict.fromkeys(COUNTED, 0.0), 0
    for k in range(repeats):
        result = sensitivity.check(study(response, trials, rng), seed=k)
        if isinstance(result, NotApplicable):
            count["silent"] += 1
            silent += 1
            continue
        (own,) = result.studies
        told = {h.hyperparameter for h in own.hyperparameters if h.verdict is Verdict.MATTERS}
        fixed = {h.hyperparameter for h in own.hyperparameters if h.fixed_at is not None}
        pairs = {(p.a, p.b) for p in own.pairs if p.told}
        wrong = bool(pairs - together), bool(fixed & large)
        count["matters"] += bool(told - {h for pair in pairs for h in pair} - matters)
        count["together"] += wrong[0]
        count["fixed"] += wrong[1]
        count["any"] += bool(told - matters) or any(wrong)
        opened = [h for h in own.hyperparameters if h.verdict is Verdict.OPEN]
        count["silent"] += len(opened) == len(names) and bool(matters)
        count["undecided"] += len(opened) / len(names)
        count["found"] += len(told & matters) / max(len(matters), 1)
        count["pair found"] += bool(together) and together <= pairs
        count["fixable"] += len(fixed & spare) / max(len(spare), 1)
        for name, share in covered(own, truth(response), not own.infeasible).items():
            count[name] += share
    spoken = max(repeats - silent, 1)
    of = {name: spoken if name in ("first", "total", "pair") else repeats for name in COUNTED}
    return {name: value / of[name] for name, value in count.items()}


def covered(own: StudyReading, true: Truth, whole: bool) -> dict[str, float]:
    """Shares of a study's intervals that hold the truth; pairs where they are of all trials."""

    def holds(interval: Interval, value: float) -> bool:
        # The truth is known to a third of a hundredth; none is below zero.
        return interval.low - 0.003 <= max(value, 0.0) <= interval.high + 0.003

    first, total = (
        np.mean(
            [holds(getattr(h, of), v) for h, v in zip(own.hyperparameters, values, strict=True)]
        )
        for of, values in (("first", true.first), ("total", true.total))
    )
    place = {f"x{i}": i for i in range(len(true.first))}
    pairs = [holds(p.share, true.pairs[place[p.a], place[p.b]]) for p in own.pairs if whole]
    return {"first": float(first), "total": float(total), "pair": float(np.mean(pairs or [True]))}


def _repeats(response: Response, trials: int, repeats: int) -> int:
    """Tables of a cell: more where they are quick and the whole claim rests on them."""
    few = repeats if trials <= 64 else max(repeats // 3, 1)
    return few * 3 if not response.matters and response.axes < 8 else few


def page(repeats: int) -> str:
    """The measurements as a page."""
    head = " | ".join(f"{n} trials" for n in SIZES)
    rule = "|---|" + "---|" * len(SIZES)
    families = {**NOTHING, **WEAK, **TOGETHER}
    times = {(name, n): _repeats(r, n, repeats) for name, r in families.items() for n in SIZES}
    found = {
        name: {n: judged(r, n, times[name, n], 1) for n in SIZES} for name, r in families.items()
    }

    def rates(title: str, of: str, chosen: Collection[str]) -> list[str]:
        lines = ["", f"| {title} | {head} |", rule]
        for name in chosen:
            cells = [
                _cell(round(found[name][n][of] * times[name, n]), times[name, n]) for n in SIZES
            ]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        pooled = [
            _cell(
                sum(round(found[name][n][of] * times[name, n]) for name in chosen),
                sum(times[name, n] for name in chosen),
            )
            for n in SIZES
        ]
        return [*lines, "| all of these | " + " | ".join(pooled) + " |"]

    def plain(title: str, ofs: Sequence[str], chosen: Collection[str]) -> list[str]:
        lines = ["", f"| {title} | {head} |", rule]
        for name in chosen:
            cells = [" / ".join(f"{found[name][n][of]:.0%}" for of in ofs) for n in SIZES]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return lines

    lines = [
        "# C10: measured error rates",
        "",
        f"`python bench/claims/sensitivity.py --repeats {repeats}` makes this page (Python",
        f"{platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}): {repeats} tables a cell, {max(repeats // 3, 1)} from 128 trials on (three times as",
        "many where nothing matters, up to 4 axes), 95 % interval in brackets; scrambled Halton points unless random",
        "trials are named, seed noise 0.05 on responses of size about 1 unless said. The claim: at most 5 % of tables with",
        "any false one of the three claims (an axis that does not matter is said to; two that do not interact are said to;",
        "one that matters is to be fixed).",
        *rates("any false claim", "any", families),
        "",
        "Of these, advice to fix a hyperparameter that has a tenth or more of what varies, or a fifth among the better half:",
        *rates("false advice to fix", "fixed", {**WEAK, **TOGETHER}),
        "",
        "Silent: not applicable, or nothing said of any hyperparameter though some matter. Undecided: share of the",
        "hyperparameters of which neither is said.",
        *plain("silent / undecided", ("silent", "undecided"), families),
        *plain(
            "hyperparameters that matter, found / the rest, to be fixed",
            ("found", "fixable"),
            [n for n, r in families.items() if r.matters],
        ),
        *rates("the interaction is told", "pair found", TOGETHER),
        "",
        "Share of the 95 % intervals that hold the true index (by quasi-Monte Carlo): alone / total / of pairs. They are made",
        "for random trials, and wider than needed for Halton's. Where trials fail beyond an edge, the response is a step,",
        "which no polynomial follows: there the assumption does not hold.",
        *plain("coverage", ("first", "total", "pair"), families),
    ]
    return "\n".join(lines) + "\n"


def _cell(count: int, repeats: int) -> str:
    share = proportion(count, repeats)
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/sensitivity.md").write_text(text, "utf-8")
    print(text)
