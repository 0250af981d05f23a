"""A book, or some of its rounds, as one offline HTML file (C12 D6 D8)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tunebook.charts.script import script_bundle
from tunebook.domain.doing import doing, within
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
from tunebook.report.gallery import Shown, pictures_json
from tunebook.report.history import history
from tunebook.report.in_a_line import objective_text
from tunebook.report.page.chapter import Chapter, chapter
from tunebook.report.page.offline import ASSETS, asset, embedded_json, policy
from tunebook.report.page.procedure_chapter import ProcedureChapter, shown
from tunebook.report.repeats import RoundView
from tunebook.report.sealed import opened_results

LONG_WORD = 20
"""Letters of a word that a title leaves whole."""


def render(
    record: BookRecord,
    *,
    rounds: Sequence[int] | None = None,
    proposal: Proposal | None = None,
    procedures: Sequence[ProcedureChapter] = (),
    views: Mapping[int, RoundView] = MappingProxyType({}),
) -> str:
    """Write a book as one HTML file that needs no network and runs no code but its own.

    Args:
        record: the book.
        rounds: numbers of the rounds to show, all if left out; the newest comes first.
        proposal: the round that is proposed after the book's newest; a report of older rounds
            alone leaves it out, since another round followed them.
        procedures: a chapter each.
        views: by number of the round, what its checks say; a round without is examined.

    Raises:
        EvidenceError: a round was asked for that the book does not have.
    """
    chapters = _chapters(record, rounds, proposal, views)
    done = shown(procedures)
    # Where the newest round is a stage of a procedure, its question is not the one that is asked.
    last = chapters[0].number if chapters else None
    leading = [p for p in done if last in {stage.round for stage in p.chapter.stages}]
    drawn = [*(c.gallery.shown for c in chapters), *(p.pictures for p in done)]
    in_page = {c.number for c in chapters}
    return write_page(
        "page.html",
        [s for several in drawn for s in several],
        record=record,
        newest=chapters[0] if chapters else None,
        earlier=chapters[1:],
        shown=in_page,
        leading=leading if last is not None else [],
        others=[p for p in done if p not in leading],
        notebook=history(record),
        opened=opened_results(record),
    )


def write_page(template: str, pictures: Sequence[Shown], **content: object) -> str:
    """A template with its content, its pictures, the script that draws them and the style."""
    doing("Writing the page")
    scripts = [script_bundle(), asset("page.js")]
    style = asset("page.css")
    text = (
        environment()
        .get_template(template)
        .render(
            policy=policy(scripts, [style]),
            scripts=[Markup(s) for s in scripts],  # our own and Vega's, hashed above
            style=Markup(style),  # our own
            pictures=Markup(pictures_json(pictures)),  # escaped by embedded_json
            **content,
        )
    )
    # A lone surrogate in what a trial printed could not be written as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def _chapters(
    record: BookRecord,
    rounds: Sequence[int] | None,
    proposal: Proposal | None,
    views: Mapping[int, RoundView],
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
    newest = record.rounds[-1].number if record.rounds else None
    chapters = []
    for n in wanted:
        with within(f"Round {n}"):
            ahead = proposal if n == newest else None
            chapters.append(chapter(record, by_number[n], ahead, views.get(n)))
    return chapters


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
        "data": lambda content: Markup(embedded_json(content)),  # escaped by embedded_json
        "date": date_text,
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
