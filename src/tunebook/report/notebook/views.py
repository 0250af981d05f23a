"""What a notebook shows of findings, rounds, decisions and books: HTML that runs no script (C12).

Pictures are images (SVG in data URLs), so that an untrusted notebook shows them too. A notebook
file keeps each display, so one display has at most MOST_CHARACTERS of pictures: those of its
findings first. `round.pictures()` has all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from tunebook.charts.picture import Picture
from tunebook.charts.render import to_svg
from tunebook.checks.charts import without_repeats
from tunebook.checks.design_faults.one_question import goal_warnings
from tunebook.domain.decision import Decision
from tunebook.domain.finding import Examination, Finding, Severity
from tunebook.domain.formats.numbers import (
    gain_text,
    interval_text,
    left_out_texts,
    number,
)
from tunebook.domain.record import BookRecord, Proposal
from tunebook.planning.forecast import PlannedRound
from tunebook.planning.trade_offs import Trade
from tunebook.planning.wording import assumption, too_small
from tunebook.report.check_texts import check_text, numbers_texts, remedy_text
from tunebook.report.gallery import gallery, shown_with
from tunebook.report.history import history
from tunebook.report.in_a_line import verdict_label
from tunebook.report.loop import decision_of, standing
from tunebook.report.notebook.compact_svg import compact
from tunebook.report.outcome import RoundSummary, summary_lines
from tunebook.report.page.offline import asset
from tunebook.report.repeats import RoundView, view_of
from tunebook.report.terminal.lines import plain, show
from tunebook.report.terminal.plan import COLUMNS, planned_lines, trade_rows, trades_head
from tunebook.report.terminal.summaries import (
    book_renderable,
    failed_checks,
    failed_text,
    findings_text,
    folded_text,
)
from tunebook.report.verdict import answer, gain_note, level_note

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

MOST_CHARACTERS = 64_000
"""Of all pictures in one display; with its text it stays below 100 kB."""
MOST_PICTURES = 6


class FindingsView:
    """An examination that shows itself: as text in a terminal, as HTML in a notebook.

    Attributes:
        examination: what it shows.
        pictures: those of the findings are shown below them in a notebook.
        summary: the best configuration, good values, and why trials did not complete.
    """

    def __init__(
        self,
        examination: Examination,
        pictures: Sequence[Picture] = (),
        summary: RoundSummary | None = None,
    ) -> None:
        self.examination = examination
        self._pictures = pictures
        self.summary = summary

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture of the checks; drawn at the first look."""
        return tuple(self._pictures)

    @property
    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self.examination.findings

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, place: int) -> Finding:
        return self.findings[place]

    def show(self, *, everything: bool = False) -> None:
        """Print the findings, with colours on a terminal.

        Args:
            everything: each passed check too, instead of their number.
        """
        show(self._text(everything=everything))

    def _text(self, *, everything: bool = False) -> Renderable:
        return findings_text(
            self.examination,
            everything=everything,
            summary=self.summary,
            unfold=".show(everything=True) lists them",
        )

    def __repr__(self) -> str:
        return plain(self._text())

    def _repr_html_(self) -> str:
        return findings_html(self.examination, self.pictures, self.summary)


def findings_html(
    examination: Examination,
    pictures: Sequence[Picture] = (),
    summary: RoundSummary | None = None,
) -> str:
    """Best configuration and findings, worst first, then the pictures of the findings."""
    images, left = _images(examination.findings, pictures)
    return _render(
        "findings",
        examination=examination,
        folded=folded_text(examination, "").rstrip("; "),
        summary=summary_lines(summary) if summary else (),
        pictures=images,
        left=left,
    )


def audit_html(
    examination: Examination,
    pictures: Sequence[Picture],
    summary: RoundSummary,
    *,
    source: str,
    read: Mapping[str, Iterable[str]],
) -> str:
    """A sweep that was run elsewhere: what was read of it, then as a round's findings.

    Args:
        examination, pictures, summary: as `findings_html` takes them.
        source: where the sweep lies.
        read: what was read, lines by heading; folded.
    """
    images, left = _images(examination.findings, pictures)
    return _render(
        "audit",
        source=source,
        read=[(head, list(lines)) for head, lines in read.items()],
        examination=examination,
        folded=folded_text(examination, "").rstrip("; "),
        summary=summary_lines(summary),
        pictures=images,
        left=left,
    )


