"""Measured rates of D1 without a baseline: learners that guess, and learners that learn (A5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from rate_page import cell

from tunebook.deciding.comparison import conclude, read_look
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.deciding.sequential_design import OUTER, planned
from tunebook.domain.decision import RerunPlan, Verdict
from tunebook.domain.design import Direction, Objective

ACCURACY = Objective("valid/accuracy", Direction.MAXIMIZE)
CHANCE, EXAMPLES, EVALUATIONS = 0.25, 500, 20
CLASSES = round(1 / CHANCE)
LEVEL = 0.05
REPEATS = 1000
Curves = Callable[[np.random.Generator, int], np.ndarray]
"""Accuracy of so many reruns at each evaluation: reruns by evaluations."""


def guesses(rng: np.random.Generator, n: int) -> np.ndarray:
    """Every evaluation guesses anew."""
    return rng.binomial(EXAMPLES, CHANCE, (n, EVALUATIONS)) / EXAMPLES


def slow_guesses(rng: np.random.Generator, n: int) -> np.ndarray:
    """A tenth of the guesses changes from one evaluation to the next."""
    right = rng.random((n, EXAMPLES)) < CHANCE
    curves = np.empty((n, EVALUATIONS))
    for k in range(EVALUATIONS):
        anew = rng.random((n, EXAMPLES)) < 0.1
        right = np.where(anew, rng.random((n, EXAMPLES)) < CHANCE, right)
        curves[:, k] = right.mean(1)
    return curves


def network(rng: np.random.Generator, n: int, *, fixed: bool, width: int = 32) -> np.ndarray:
    """A network of one hidden layer, trained on labels that are coin flips.

    Args:
        rng: of data, weights and batches.
        n: reruns.
        fixed: all reruns share the training and the validation set, as in practice.
        width: of the hidden layer.
    """
    sets, inputs, batch, rate = 1 if fixed else n, 20, 64, 0.3
    labels = np.arange(EXAMPLES) % CLASSES
    x, held = rng.normal(size=(2, sets, EXAMPLES, inputs))
    y, truth = (np.array([rng.permutation(labels) for _ in range(sets)]) for _ in range(2))
    own = np.arange(n)[:, None] % sets
    first = rng.normal(size=(n, inputs, width)) / inputs**0.5
    second = rng.normal(size=(n, width, CLASSES)) / width**0.5
    curves = np.empty((n, EVALUATIONS))
    for k in range(EVALUATIONS):
        for _ in range(15):
            rows = rng.integers(0, EXAMPLES, (n, batch))
            seen = x[own, rows]
            hidden = np.maximum(seen @ first, 0)
            out = hidden @ second
            share = np.exp(out - out.max(-1, keepdims=True))
            share /= share.sum(-1, keepdims=True)
            np.put_along_axis(
                share, y[own, rows][..., None],
                np.take_along_axis(share, y[own, rows][..., None], -1) - 1, -1,
            )  # fmt: skip
            back = (share / batch) @ second.transpose(0, 2, 1) * (hidden > 0)
            second -= rate * hidden.transpose(0, 2, 1) @ (share / batch)
            first -= rate * seen.transpose(0, 2, 1) @ back
        answers = (np.maximum(held @ first, 0) @ second).argmax(-1)
        curves[:, k] = (answers == truth).mean(-1)
    return curves


def learner(end: float, best: float) -> Curves:
    """Rises to `best` at half of training, then goes to `end`; seeds differ by 0.01."""

    def curves(rng: np.random.Generator, n: int) -> np.ndarray:
        mean = np.interp(np.linspace(0, 1, EVALUATIONS), [0, 0.5, 1], [CHANCE, best, end])
        moved = np.clip(mean + 0.01 * rng.normal(size=(n, 1)), 0, 1)
        return rng.binomial(EXAMPLES, moved, (n, EVALUATIONS)) / EXAMPLES

    return curves


LEARNERS: dict[str, tuple[Curves, int]] = {
    "guesses anew at each evaluation": (guesses, 1),
    "guesses that change slowly": (slow_guesses, 1),
    "network, coin-flip labels, new data for each rerun": (
        lambda rng, n: network(rng, n, fixed=False), 5,
    ),
    "network, coin-flip labels, the same data for all": (
        lambda rng, n: network(rng, n, fixed=True), 5,
    ),
    "reaches 0.30": (learner(0.30, 0.29), 1),
    "reaches 0.40": (learner(0.40, 0.38), 1),
    "reaches 0.80": (learner(0.80, 0.75), 1),
    "reaches 0.60, then overfits to 0.40": (learner(0.40, 0.60), 1),
}  # fmt: skip
"""By name: curves, and by how much fewer decisions are simulated, since networks take long."""


@cache
def plan_against_chance(most: int) -> RerunPlan:
    """The plan that a book makes for a first baseline."""
    made = planned(most, LEVEL)
    return RerunPlan(
        number=1, round=1, candidates=("best",), configs=({"side": "best"},), looks=made.looks,
        adopt=made.adopt, drop=made.drop, outer=made.outer, level=LEVEL,
        confidence=1 - LEVEL * (1 + OUTER), excess=made.excess, planned_at=0.0,
    )  # fmt: skip


def adopts(curves: np.ndarray, *, best: bool = False, examples: int | None = None) -> bool:
    """Whether reruns with these curves are adopted.

    Args:
        curves: accuracy of each rerun at each evaluation.
        best: compare the best of each curve, as no decision does.
        examples: size of the validation set, where it was told.
    """
    plan, values = plan_against_chance(len(curves)), curves.max(1)
    asked = Question(objective=ACCURACY, chance=CHANCE, validation_examples=examples)
    for look, n in enumerate(plan.looks):
        last = () if best else tuple(curves[:n, -1].tolist())
        side = SideEvidence(name="best", values=tuple(values[:n].tolist()), last=last)
        reading = read_look(side, None, asked, plan, look)
        if reading.adopted or reading.dropped:
            break
    return conclude([reading], asked).verdict is Verdict.ADOPT


def chance_rows(repeats: int = REPEATS) -> list[str]:
    """How often each learner is adopted as a first baseline."""
    rows = [
        "| learner | adopted, 6 reruns | adopted, 12 reruns | with validation_examples, 6 reruns "
        "| with validation_examples, 12 reruns | by the best of each curve, 6 reruns |",
        "|---|---|---|---|---|---|",
    ]
    for name, (drawn, fewer) in LEARNERS.items():
        rng, count = np.random.default_rng(11), max(1, repeats // fewer)
        curves = [drawn(rng, 12) for _ in range(count)]
        found = [
            sum(adopts(c[:most], best=best, examples=examples) for c in curves)
            for most, best, examples in (
                (6, False, None),
                (12, False, None),
                (6, False, EXAMPLES),
                (12, False, EXAMPLES),
                (6, True, None),
            )
        ]
        rows.append(f"| {name} | {' | '.join(cell(n, count) for n in found)} |")
    return rows


def chance_section() -> list[str]:
    """The section of the page on first baselines."""
    return [
        "## A first baseline against chance",
        "",
        f"Learners with {EVALUATIONS} evaluations on {EXAMPLES} validation examples of {CLASSES} balanced classes; chance is {CHANCE:g}, the level 5 %. A trial",
        "counts with the best of its curve; the comparison takes the last evaluation. The claim: on new data for each rerun, a",
        "learner that guesses is adopted in at most 5 % of decisions. The last column is the same test of the best of each curve.",
        f"`python bench/claims/against_chance.py` prints this section: {REPEATS} decisions a row, {REPEATS // 5} of a network.",
        "",
        *chance_rows(),
        "",
        "Reruns that share one training and one validation set err on the same examples, which new seeds do not average out: such",
        "a network is adopted more often than 5 %, since it does beat chance on that validation set. With",
        "`validation_examples` the standard error includes the choice of examples (as if all reruns erred on the same).",
    ]


if __name__ == "__main__":
    print("\n".join(chance_section()))
