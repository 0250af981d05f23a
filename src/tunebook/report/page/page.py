"""A book, or some of its rounds, as one offline HTML file (C12 D6 D8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tunebook.charts.render import script_bundle
from tunebook.domain.decision import Decision, Launch
from tunebook.domain.errors import EvidenceError
from tunebook.domain.formats.numbers import (
    config_text,
    counts_text,
    date_text,
    gain_text,
    interval_text,
    number,
    percent,
    plural,
    seconds_text,
    value_text,
)
from tunebook.domain.record import BookRecord, Proposal
from tunebook.report.gallery import pictures_json
from tunebook.report.history import history
from tunebook.report.loop import decision_of
from tunebook.report.page.chapter import Chapter, chapter
from tunebook.report.page.offline import ASSETS, asset, policy
from tunebook.report.page.procedure_chapter import ProcedureChapter, shown
from tunebook.report.sealed import opened_results
from tunebook.report.verdict import best_trial, objective_text, verdict_label

LONG_WORD = 20
"""Letters of a word that a title leaves whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """A round in one line of the book's history."""

    number: int
    goal: str
    when: str
    trials: str
    best: str
    verdict: str
    launch: int | None
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageLine:
    """A launch in one line: what it changed against the one before."""

    launch: Launch
    round: int
    changed: str
    when: str


def render(
    record: BookRecord,
    *,
    rounds: Sequence[int] | None = None,
    proposal: Proposal | None = None,
    procedures: Sequence[ProcedureChapter] = (),
) -> str:
    """Write a book as one HTML file that needs no network and runs no code but its own.

    Args:
        record: the book.
        rounds: numbers of the rounds to show, all if left out; the newest comes first.
        proposal: the round that is proposed after the book's newest; a report of older rounds
            alone leaves it out, since another round followed them.
        procedures: a chapter each.

    Raises:
        EvidenceError: a round was asked for that the book does not have.
    """
    chapters = _chapters(record, rounds, proposal)
    scripts = [script_bundle(), asset("page.js")]
    style = asset("page.css")
    done = shown(procedures)
    # Where the newest round is a stage of a procedure, its question is not the one that is asked.
    last = chapters[0].number if chapters else None
    leading = [p for p in done if last in {stage.round for stage in p.chapter.stages}]
    drawn = [*(c.gallery.shown for c in chapters), *(p.pictures for p in done)]
    pictures = pictures_json(s for several in drawn for s in several)
    in_page = {c.number for c in chapters}
    text = (
        environment()
        .get_template("page.html")
        .render(
            record=record,
            newest=chapters[0] if chapters else None,
            earlier=chapters[1:],
            shown=in_page,
            leading=leading if last is not None else [],
            others=[p for p in done if p not in leading],
            history=_history(record, in_page),
            lineage=_lineage(record),
            notebook=history(record),
            opened=opened_results(record),
            policy=policy(scripts, [style]),
            scripts=[Markup(s) for s in scripts],  # our own and Vega's, hashed above
            style=Markup(style),  # our own
            pictures=Markup(pictures),  # escaped by embedded_json
        )
    )
    # A lone surrogate in what a trial printed could not be written as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def _chapters(
    record: BookRecord, rounds: Sequence[int] | None, proposal: Proposal | None
) -> list[Chapter]:
    by_number = {r.number: r for r in record.rounds}
    wanted = sorted(by_number if rounds is None else set(rounds), reverse=True)
    for number_ in wanted:
        if number_ not in by_number:
            raise EvidenceError(
                f"a report shows rounds of the book, 1 to {len(record.rounds)}; "
                f"there is no round {number_}",
                next_step="leave the number out for all of them",
            )
    return [
        chapter(record, by_number[n], proposal if n == record.rounds[-1].number else None)
        for n in wanted
    ]


def environment() -> Environment:
    """What every page is written with: everything escaped, nothing undefined."""
    made = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "breakable": breakable,
        "config": config_text,
        "counts": counts_text,
        "gain": gain_text,
        "interval": interval_text,
        "number": number,
        "objective": objective_text,
        "plural": plural,
        "seconds": seconds_text,
        "percent": percent,
        "value": value_text,
    }
    return made


def unbroken(shown: object) -> object:
    """Text in which no line ends between a number and its percent sign; markup as it is."""
    if type(shown) is not str or " %" not in shown:
        return shown
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", shown)


def breakable(text: str, long: int = LONG_WORD) -> Markup:
    """A title that may break before `[`, and in a long word after `=`, `/` and `_`."""
    pieces = [
        piece
        for word in re.split(r"(?<= )|(?=\[)", text)
        for piece in (re.split(r"(?<=[=/_])", word) if len(word) > long else [word])
    ]
    return Markup("<wbr>").join(escape(piece) for piece in pieces if piece)


def _history(record: BookRecord, shown: set[int]) -> list[HistoryLine]:
    lines = []
    for found in record.rounds:
        decision = decision_of(record, found.number)
        best = best_trial(found.table)
        launch = next(
            (x.number for x in record.launches if decision and x.decision == decision.number), None
        )
        lines.append(
            HistoryLine(
                number=found.number,
                goal=found.plan.goal,
                when=date_text(found.created_at),
                trials=counts_text(found.table.status),
                best=f"{number(best.value)} ({best.trial})" if best else "none",
                verdict=_verdict(record, found.number, decision),
                launch=launch,
                shown=found.number in shown,
            )
        )
    return lines


def _verdict(record: BookRecord, number: int, decision: Decision | None) -> str:
    if decision is not None:
        return verdict_label(decision)
    return "not decided yet" if number == record.rounds[-1].number else "not decided"


def _lineage(record: BookRecord) -> list[LineageLine]:
    by_number = {x.number: x for x in record.launches}
    rounds = {d.number: d.round for d in record.decisions}
    return [
        LineageLine(
            launch=launch,
            round=rounds.get(launch.decision, 0),
            changed=_changed(
                launch, by_number.get(launch.parent) if launch.parent is not None else None
            ),
            when=date_text(launch.launched_at),
        )
        for launch in record.launches
    ]


def _changed(launch: Launch, parent: Launch | None) -> str:
    """What the launch sets anew, `learning_rate 1e-3 → 0.0213`; all of it for the first."""
    if parent is None:
        return config_text(launch.config)
    changes = [
        f"{name} {value_text(parent.config.get(name))} → {value_text(launch.config.get(name))}"
        for name in dict.fromkeys([*parent.config, *launch.config])
        if parent.config.get(name) != launch.config.get(name)
    ]
    if parent.max_train_steps != launch.max_train_steps:
        changes.append(f"steps {parent.max_train_steps} → {launch.max_train_steps}")
    return ", ".join(changes) or "nothing"
