"""Measured error rates of checks on trials carried over from the round that chose the space.

python bench/claims/carried_over.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rate_page import VERSIONS, cell
from surfaces import table_of

from tunebook.advice.proposal import propose
from tunebook.checks.boundaries import check as boundaries
from tunebook.checks.failures import check as feasibility
from tunebook.checks.failures.regions import FailingRegion
from tunebook.checks.importance import check as sensitivity
from tunebook.checks.importance.result import Verdict
from tunebook.domain.design import Role, Round
from tunebook.domain.finding import Examination, NotApplicable
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import TrialTable
from tunebook.examination.carried_over import (
    EarlierRound,
    carry_over,
    corrected_share,
    without_the_best,
)
from tunebook.search.quasirandom import halton_units

Units = np.ndarray
Response = Callable[[Units], Units]
SIZES = ((16, 16), (32, 32), (64, 32), (64, 64))
MOST_TRIES = 6
"""Rounds drawn for each one that asks for another space, at most, on average."""


@dataclass(frozen=True)
class Chain:
    """Two rounds: what the response is, who chooses the second space, what is a false alarm.

    Attributes:
        response: mean loss at places of the first round's unit cube, and beyond it.
        axes: number of hyperparameters.
        fails: chance that a trial is infeasible, by place.
        choose: the second round's box from the first round's trials, or None to try again.
        alarm: whether a check says something false of the second round.
        noise: of the seeds, as a share of the response's standard deviation.
    """

    response: Response
    axes: int
    fails: Response
    choose: Callable[[Round, TrialTable], Round | None]
    alarm: Callable[[TrialTable], bool]
    noise: float = 0.1


def round_of(axes: int, trials: int) -> Round:
    return Round(
        goal="Which?", nuisance={f"x{i}": Float(0.0, 1.0) for i in range(axes)}, trials=trials,
        max_train_steps=1,
    )  # fmt: skip


def run(plan: Round, chain: Chain, rng: np.random.Generator, number: int) -> TrialTable:
    """A round's trials: Halton points in its box, the chain's response, noise and failures."""
    u = halton_units(chain.axes, int(rng.integers(2**62)), range(plan.trials))
    axes = dict(plan.nuisance)
    low = np.array([a.low for a in axes.values()])
    high = np.array([a.high for a in axes.values()])
    at = low + u * (high - low)
    loss = chain.response(at)
    spread = float(chain.response(halton_units(chain.axes, 1, range(256))).std()) or 1.0
    loss = loss + chain.noise * spread * rng.normal(size=len(u))
    loss = np.where(rng.random(len(u)) < chain.fails(at), np.nan, loss)
    made = table_of(at, loss)
    return replace(
        made, name=tuple(f"{number}.{i}" for i in range(len(u))),
        branches={"": Branch(axes=axes)}, roles=dict.fromkeys(axes, Role.NUISANCE),
    )  # fmt: skip


def _proposed(plan: Round, table: TrialTable, check) -> Round | None:
    result = check(table, seed=0)
    if isinstance(result, NotApplicable):
        return None
    seen = Examination(
        trials=len(table), left_out=(), findings=list(result.findings), not_applicable=()
    )
    after = propose(plan, seen).plan
    return replace(after, foretold=()) if after.nuisance != plan.nuisance else None


def widened_by_c1(plan: Round, table: TrialTable) -> Round | None:
    return _proposed(plan, table, boundaries.check)


def cut_by_c3(plan: Round, table: TrialTable) -> Round | None:
    return _proposed(plan, table, feasibility.check)


def widened_by_eye(plan: Round, table: TrialTable) -> Round:
    """The first axis goes half its length beyond the end that is nearer to the best trial."""
    best = table.config[int(np.nanargmin(table.losses))]["x0"]
    axis = Float(0.0, 1.5) if best > 0.5 else Float(-0.5, 1.0)
    return replace(plan, nuisance={**plan.nuisance, "x0": axis})


def narrowed_by_eye(plan: Round, table: TrialTable) -> Round:
    """Half of the first axis around the best trial: the luckiest place there is."""
    best = float(table.config[int(np.nanargmin(table.losses))]["x0"])
    low = min(max(best - 0.25, 0.0), 0.5)
    return replace(plan, nuisance={**plan.nuisance, "x0": Float(low, low + 0.5)})


def cut_by_eye(plan: Round, table: TrialTable) -> Round:
    """The end of the first axis next to which more trials failed goes."""
    at = np.array([float(c["x0"]) for c in table.config])
    high = table.infeasible[at > 0.7].sum() >= table.infeasible[at < 0.3].sum()
    axis = Float(0.0, 0.7) if high else Float(0.3, 1.0)
    return replace(plan, nuisance={**plan.nuisance, "x0": axis})


def kept(plan: Round, table: TrialTable) -> Round:
    """The same space, with as many trials again."""
    del table
    return plan


def edge(first: float = 0.5) -> Callable[[TrialTable], bool]:
    """An alarm at an end beyond which nothing is better: the best lies at `first`, and at 0.5."""

    def alarm(table: TrialTable) -> bool:
        result = boundaries.check(table)
        if isinstance(result, NotApplicable):
            return False
        axes = table.branches[""].axes
        best = {n: first if n == "x0" else 0.5 for n in axes}
        return any(
            s.alarm and axes[a.hyperparameter].low <= best[a.hyperparameter] <= axes[a.hyperparameter].high
            for a in result.axes for s in a.sides
        )  # fmt: skip

    return alarm


def place(table: TrialTable) -> bool:
    """A place is named, though failing depends on nothing."""
    result = feasibility.check(without_the_best(table))
    return not isinstance(result, NotApplicable) and any(
        s.place is not None for s in result.studies
    )


def wrong_place(table: TrialTable) -> bool:
    """A place is named other than the first axis above 0.6, or somewhat less."""
    result = feasibility.check(without_the_best(table))
    if isinstance(result, NotApplicable):
        return False
    places = [s.place for s in result.studies if s.place is not None]
    return any(
        not isinstance(p, FailingRegion) or p.hyperparameter != "x0" or p.side != "high"
        or p.threshold < 0.5
        for p in places
    )  # fmt: skip


def little(table: TrialTable) -> bool:
    """Of hyperparameters that all matter alike, one is said to matter little."""
    result = sensitivity.check(table)
    return not isinstance(result, NotApplicable) and any(
        h.verdict is Verdict.LITTLE for s in result.studies for h in s.hyperparameters
    )


def matters(irrelevant: frozenset[str]) -> Callable[[TrialTable], bool]:
    def alarm(table: TrialTable) -> bool:
        result = sensitivity.check(table)
        return not isinstance(result, NotApplicable) and any(
            h.hyperparameter in irrelevant and h.verdict is Verdict.MATTERS
            for s in result.studies
            for h in s.hyperparameters
        )

    return alarm


def flat(u: Units) -> Units:
    return np.zeros(len(u))


def bowl(at: float) -> Response:
    return lambda u: ((u - np.array([at, *[0.5] * (u.shape[1] - 1)])) ** 2).sum(axis=1)


def first_alone(at: float) -> Response:
    return lambda u: (u[:, 0] - at) ** 2


def never(u: Units) -> Units:
    return np.zeros(len(u))


def by_chance(u: Units) -> Units:
    return np.full(len(u), 0.15)


def above(u: Units) -> Units:
    return np.where(u[:, 0] > 0.6, 0.95, 0.1)


OTHERS = frozenset({"x1", "x2", "x3"})
EVERY = frozenset({"x0"}) | OTHERS
CHAINS: dict[str, Chain] = {
    "C3, fails by chance, widened where the best lies": Chain(
        bowl(0.9), 2, by_chance, widened_by_eye, place
    ),
    "C3, fails by chance, halved around the best": Chain(
        bowl(0.5), 2, by_chance, narrowed_by_eye, place
    ),
    "C3, fails by chance, cut where most fail": Chain(bowl(0.5), 2, by_chance, cut_by_eye, place),
    "C3, fails above 0.6, cut by C3": Chain(bowl(0.3), 2, above, cut_by_c3, wrong_place),
    "C10, three of four do not matter, widened by C1": Chain(
        first_alone(1.2), 4, never, widened_by_c1, matters(OTHERS)
    ),
    "C10, nothing matters, halved around the best": Chain(
        flat, 4, never, narrowed_by_eye, matters(EVERY)
    ),
    "C10, nothing matters, widened where the best lies": Chain(
        flat, 4, never, widened_by_eye, matters(EVERY)
    ),
    "C10, nothing matters, the same space": Chain(flat, 4, never, kept, matters(EVERY)),
    "C10, all matter, widened by C1, said to matter little": Chain(
        bowl(1.2), 3, never, widened_by_c1, little
    ),
    "C10, all matter alike, halved around the best, said to matter little": Chain(
        bowl(0.5), 3, never, narrowed_by_eye, little
    ),
    "C1, nothing matters, widened where the best lies": Chain(
        flat, 2, never, widened_by_eye, edge()
    ),
    "C1, nothing matters, halved around the best": Chain(flat, 2, never, narrowed_by_eye, edge()),
    "C1, nothing matters, the same space": Chain(flat, 2, never, kept, edge()),
    "C1, bowl with its best at 0.9, noise as large, widened where the best lies": Chain(
        bowl(0.9), 2, never, widened_by_eye, edge(0.9), noise=1.0
    ),
    "C1, bowl cut off at 1.2, widened by C1": Chain(bowl(1.2), 2, never, widened_by_c1, edge(1.2)),
    "the same, noise as large as the response": Chain(
        bowl(1.2), 2, never, widened_by_c1, edge(1.2), noise=1.0
    ),
    "C1, bowl in 4 axes cut off at 1.2, widened by C1": Chain(
        bowl(1.2), 4, never, widened_by_c1, edge(1.2)
    ),
    "C1, first fails above 0.6, cut by C3": Chain(bowl(0.3), 2, above, cut_by_c3, edge(0.3)),
}


def still_cut(table: TrialTable) -> bool:
    """C1 still asks for more of the first axis, upwards."""
    result = boundaries.check(table)
    return not isinstance(result, NotApplicable) and any(
        s.alarm and s.side == "high" and a.hyperparameter == "x0"
        for a in result.axes
        for s in a.sides
    )


def one_little(table: TrialTable) -> bool:
    """C10 says of the second axis, which does not matter, that it matters little."""
    result = sensitivity.check(table)
    return not isinstance(result, NotApplicable) and any(
        h.hyperparameter == "x1" and h.verdict is Verdict.LITTLE
        for s in result.studies
        for h in s.hyperparameters
    )


def right_place(table: TrialTable) -> bool:
    """C3 names the first axis, above."""
    result = feasibility.check(without_the_best(table))
    return not isinstance(result, NotApplicable) and any(
        isinstance(s.place, FailingRegion) and s.place.hyperparameter == "x0"
        for s in result.studies
    )


FOUND: dict[str, Chain] = {
    "C1, bowl of 2 axes with its best at 2.2, widened by C1, still cut off": Chain(
        bowl(2.2), 2, never, widened_by_c1, still_cut
    ),
    "C3, fails above 0.6, widened where the best lies, place found": Chain(
        bowl(0.55), 2, above, widened_by_eye, right_place
    ),
    "C10, one of four matters, the same space, another said to matter little": Chain(
        first_alone(0.3), 4, never, kept, one_little
    ),
}
BOXES: dict[str, tuple[Chain, Callable[[Float], float]]] = {
    "15 % by chance, cut where most fail": (
        Chain(bowl(0.5), 2, by_chance, cut_by_eye, place), lambda _: 0.15
    ),
    "95 % above 0.6 and 10 % below, widened where the best lies": (
        Chain(bowl(0.55), 2, above, widened_by_eye, place),
        lambda axis: 0.1 + 0.85 * (axis.high - 0.6) / (axis.high - axis.low),
    ),
}  # fmt: skip


def shares(
    chain: Chain, true: Callable[[Float], float], sizes: tuple[int, int], repeats: int
) -> str:
    """Mean error of the share that fails as it stands and corrected, and the interval's coverage."""
    rng = np.random.default_rng(1)
    raw, corrected, held = [], [], 0
    for _ in range(repeats):
        first = round_of(chain.axes, sizes[0])
        before = run(first, chain, rng, 1)
        chosen = chain.choose(first, before) if before.complete.any() else None
        if chosen is None:
            continue
        second = replace(chosen, trials=sizes[1], seed=1)
        own = run(second, chain, rng, 2)
        both = carry_over(second, own, [EarlierRound(number=1, plan=first, table=before)])
        axis = second.nuisance["x0"]
        assert isinstance(axis, Float)
        share = corrected_share(both)
        raw.append(float(both.infeasible.mean()) - true(axis))
        corrected.append(share.estimate - true(axis))
        held += share.low <= true(axis) <= share.high
    return f"{np.mean(raw):+.1%} | {np.mean(corrected):+.1%} | {cell(held, len(raw))}"


