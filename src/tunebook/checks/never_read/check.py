"""A hyperparameter that was varied and that training never read (B2)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.table import TrialTable


def never_read(table: TrialTable, name: str, trials: Sequence[str]) -> Finding:
    """A problem: what any check finds about this hyperparameter is chance.

    Args:
        table: the trials of one round.
        name: of the hyperparameter.
        trials: those whose training code never read it.
    """
    # The book notes it of fresh-seed reruns as well: those are no trials of this table.
    trials = [t for t in trials if t in table.name]
    having = sum(name in config for config in table.config)
    return Finding(
        check="B2",
        severity=Severity.PROBLEM,
        subject=name,
        numbers={"unread": len(trials), "trials": having},
        sentence=(
            f'Training never read "{name}" in {len(trials)} of {plural(having, "trial")} that '
            f"have it ({listed(trials, 4)}): it was varied in vain, and whatever a check says of "
            "it is chance."
        ),
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            subject=name,
            because=f'the training code should read trial.config["{name}"], under this name',
        ),
        trials=tuple(trials),
    )
