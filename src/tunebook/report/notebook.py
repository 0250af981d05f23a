"""What a notebook shows of findings, rounds, decisions and books: HTML that runs no script (C12).

Pictures stand in it as images (SVG in data URLs), so that an untrusted notebook shows them too.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from jinja2 import Environment

from tunebook.analysis.planning import PlannedRound
from tunebook.analysis.planning_trades import Trade
from tunebook.analysis.planning_words import assumption, too_small
from tunebook.plots import Picture
from tunebook.plots.render import to_svg
from tunebook.report.check_texts import check_text, numbers_texts, remedy_text
from tunebook.report.examine import conclude, results
from tunebook.report.gallery import Gallery, gallery
from tunebook.report.loop import decision_of, standing
from tunebook.report.offline import asset
from tunebook.report.planned_text import COLUMNS, planned_lines, trade_rows, trades_head
from tunebook.report.repeats import repeats
from tunebook.report.terminal import book_text, findings_text, plain
from tunebook.report.verdict import LABELS, answer, best_trial
from tunebook.report.wording import counts_text, gain_text, interval_text, left_out_texts, number
from tunebook.words.decision import Decision
from tunebook.words.finding import Examination, Finding, Severity
from tunebook.words.record import BookRecord, Proposal


class FindingsView:
    """An examination that shows itself: as text in a terminal, as HTML in a notebook.

    Attributes:
        examination: what it shows.
        pictures: shown below the findings in a notebook.
    """

    def __init__(self, examination: Examination, pictures: Sequence[Picture] = ()) -> None:
        self.examination = examination
        self.pictures = tuple(pictures)

    @property
    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self.examination.findings

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, place: int) -> Finding:
        return self.findings[place]

    def __repr__(self) -> str:
        return plain(findings_text(self.examination))

    def _repr_html_(self) -> str:
        return findings_html(self.examination, self.pictures)


def findings_html(examination: Examination, pictures: Sequence[Picture] = ()) -> str:
    """Findings, worst first, then pictures."""
    return _render(
        "findings", examination=examination, pictures=[picture_html(p) for p in pictures]
    )


def round_html(record: BookRecord, number: int) -> str:
    """A round: its question and answer, its findings, its pictures."""
    found = next(r for r in record.rounds if r.number == number)
    decision = decision_of(record, number)
    again = repeats(found, record.rounds)
    checked = (
        results(found.table, carried=found.carried, repeats=again) if len(found.table) else {}
    )
    examination = conclude(found.table, checked, unread=found.unread, carried=found.carried)
    drawn: Gallery = gallery("", checked, found.table, found, decision)
    return _render(
        "round",
        found=found,
        answer=answer(found, decision, examination),
        standing=standing(record, number),
        examination=examination,
        pictures=[picture_html(s.picture) for s in drawn.shown],
    )


def decision_html(decision: Decision) -> str:
    """A decision with the evidence that it stands on."""
    return _render("decision", decision=decision, label=LABELS[decision.verdict])


def proposal_html(proposal: Proposal) -> str:
    """The next round as a difference to this one."""
    return _render("proposal", proposal=proposal)


def planned_html(ahead: PlannedRound, trades: Sequence[Trade]) -> str:
    """What a planned round would cost and tell, and what one change would buy."""
    return _render(
        "planned",
        ahead=ahead,
        lines=planned_lines(ahead),
        small=too_small(ahead),
        columns=COLUMNS,
        head=trades_head(ahead),
        rows=trade_rows(ahead, trades) if trades else (),
        assumption=assumption(ahead),
    )


def book_html(record: BookRecord) -> str:
    """A book at a glance."""
    lines = []
    for found in record.rounds:
        decision = decision_of(record, found.number)
        best = best_trial(found.table)
        lines.append(
            {
                "number": found.number,
                "goal": found.plan.goal,
                "trials": counts_text(found.table.status),
                "best": f"{number(best.value)} ({best.trial})" if best else "–",
                "verdict": LABELS[decision.verdict] if decision else "not decided yet",
            }
        )
    stands = standing(record, record.rounds[-1].number) if record.rounds else None
    return _render("book", record=record, lines=lines, standing=stands, text=book_text(record))


def picture_html(picture: Picture) -> str:
    """One picture as an image that needs no script."""
    svg = base64.b64encode(to_svg(picture).encode("utf-8")).decode("ascii")
    return _render("picture", picture=picture, source=f"data:image/svg+xml;base64,{svg}")


def _render(macro: str, **content: object) -> str:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "gain": gain_text,
        "interval": interval_text,
        "check": check_text,
        "numbers": numbers_texts,
        "remedy": remedy_text,
        "left_out": left_out_texts,
    }
    module = environment.from_string(asset("notebook.html")).make_module({"passes": Severity.PASS})
    return str(getattr(module, f"{macro}_view")(**content)).strip()