def _images(findings: Sequence[Finding], pictures: Iterable[Picture]) -> tuple[list[str], int]:
    """Pictures of findings, worst first, then others, while there is room; how many are left."""
    every = without_repeats(pictures)
    open_ = [f for f in findings if f.severity is not Severity.PASS]
    wanted = [p for f in open_ for p in shown_with(f, every)[0]]
    return _fitting(list({p.name: p for p in (*wanted, *every)}.values()))


def _fitting(order: Sequence[Picture]) -> tuple[list[str], int]:
    """The first pictures for which a display has room; how many are left."""
    images: list[str] = []
    room = MOST_CHARACTERS
    for picture in order:
        if len(images) == MOST_PICTURES:
            break
        image = picture_html(picture)
        if len(image) <= room:
            images.append(image)
            room -= len(image)
    return images, len(order) - len(images)


def pictures_html(pictures: Sequence[Picture]) -> str:
    """Pictures one after another, as many as a display has room for."""
    images, left = _fitting(pictures)
    return _render("pictures", pictures=images, left=left)


def round_html(record: BookRecord, number: int, view: RoundView | None = None) -> str:
    """A round: its question and answer, findings and pictures; without a view it is examined."""
    found = next(r for r in record.rounds if r.number == number)
    decision = decision_of(record, number)
    view = view_of(found, record.rounds) if view is None else view
    examination = view.reading.examination
    drawn = gallery("", view.drawing, found, decision)
    verdict_first = sorted((g for g in drawn.groups), key=lambda g: g.check != "D1")
    images, left = _images(
        examination.findings, (s.picture for g in verdict_first for s in g.pictures)
    )
    return _render(
        "round",
        found=found,
        answer=answer(found, decision, examination),
        standing=standing(record, number),
        examination=examination,
        folded=folded_text(examination, "").rstrip("; "),
        summary=summary_lines(view.reading.summary),
        pictures=images,
        left=left,
    )


def decision_html(decision: Decision) -> str:
    """A decision with the evidence that it stands on."""
    return _render(
        "decision",
        decision=decision,
        label=verdict_label(decision),
        level=level_note(decision),
        note=gain_note(decision),
    )


def proposal_html(proposal: Proposal) -> str:
    """The next round as a difference to this one."""
    return _render("proposal", proposal=proposal)


def planned_html(ahead: PlannedRound, trades: Sequence[Trade], doubts: Mapping[str, str]) -> str:
    """What a planned round would cost and tell, and what one change would buy."""
    return _render(
        "planned",
        ahead=ahead,
        lines=planned_lines(ahead),
        small=(*doubts.values(), *goal_warnings(ahead.plan), *too_small(ahead)),
        columns=COLUMNS,
        head=trades_head(ahead),
        rows=trade_rows(ahead, trades) if trades else (),
        assumption=assumption(ahead),
    )


def book_html(record: BookRecord) -> str:
    """A book at a glance."""
    stands = standing(record, record.rounds[-1].number) if record.rounds else None
    lines, text = history(record).rounds, plain(book_renderable(record))
    return _render("book", record=record, lines=lines, standing=stands, text=text)


def picture_html(picture: Picture) -> str:
    """One picture as an image that needs no script."""
    svg = compact(to_svg(picture)).replace("'", "&apos;").replace('"', "'")
    # What could end the attribute or the URL is escaped by `quote`.
    source = Markup("data:image/svg+xml," + quote(svg, safe=" =/:;,!()*'+@$?-_.~[]{}|^"))
    return _render("picture", picture=picture, source=source)


def _render(macro: str, **content: object) -> str:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "gain": gain_text,
        "interval": interval_text,
        "number": number,
        "check": check_text,
        "numbers": numbers_texts,
        "remedy": remedy_text,
        "left_out": left_out_texts,
        "failed": lambda examination: map(failed_text, failed_checks(examination)),
    }
    module = environment.from_string(asset("notebook.html")).make_module({"passes": Severity.PASS})
    return str(getattr(module, f"{macro}_view")(**content)).strip()
