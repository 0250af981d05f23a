"""The demo: a small tuning project on real networks, planned, run, read, decided and launched.

Nothing is scripted but the plans: what Tunebook finds, proposes and decides comes out of the
training. Run again, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import digits

import tunebook as tb

STEPS = 2000
WHO = "the demo"


def play(folder: Path, workers: int) -> Path:
    """Play the whole story and return the report's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with tb.Book(
        folder / "digits.db",
        objective=tb.minimize("valid/error"),
        training_objective="train/loss",
        chance=digits.CHANCE,
    ) as book:
        first_baseline(book, workers)
        cut_off = learning_rate(book, workers)
        wider = proposed_instead(book, cut_off, workers)
        compare_optimizers(book, wider, workers)
        print(book)
        return book.report(folder / "report.html")


def first_baseline(book: tb.Book, workers: int) -> None:
    """A simple network at a constant rate: does it learn at all? (A5)"""
    baseline = book.round(
        "Does a plain network with Nesterov momentum at a constant rate learn digits?",
        fixed={"optimizer": "nesterov", "learning_rate": 0.002, "momentum": 0.9},
        trials=4,
        max_train_steps=STEPS,
    )
    baseline.run(digits.train, workers=workers)
    book.launch(baseline.decide(digits.train, max_reruns=6, workers=workers), who=WHO)


def learning_rate(book: tb.Book, workers: int) -> tb.Round:
    """A careful first guess at the range of the learning rate, which turns out too low."""
    careful = book.round(
        "Which learning rate and momentum suit this network?",
        nuisance={
            "learning_rate": tb.log_uniform(1e-4, 3e-3),
            "momentum": tb.near_one(0.5, 0.95),
        },
        trials=32,
        max_train_steps=STEPS,
        least_improvement=0.004,
    )
    careful.run(digits.train, workers=workers)
    print(careful.findings())
    return careful


def proposed_instead(book: tb.Book, careful: tb.Round, workers: int) -> tb.Round:
    """Run what Tunebook proposes, as it is, for as long as it says that the space is cut off."""
    last = careful
    for _ in range(2):
        proposal = last.next_round()
        if not any("C1" in change.check for change in proposal.changes):
            break
        print(proposal)
        last = book.plan_round(proposal.plan)
        last.run(digits.train, workers=workers)
        print(last.findings())
    decision = last.decide(digits.train, max_reruns=26, workers=workers)
    if decision.verdict == "adopt":
        book.launch(decision, who=WHO)
    return last


def compare_optimizers(book: tb.Book, wider: tb.Round, workers: int) -> None:
    """Nesterov momentum against Adam, each with its own nuisance hyperparameters."""
    versus = book.round(
        "Does Nesterov momentum beat Adam here?",
        scientific={"optimizer": tb.choice("nesterov", "adam")},
        nuisance={
            "learning_rate": tb.per(
                "optimizer",
                nesterov=wider.plan.nuisance["learning_rate"],
                adam=tb.log_uniform(1e-4, 1e-1),
            ),
            "momentum": tb.per("optimizer", nesterov=wider.plan.nuisance["momentum"]),
            "beta1": tb.per("optimizer", adam=tb.near_one(0.5, 0.99)),
        },
        trials=80,
        max_train_steps=STEPS,
        least_improvement=0.004,
    )
    versus.run(digits.train, workers=workers)
    print(versus.findings())
    decision = versus.decide(digits.train, max_reruns=39, workers=workers)
    if decision.verdict == "adopt":
        book.launch(decision, who=WHO)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo-out"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    began = time.perf_counter()
    report = play(asked.out, asked.workers)
    print(
        f"The demo took {time.perf_counter() - began:.0f} s. Open its report: {report.resolve()}"
    )
