"""The baseline's configuration in a round that varies other hyperparameters (B2 D3).

A decision reruns the baseline with the round's training code. Where that code reads a
hyperparameter that the baseline does not have, every rerun of the baseline crashes.
"""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.decision import Launch
from tunebook.domain.design import Round, Study, studies
from tunebook.domain.trial import Configuration


def completed(plan: Round, baseline: Configuration) -> Configuration:
    """The configuration that a decision reruns: the baseline's, and what the round holds fixed."""
    fitting = _fitting(plan, baseline)
    fixed = fitting[0].fixed if fitting else {}
    return {**{k: v for k, v in fixed.items() if k not in baseline}, **baseline}


def lacking(plan: Round, baseline: Configuration) -> tuple[str, ...]:
    """Hyperparameters that each trial of the round has and the baseline does not, in order.

    Where the baseline fits a branch of the round, only such branches count.

    Example:
        >>> from tunebook.domain.formats.spelling import choice
        >>> plan = Round(goal="?", scientific={"clip": choice(0.0, 1.0)}, nuisance={},
        ...              fixed={"lr": 0.1}, trials=4, max_train_steps=10)
        >>> lacking(plan, {"lr": 0.1})
        ('clip',)
    """
    known = completed(plan, baseline)
    needed = [_names(study) for study in _fitting(plan, baseline) or studies(plan)]
    common = [n for n in needed[0] if all(n in names for names in needed)] if needed else []
    return tuple(n for n in common if n not in known)


def gaps_text(plan: Round, baseline: Launch | None) -> str:
    """What the baseline lacks, what that does to a decision and what to do; or nothing."""
    names = lacking(plan, baseline.config) if baseline is not None else ()
    if baseline is None or not names:
        return ""
    listed = ", ".join(names)
    first = f'trial.config.get("{names[0]}", VALUE)'
    return (
        f"The baseline (launch {baseline.number}) has no value of {listed}. `decide` reruns it "
        "with this round's training code, and code that reads a missing value crashes. Give a "
        f"default: {first}. `tunebook try FILE` trains the baseline for a few steps."
    )


def _fitting(plan: Round, baseline: Configuration) -> Sequence[Study]:
    """The studies whose settled values the baseline has, or does not name."""
    return [
        study
        for study in studies(plan)
        if all(baseline.get(k, v) == v for k, v in study.branch.conditions.items())
    ]


def _names(study: Study) -> tuple[str, ...]:
    return (*study.branch.conditions, *study.branch.axes, *study.fixed)
