r"""A tuning protocol as LaTeX, to be `\input` into a paper: needs no package (D8).

Every text is escaped, character by character: what LaTeX would read as more than a letter gets
its own spelling, and a character that its standard fonts lack is written by its number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from tunebook.report.protocol.content import Part

SPELT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}",
    "'": r"\char39{}", "`": r"\char96{}", "-": r"{-}", "[": "{[}", "]": "{]}", "*": "{*}",
    "\N{MINUS SIGN}": r"\ensuremath{-}", "\N{EN DASH}": "--", "\N{EM DASH}": "---",
    "\N{INFINITY}": r"\ensuremath{\infty}", "\N{RIGHTWARDS ARROW}": r"\ensuremath{\to}",
    "\N{MULTIPLICATION SIGN}": r"\ensuremath{\times}", "\N{NO-BREAK SPACE}": "~",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}", "\N{PLUS-MINUS SIGN}": r"\ensuremath{\pm}",
    "\N{MIDDLE DOT}": r"\ensuremath{\cdot}",
}  # fmt: skip
"""Brackets and stars too: after the end of a table's row LaTeX takes them for its own. A hyphen
stands alone, so that two do not become a dash."""
LEVELS = {1: "section", 2: "subsection", 3: "subsubsection"}


def latex(parts: Sequence[Part]) -> str:
    r"""The protocol as sections to `\input`."""
    head = "% A tuning protocol, written by Tunebook. It needs no package."
    return "\n".join([head, *(line for part in parts for line in _part(part))]) + "\n"


def escaped(text: str) -> str:
    """The text on one line, with nothing left that LaTeX would read."""
    return "".join(_spelt(c) for c in " ".join(text.split()))


def _spelt(character: str) -> str:
    if character in SPELT:
        return SPELT[character]
    if character.isascii():
        return character if character.isprintable() else "?"
    # Letters that are a plain one with an accent are in the standard fonts; others are not.
    parts = unicodedata.decomposition(character)
    accented = ord(character) < 0x180 and parts != "" and not parts.startswith("<")
    return character if accented or character in "ßÆæØø" else f"{{[}}U+{ord(character):04X}{{]}}"


def _part(part: Part) -> Iterator[str]:
    yield from ("", rf"\{LEVELS[part.level]}{{{escaped(part.title)}}}")
    if part.pairs:
        yield r"\begin{description}"
        yield from (rf"\item[{{{escaped(k)}}}] {escaped(v)}" for k, v in part.pairs)
        yield r"\end{description}"
    for text in part.texts:
        yield from ("", escaped(text))
    if part.head and part.rows:
        yield from _table(part)
    if part.code:
        yield from _code(part.code)


def _table(part: Part) -> Iterator[str]:
    """A table whose columns share the width of the text, so that long cells wrap."""
    width = 0.94 / len(part.head)
    columns = rf"p{{{width:.3f}\linewidth}}" * len(part.head)
    yield from (
        "",
        r"\noindent{\small\setlength{\tabcolsep}{2pt}%",
        rf"\begin{{tabular}}{{{columns}}}",
    )
    yield r"\hline"
    yield " & ".join(escaped(c) for c in part.head) + r" \\"
    yield r"\hline"
    yield from (" & ".join(escaped(c) for c in row) + r" \\" for row in part.rows)
    yield from (r"\hline", r"\end{tabular}}")


def _code(lines: Sequence[str]) -> Iterator[str]:
    """Lines as they are typed: their indent kept, nothing in them read."""
    yield from ("", r"\begin{flushleft}\small\ttfamily")
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        yield "~" * indent + (escaped(line) or r"\mbox{}") + r"\\"
    yield r"\end{flushleft}"