def alarms(chain: Chain, sizes: tuple[int, int], repeats: int, seed: int) -> tuple[int, int, int]:
    """False alarms on the new trials alone and with those carried over, and chains that were run."""
    rng = np.random.default_rng(seed)
    alone = together = ran = tries = 0
    while ran < repeats and tries < MOST_TRIES * repeats:
        tries += 1
        first = round_of(chain.axes, sizes[0])
        before = run(first, chain, rng, 1)
        if not before.complete.any():
            continue
        chosen = chain.choose(first, before)
        if chosen is None:
            continue
        second = replace(chosen, trials=sizes[1], seed=1)
        own = run(second, chain, rng, 2)
        both = carry_over(second, own, [EarlierRound(number=1, plan=first, table=before)])
        alone += chain.alarm(own)
        together += chain.alarm(both)
        ran += 1
    return alone, together, ran


def lines(repeats: int) -> Iterator[str]:
    yield "# Evidence carried over: measured error rates"
    yield ""
    yield f"`python bench/claims/carried_over.py --repeats {repeats}` makes this page {VERSIONS}."
    yield "A first round of Halton points chooses the space of a second one, whose trials are then judged alone and together"
    yield "with the first round's trials that lie in it. Seed noise is a tenth of the response's standard deviation (or as large, where said; of 1 where"
    yield "nothing matters). Shown: the share of second rounds with a false alarm, with its 95 % interval. A chain that hardly ever"
    yield f"asks for another space has fewer rounds, or no row. C3, which is nearest to its 5 %, has {round(2.5 * repeats)} rounds a cell, others {repeats}."
    yield ""
    yield "| check, response, who chose | trials | alone | with those carried over |"
    yield "|---|---|---|---|"
    for name, chain in CHAINS.items():
        for sizes in SIZES:
            wanted = round(2.5 * repeats) if name.startswith("C3") else repeats
            alone, together, ran = alarms(chain, sizes, wanted, 1)
            if not ran:
                continue
            few = "" if ran == wanted else f" of {ran}"
            row = f"| {name} | {sizes[0]} then {sizes[1]} | {cell(alone, ran)} | {cell(together, ran)}{few} |"
            print(row, flush=True)
            yield row
    yield from more_lines(repeats)


