"""Findings, rounds, decisions and launches for a terminal; plain where it is a pipe (C12 D6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from tunebook.domain.decision import CaveatKind, Decision, Launch, Verdict
from tunebook.domain.finding import WORST_FIRST, CheckFailed, Examination, Finding, Severity
from tunebook.domain.formats.numbers import (
    config_text,
    counts_text,
    gain_text,
    interval_text,
    left_out_texts,
    number,
    percent,
    plural,
)
from tunebook.domain.prediction import PredictionOutcome
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.examination.objective_direction import doubts_direction
from tunebook.report.check_texts import check_text, numbers_texts, remedy_text
from tunebook.report.in_a_line import best_trial, verdict_label
from tunebook.report.outcome import RoundSummary, summary_lines
from tunebook.report.reading import RoundReading
from tunebook.report.terminal.book_text import book_text, standing_lines
from tunebook.report.terminal.lines import indented, inside, line, printable, show
from tunebook.report.terminal.parts import Group, Text
from tunebook.report.terminal.predictions import predictions_text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

MOST_ALIKE = 12
"""Findings of one check and severity that are written; more are counted."""

MARKS = {
    Severity.PROBLEM: ("◆ problem", "bold red"),
    Severity.WARNING: ("▲ warning", "bold yellow"),
    Severity.NOTE: ("● note", "bold cyan"),
    Severity.PASS: ("✓ pass", "dim"),
}
VERDICT_STYLES = {
    Verdict.ADOPT: "bold cyan",
    Verdict.KEEP: "bold",
    Verdict.MORE_EVIDENCE: "bold yellow",
}


def findings_text(
    examination: Examination,
    *,
    title: str = "",
    everything: bool = True,
    summary: RoundSummary | None = None,
    unfold: str = "--all shows them",
) -> Renderable:
    """Every finding, the worst last, where it stays in view; readable from 60 columns on.

    Args:
        examination: what the checks found.
        title: above all else.
        everything: write each passed check and every number; else one line counts the passed.
        summary: written after the findings.
        unfold: how the reader sees what is counted only.
    """
    parts: list[Renderable] = [Text(printable(title), style="bold"), Text()] if title else []
    parts += _not_applicable(examination) if everything else []
    parts += [line(f"· {text}", "dim") for text in left_out_texts(examination.left_out)]
    if not everything:
        parts += [line(failed_text(n), "bold red") for n in failed_checks(examination)]
    if not everything and (folded := folded_text(examination, unfold)):
        parts += [line(folded, "dim"), Text()]
    rising = sorted(  # a wrong direction reverses all others, so that it is read first
        examination.findings,
        key=lambda f: (-WORST_FIRST.index(f.severity), f.settled, doubts_direction(f)),
    )
    for (severity, check, _), alike in groupby(rising, lambda f: (f.severity, f.check, f.settled)):
        if severity is Severity.PASS and not everything:
            continue
        own = list(alike)
        parts += [
            _passed(f)
            if severity is Severity.PASS
            else finding_renderable(f, all_numbers=everything)
            for f in own[:MOST_ALIKE]
        ]
        if len(own) > MOST_ALIKE:
            more = f"{check}: {len(own) - MOST_ALIKE} similar findings; --json lists them all"
            parts.append(line(f"{MARKS[severity][0]}  {more}", "dim"))
    if not parts:
        parts.append(Text("No check had anything to read yet."))
    return Group(*parts, *(summary_parts(summary) if summary else ()))


def folded_text(examination: Examination, unfold: str) -> str:
    """`✓ 11 checks passed, 4 had too little data; --all shows them`; empty for none."""
    passed = sum(f.severity is Severity.PASS for f in examination.findings)
    silent = sum(not isinstance(n, CheckFailed) for n in examination.not_applicable)
    counts = [f"{plural(passed, 'check')} passed"] if passed else []
    if silent:
        counts.append(f"{silent if passed else plural(silent, 'check')} did not apply")
    return f"✓ {', '.join(counts)}; {unfold}" if counts else ""


def failed_checks(examination: Examination) -> list[CheckFailed]:
    """Checks that raised an error; never folded away."""
    return [n for n in examination.not_applicable if isinstance(n, CheckFailed)]


def failed_text(failed: CheckFailed) -> str:
    """One that raised an error, in a line."""
    return f"· {failed.check} {check_text(failed.check).title} failed: {failed.reason}"


def _not_applicable(examination: Examination) -> list[Renderable]:
    return [
        line(f"· {n.check} {check_text(n.check).title} did not apply: {n.reason}", "dim")
        for n in examination.not_applicable
    ]


def summary_parts(summary: RoundSummary) -> list[Renderable]:
    """The best configuration, the good values, and why trials did not complete."""
    parts: list[Renderable] = []
    for head, lines in summary_lines(summary):
        parts += [line(head, "bold"), *(inside(text) for text in lines)]
    return parts


def book_renderable(record: BookRecord) -> Renderable:
    """A book at a glance: its rounds, its lineage, and where it stands."""
    from tunebook.report.record_glance import glance_of

    return book_text(glance_of(record))


def round_renderable(found: RoundRecord, *, causes: bool = True) -> Renderable:
    """A round at a glance: its question, its trials' fates, its best, and why trials failed."""
    from tunebook.report.round_summary import summarize
    from tunebook.statistics.curves.lengths import trained_text

    best = best_trial(found.table)
    metric = found.table.objective.metric
    lost = summarize(found.table, {}, found.details, found.reruns)
    lines: list[Renderable] = [
        line(f"Round {found.number}: {found.plan.goal}", "bold"),
        line(
            f"{plural(found.plan.trials, 'trial')} planned: {counts_text(found.table.status)}; "
            f"{trained_text(found.table) or f'max_train_steps {found.plan.max_train_steps}'}"
        ),
    ]
    if best:
        row = found.table.name.index(best.trial)
        config = config_text(found.table.config[row])
        lines.append(line(f"Best {metric}: {number(best.value)} by {best.trial} ({config})"))
        if lost.repeated:
            lines.append(line(lost.repeated))
    if len(found.reruns):
        lines.append(line(f"Reruns with new seeds: {counts_text(found.reruns.status)}"))
    if causes and lost.lost:
        lines += summary_parts(replace(lost, best=None))
    return Group(*lines)


