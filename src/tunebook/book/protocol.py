"""What `book.protocol()` hands back: a result's tuning protocol, as Markdown and LaTeX (D8)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tunebook.domain.errors import EvidenceError
from tunebook.domain.record import BookRecord
from tunebook.report.protocol.content import Part, launch_protocol, round_protocol
from tunebook.report.protocol.latex import latex
from tunebook.report.protocol.markdown import markdown

_NAMED = re.compile(r"(round|launch|)[ :_-]?(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TuningProtocol:
    """The protocol of one round or launch."""

    parts: tuple[Part, ...]

    @property
    def markdown(self) -> str:
        """As a Markdown document."""
        return markdown(self.parts)

    @property
    def latex(self) -> str:
        r"""As LaTeX sections, for `\\input` in a paper; they need no package."""
        return latex(self.parts)

    def __repr__(self) -> str:
        return self.markdown


def protocol_of(record: BookRecord, result: str | int | None) -> TuningProtocol:
    """The protocol of `"round 3"` (or 3), of `"launch 1"`, or of the newest launch or round.

    Raises:
        EvidenceError: the book has no such result, or it is named otherwise.
    """
    if result is None:
        if record.launches:
            return TuningProtocol(parts=launch_protocol(record, record.launches[-1].number))
        if not record.rounds:
            raise EvidenceError(
                "a protocol tells how a result was found; this book has no round yet",
                next_step="plan one: tunebook run round-1.toml",
            )
        return TuningProtocol(parts=round_protocol(record, record.rounds[-1].number))
    named = _NAMED.fullmatch(str(result).strip())
    if named is None:
        raise EvidenceError(
            f"a result is a round or a launch; got {result!r:.60}",
            next_step="name it 3 or round-3, or launch-1",
        )
    write = launch_protocol if named[1].lower() == "launch" else round_protocol
    return TuningProtocol(parts=write(record, int(named[2])))
