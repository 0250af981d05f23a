"""What is said of a lone table beside its findings: its space, its best, its caveats (C11)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.checks.variance_sources.check import trial_noise
from tunebook.checks.variance_sources.labels import labelled
from tunebook.domain.formats.numbers import (
    axis_text,
    better,
    listed,
    number,
    plural,
    reduced_text,
    value_text,
)
from tunebook.domain.table import TrialTable
from tunebook.report.in_a_line import best_trial

FRESH_SEEDS = (
    "No configuration was rerun with a new seed: the best value of a search is flattered, "
    "because it was selected."
)
MOST_FIXED = 40
"""Of the hyperparameters that never vary; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceLine:
    """One hyperparameter of one study: its role and its range, in words."""

    study: str
    hyperparameter: str
    role: str
    range: str


def space_lines(table: TrialTable) -> tuple[SpaceLine, ...]:
    """The search space as the checks took it, study by study.

    Studies whose axes have the same ranges stand together, under all their names.
    """
    same: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for study, branch in table.branches.items():
        axes = tuple(
            (name, str(table.roles.get(name, "nuisance")), axis_text(axis))
            for name, axis in branch.axes.items()
        )
        same.setdefault(axes, []).append(study)
    settled = {n for b in table.branches.values() for n in b.conditions}
    lines = [
        SpaceLine(
            study="",
            hyperparameter=name,
            role=str(table.roles.get(name, "nuisance")),
            range=listed(
                list(
                    map(
                        value_text,
                        dict.fromkeys(
                            b.conditions[name]
                            for b in table.branches.values()
                            if name in b.conditions
                        ),
                    )
                ),
                12,
            ),
        )
        for name in table.roles
        if name in settled
    ]
    for axes, studies in same.items():
        where = listed(studies, 12) if len(same) > 1 else ""
        lines += [
            SpaceLine(study=where, hyperparameter=name, role=role, range=text)
            for name, role, text in axes
        ]
    return tuple(lines)


def space_texts(table: TrialTable) -> list[str]:
    """The same in one line each: `lr: 1e-4 to 1, log (nuisance)`."""
    return [
        f"{line.hyperparameter}{f' [{line.study}]' if line.study else ''}: {line.range} "
        f"({line.role})"
        for line in space_lines(table)
    ]


def fixed(table: TrialTable) -> tuple[tuple[str, str], ...]:
    """(hyperparameter, value) of everything that has one value in all trials that have it."""
    varied = {n for b in table.branches.values() for n in (*b.axes, *b.conditions)}
    held: dict[str, str] = {}
    for config in table.config:
        for name, value in config.items():
            if name not in varied:
                held.setdefault(name, value_text(value))
    return tuple(held.items())[:MOST_FIXED]


def best_sentence(table: TrialTable) -> str:
    """The best trial, and why its value is not what a fresh seed would reach."""
    best = best_trial(table)
    metric = table.objective.metric
    if best is None:
        return f"None of {plural(len(table), 'trial')} has a finite {metric}."
    return (
        f"The best of {plural(int(table.complete.sum()), 'complete trial')}, trial {best.trial}, "
        f"reached {metric} "
        f"{number(best.value)} ({better(table.objective)}), and was selected for that value. "
        "With a new seed it would probably do worse."
    )


def caveats(table: TrialTable) -> tuple[str, ...]:
    """What the findings lean on, most important first."""
    said = []
    if table.inferred_space:
        said.append(
            "No search space was given: ranges and scales were read off the trials. A range from "
            "the lowest to the highest value tried is narrower than the one that was searched, "
            "and a scale is a guess. Give the true ones with --space FILE.toml."
        )
    if table.objective.metric in table.curves:
        said.append(f"A trial counts with {reduced_text(table.objective)}.")
    else:
        said.append(
            f"{table.objective.metric} is a column of the trials, taken as it is: how a curve "
            "became this number is not known."
        )
    if table.adaptive:
        some = bool(table.independent.any())
        said.append(
            f"Earlier results chose later configurations ({_why_adaptive(table)}): checks that "
            "need independent trials "
            + (
                "read those that no result chose, where they are enough."
                if some
                else "do not speak."
            )
        )
    if table.chance is None:
        said.append(
            "Chance, the objective of guessing, was not given: trials that learned nothing "
            "count as complete. Give it with --chance."
        )
    if not table.scientific:
        said.append(
            "No hyperparameter was called scientific: nothing is compared. Name one with "
            "--scientific."
        )
    if trial_noise(labelled(table)) is None:
        said.append(FRESH_SEEDS)
    return tuple(said)


def _why_adaptive(table: TrialTable) -> str:
    """What says that the search was adaptive: the file's sampler, or the caller."""
    origin = table.origin
    said = origin is not None and origin.adaptive
    return f"sampler: {origin.sampler}, as the file says" if said and origin else "--adaptive"
