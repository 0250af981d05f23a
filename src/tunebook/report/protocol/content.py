"""The tuning protocol of a result, for a paper: what is in it, apart from how it is spelt (D8).

"The protocol is part of the algorithm" (Choi et al. 2019, arXiv 1910.05446): a result is printed
with the spaces, scales, budgets and seeds that it was found with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tunebook.checks.sampling import check as sampling
from tunebook.checks.sampling.check import StudySampling
from tunebook.domain.decision import Launch
from tunebook.domain.design import Round, Study, studies
from tunebook.domain.environment import SHORT
from tunebook.domain.errors import EvidenceError
from tunebook.domain.formats.numbers import (
    ABSENT,
    axis_text,
    date_text,
    gain_text,
    interval_text,
    number,
    plural,
    value_text,
)
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.domain.space import Axis, Choice
from tunebook.domain.trial import Status
from tunebook.report.history import changes_texts, lineage
from tunebook.report.in_a_line import objective_text
from tunebook.report.loop import decision_of
from tunebook.report.protocol.methods import fixed_texts, protocol
from tunebook.report.sealed import contamination, opened_results, sealing_lines

FIXED_IN = "What was fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section: sentences, then tables, then lines of a shell or a file.

    Attributes:
        title: of the section; level: 1 the document, 2 a section, 3 a part of one.
        pairs: (what, text).
        texts: sentences.
        head, rows: of a table; its last rows may be shorter than its head in no case.
        code: lines as they are typed.
    """

    title: str
    level: int = 2
    pairs: tuple[tuple[str, str], ...] = ()
    texts: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    code: tuple[str, ...] = ()


def round_protocol(record: BookRecord, number_: int) -> tuple[Part, ...]:
    """The protocol of one round.

    Raises:
        EvidenceError: the book has no such round.
    """
    found = _round(record, number_)
    head = Part(
        title=f"Tuning protocol of round {number_}: {found.plan.goal}",
        level=1,
        pairs=(("Workload", record.setting.name), ("Objective", objective_text(record.objective))),
    )
    return (head, *_round_parts(record, found), *_ends(record, found))


def launch_protocol(record: BookRecord, number_: int) -> tuple[Part, ...]:
    """The protocol of a launch: its configuration, all that was spent, every round it rests on.

    Raises:
        EvidenceError: the book has no such launch.
    """
    launch = next((x for x in record.launches if x.number == number_), None)
    if launch is None:
        known = f"0 to {len(record.launches) - 1}" if record.launches else "none"
        raise EvidenceError(
            f"there is no launch {number_} in this book; its launches are {known}",
            next_step="name a round instead, or launch a decision first: tunebook launch",
        )
    lines = {x.number: x for x in lineage(record)}
    rounds = [_round(record, lines[x.number].round) for x in _ancestry(record, launch)]
    last = rounds[-1]
    head = Part(
        title=f"Tuning protocol of launch {number_} of {record.setting.name}",
        level=1,
        pairs=(
            ("Objective", objective_text(record.objective)),
            ("Result", f"{interval_text(launch.expected)} over new seeds"),
            ("Training", f"{launch.max_train_steps} steps"),
            ("Launched", f"{date_text(launch.launched_at)}, by {launch.who or 'someone unnamed'}"),
            ("Reason", launch.why or "none given"),
        ),
        head=("Hyperparameter", "Value"),
        rows=tuple((k, value_text(v)) for k, v in launch.config.items()),
    )
    parts = [p for one in rounds for p in _round_parts(record, one)]
    return (head, _spent(record, last), *parts, *_ends(record, last))


def _ancestry(record: BookRecord, launch: Launch) -> list[Launch]:
    by_number = {x.number: x for x in record.launches}
    found = [launch]
    while found[0].parent is not None:
        found.insert(0, by_number[found[0].parent])
    return found


def _round(record: BookRecord, number_: int) -> RoundRecord:
    found = next((r for r in record.rounds if r.number == number_), None)
    if found is None:
        known = f"1 to {len(record.rounds)}" if record.rounds else "none"
        raise EvidenceError(
            f"there is no round {number_} in this book; its rounds are {known}",
            next_step="name one of them, or leave it out for the newest result",
        )
    return found


def _spent(record: BookRecord, last: RoundRecord) -> Part:
    """The budget of every round up to the result: those that led nowhere were spent too."""
    until = [r for r in record.rounds if r.number <= last.number]
    rows = tuple(
        (
            str(r.number),
            r.plan.goal,
            str(len(r.table)),
            str(sum(s is Status.INFEASIBLE for s in r.table.status)),
            str(len(r.reruns)),
            str(r.plan.max_train_steps),
        )
        for r in until
    )
    trials, reruns = sum(len(r.table) for r in until), sum(len(r.reruns) for r in until)
    return Part(
        title="All that was spent",
        texts=(
            f"{plural(trials, 'search trial')} and {plural(reruns, 'rerun')} with new seeds in "
            f"{plural(len(until), 'round')} up to this result.",
        ),
        head=("Round", "Question", "Trials", "Infeasible", "Reruns", "Steps"),
        rows=rows,
    )