def decision_renderable(decision: Decision) -> Renderable:
    """A decision with the evidence that it stands on."""
    from tunebook.report.verdict import gain_note, level_note

    head, bracket, why = verdict_label(decision).partition(" (")
    verdict = Text(f"{head.upper()}{bracket}{why}", style=VERDICT_STYLES[decision.verdict])
    sides: list[Renderable] = []
    for side in decision.sides:
        source = f", from trial {side.selected_by}" if side.selected_by else ""
        sides.append(line(f"{side.name}{source}, {plural(len(side.reruns), 'rerun')}", "bold"))
        gain = f"; {gain_text(side.gain, decision.estimand, named=True)}" if side.gain else ""
        sides.append(inside(f"mean {interval_text(side.mean)}{gain}"))
    level, note = level_note(decision), gain_note(decision)
    return Group(
        Text.assemble(f"Round {decision.round}, decision {decision.number}: ", verdict),
        line(decision.sentence),
        *([line(level, "dim")] if level else []),
        *(line(f"◆ {p.check} is an open problem: {p.sentence}", "bold red")
          for p in decision.problems),
        Text(),
        *sides,
        Text(),
        *([line(note, "dim")] if note else []),
        line(
            "Reruns with new seeds alone. Means have a 95 % CI; the CI of a gain allows for every "
            "interim look and candidate. Least improvement "
            f"{number(decision.least_improvement)}; level {percent(decision.error_rate, 2)}, the "
            "chance to adopt what brings no more than that.",
            "dim",
        ),
        *(line(f"· {caveat}", "dim") for caveat in decision.caveats_but(CaveatKind.PROBLEM)),
    )  # fmt: skip


def launch_renderable(launch: Launch) -> Renderable:
    """A launch: the new baseline."""
    return Group(
        Text(f"Launch {launch.number} is the baseline now.", style="bold"),
        line(f"Expected: {interval_text(launch.expected)} at {launch.max_train_steps} steps"),
        line(f"Configuration: {config_text(launch.config)}"),
        line(f"Launched by {launch.who or 'someone unnamed'}, on decision {launch.decision}."),
        line(f"Why: {launch.why}"),
        *([line(f"Despite open problems: {', '.join(launch.despite)}", "bold yellow")]
          if launch.despite else []),
    )  # fmt: skip


def show_predictions(outcomes: Sequence[PredictionOutcome]) -> None:
    """Print the predictions of the round before with their outcomes, where it made any."""
    if outcomes:
        show(Group(Text(), predictions_text(outcomes)))


def show_lines(head: str, lines: Iterable[str], *, most: int = 24) -> None:
    """Print a heading and a line each; of many, the first and how many more there are."""
    said = list(lines)
    more = [f"and {len(said) - most} more"] if len(said) > most else []
    shown = [line(f"· {text}", "dim") for text in (*said[:most], *more)]
    show(Group(Text(), Text(printable(head), style="bold"), *shown))


def show_findings(read: RoundReading, *, everything: bool = False) -> None:
    """Print what the checks say of a round, under the outcomes of its predictions.

    Args:
        read: what the checks say.
        everything: write each passed check; else one line counts them.
    """
    show(Text(""))
    show_predictions(read.predictions)
    show(findings_text(read.examination, everything=everything, summary=read.summary))


def show_standing(record: BookRecord, number: int) -> None:
    """Print what comes next for a round, and the command that does it."""
    from tunebook.report.loop import standing

    stands = standing(record, number)
    show(Group(Text(), *standing_lines(stands)))


def finding_renderable(finding: Finding, *, all_numbers: bool = True) -> Renderable:
    """One finding: its head, sentence, numbers and what to do."""
    mark, style = MARKS[finding.severity]
    body: list[Renderable] = [Text(printable(finding.sentence))]
    numbers = numbers_texts(finding)
    if 0 < len(numbers) <= 4:
        body.append(line("; ".join(f"{n}: {text}" for n, text in numbers), "dim"))
    elif all_numbers:
        body += [line(f"{n}: {text}", "dim") for n, text in numbers]
    if finding.remedy:
        body.append(line(f"Do: {remedy_text(finding)}", "cyan"))
    head = Text.assemble((mark, style), f"  {printable(_head(finding))}")
    return Group(head, indented(*body, below=1))


def _passed(finding: Finding) -> Renderable:
    return line(f"{MARKS[Severity.PASS][0]}  {_head(finding)}: {finding.sentence}", "dim")


def _head(finding: Finding) -> str:
    subject = f" · {finding.subject}" if finding.subject else ""
    return f"{finding.check} {check_text(finding.check).title}{subject}"