def more_lines(repeats: int) -> Iterator[str]:
    """What it brings, and the share of failures that is corrected for where trials lie."""
    yield from (
        "",
        "What it brings: something true that the second round's trials say, alone and together.",
        "",
    )
    yield "| check, response, who chose | trials | alone | with those carried over |"
    yield "|---|---|---|---|"
    for name, chain in FOUND.items():
        for sizes in SIZES[:2] + SIZES[3:]:
            alone, together, ran = alarms(chain, sizes, repeats, 1)
            few = "" if ran == repeats else f" of {ran}"
            yield f"| {name} | {sizes[0]} then {sizes[1]} | {cell(alone, ran)} | {cell(together, ran)}{few} |"
    yield ""
    yield "The share of the space that is infeasible, of both rounds' trials together: the mean error of their plain share, that of the"
    yield "share corrected for where they lie, and how often its 95 % interval holds the truth."
    yield ""
    yield "| infeasible | trials | plain | corrected | interval holds |"
    yield "|---|---|---|---|---|"
    for name, (chain, true) in BOXES.items():
        for sizes in SIZES:
            yield f"| {name} | {sizes[0]} then {sizes[1]} | {shares(chain, true, sizes, repeats)} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    asked = parser.parse_args()
    path = Path(__file__).parents[2] / "docs/claims/carried_over.md"
    written: list[str] = []
    for line in lines(asked.repeats):
        written.append(line)
        path.write_text("\n".join(written) + "\n", "utf-8")