def _round_parts(record: BookRecord, found: RoundRecord) -> Iterator[Part]:
    decision = decision_of(record, found.number)
    written = protocol(record, found, decision)
    yield Part(
        title=f"Round {found.number}: {found.plan.goal}",
        pairs=(*written.lines, *_seed_lines(found), *_infeasible_lines(found)),
    )
    for study in studies(found.plan):
        name = f", study {study.name}" if study.name else ""
        yield Part(
            title=f"Search space of round {found.number}{name}",
            level=3,
            texts=(f"{plural(len(study.numbers), 'trial')}.",),
            head=("Hyperparameter", "Role", "Range", "Scale"),
            rows=tuple(_space(found.plan, study)),
        )
    fixed = fixed_texts(found.plan)
    if fixed:
        yield Part(title=f"{FIXED_IN} in round {found.number}", level=3,
                   head=("Hyperparameter", "Value"), rows=tuple(fixed))  # fmt: skip
    yield _tuning_curve(found)
    if decision is not None:
        sides = [
            (s.name, str(len(s.reruns)), interval_text(s.mean),
             gain_text(s.gain, decision.estimand) if s.gain else ABSENT)
            for s in decision.sides
        ]  # fmt: skip
        yield Part(
            title=f"Decision {decision.number} of round {found.number}",
            level=3,
            texts=(decision.sentence, *decision.caveats),
            head=("Side", "Fresh seeds", "Mean (95 % interval)", "Gain over the baseline"),
            rows=tuple(sides),
        )


def _seed_lines(found: RoundRecord) -> list[tuple[str, str]]:
    seeds = dict.fromkeys(str(seed) for seed in found.reruns.seed)
    return (
        [("Seeds of the reruns", f"{', '.join(seeds)}; the same on every side")] if seeds else []
    )


def _infeasible_lines(found: RoundRecord) -> list[tuple[str, str]]:
    lost = [str(c) for s, c in zip(found.table.status, found.table.cause, strict=True)
            if s is Status.INFEASIBLE]  # fmt: skip
    ended = sum(s.ended for s in found.table.status)
    causes = ", ".join(f"{lost.count(c)} {c}" for c in dict.fromkeys(lost))
    said = f"{len(lost)} of {ended} trials that ended"
    return [("Infeasible", f"{said}: {causes}" if lost else said)]


def _space(plan: Round, study: Study) -> Iterator[tuple[str, str, str, str]]:
    for name, value in study.branch.conditions.items():
        yield name, str(plan.role(name)), value_text(value), "settled"
    for name, axis in study.branch.axes.items():
        yield name, str(plan.role(name)), *_range(axis)
    for name, value in study.fixed.items():
        yield name, "fixed", value_text(value), ABSENT


def _range(axis: Axis) -> tuple[str, str]:
    if isinstance(axis, Choice):
        return ", ".join(value_text(v) for v in axis.values), "choice"
    text, _, scale = axis_text(axis).partition(", ")
    return text, scale or "linear"


def _tuning_curve(found: RoundRecord) -> Part:
    """The median of the best of n trials with its 95 % band, for n by powers of two."""
    title = f"Tuning curve of round {found.number}"
    result = sampling.check(found.table)
    if not isinstance(result, sampling.SamplingResult):
        return Part(title=title, level=3, texts=(f"None: {result.reason}.",))
    rows = [row for study in result.studies for row in _curve_rows(study)]
    return Part(
        title=title,
        level=3,
        texts=(
            f"Median of the best {found.table.objective.metric} of n trials, with a 95 % band "
            "that holds for all n at once (Lourie, Cho and He 2024, arXiv 2311.09480). "
            f"Infeasible trials count as infinitely bad. {ABSENT} is unbounded.",
        ),
        head=("Study", "n", "Low", "Median", "High"),
        rows=tuple(rows),
    )


def _curve_rows(study: StudySampling) -> Iterator[tuple[str, ...]]:
    budgets = [int(b) for b in study.budgets]
    for i, budget in enumerate(budgets):
        if budget & (budget - 1) == 0 or budget == budgets[-1]:
            ends = (study.low[i], study.median[i], study.high[i])
            texts = [number(float(v)) if np.isfinite(v) else ABSENT for v in ends]
            yield study.study or "all", str(budget), *texts


def _ends(record: BookRecord, last: RoundRecord) -> Iterator[Part]:
    """What ends every protocol: test set, what it ran on, and how to do it again."""
    opened = [r for r in opened_results(record) if r.round <= last.number]
    if record.seals:
        yield Part(
            title="Test set",
            pairs=sealing_lines(record),
            texts=contamination(record),
            head=("Round", "Side", "Result on the test set") if opened else (),
            rows=tuple((str(r.round), r.side, r.text()) for r in opened),
        )
    yield _ran_on(record, last)
    written = protocol(record, last, decision_of(record, last.number))
    yield Part(
        title="To do it again",
        texts=(written.how,),
        code=written.commands,
    )
    yield Part(title=f"Round file {written.file}", level=3, code=tuple(written.toml.splitlines()))


def _ran_on(record: BookRecord, last: RoundRecord) -> Part:
    noted = [e for r in record.rounds if r.number <= last.number for e in r.environments]
    if not noted:
        here = ", ".join(f"{k} {v}" for k, v in record.versions)
        return Part(
            title="Versions and hardware",
            texts=("They were not on record when this ran; this was written with:", here),
        )
    newest = noted[-1]
    pairs = [
        ("Versions", _listed(newest.versions)),
        ("Hardware", "; ".join(f"{k}: {v}" for k, v in newest.hardware.items())),
        ("Training code", f"{newest.code or 'a function without an import path'}, SHA-256 "
                          f"{newest.sha256[:SHORT]}"),
    ]  # fmt: skip
    if newest.file:
        pairs.append(("Training script", f"{newest.file}, SHA-256 {newest.file_sha256[:SHORT]}"))
    if newest.commit:
        edits = f", with edits that are not committed ({newest.edits_sha256[:SHORT]})"
        pairs.append(("Git commit", newest.commit + (edits if newest.edits_sha256 else "")))
    changes = [
        f"Round {r.number}: {text}"
        for r in record.rounds
        if r.number <= last.number
        for text in changes_texts(r.environments)
    ]
    return Part(title="Versions and hardware", pairs=tuple(pairs), texts=tuple(changes))


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
