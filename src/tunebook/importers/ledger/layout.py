"""Which columns of a ledger say what: headers differ, and some files have none (C11)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.domain.ledger import Verdict
from tunebook.domain.metric_direction import likely_direction
from tunebook.importers.csv.column_values import is_tuned
from tunebook.importers.csv.columns import ABSENT, number_of

WORDS = {
    Verdict.KEPT: "keep kept accept accepted merged",
    Verdict.BASELINE: "baseline",
    Verdict.DISCARDED: "discard discarded revert reverted reject rejected size_violation archive "
    "archived",
    Verdict.CRASHED: "crash crashed fail failed error oom timeout diverged",
    Verdict.OTHER: "blocked tentative repair wip info policy_reject skip skipped pending running "
    "invalid not_run",
}
BY_WORD = {word: verdict for verdict, words in WORDS.items() for word in words.split()}
_DECISIONS = frozenset(
    f"{WORDS[Verdict.KEPT]} {WORDS[Verdict.DISCARDED]}".replace("archived", "").split()
)
_MOSTLY = 0.6
_FIRST_NAMES = ("decision", "verdict", "status", "kept", "outcome", "result")
_TEXTS = ("description", "reasoning", "hypothesis", "change", "notes", "idea", "commit")
_NO_METRIC = frozenset(
    {"iteration", "iter", "experiment", "id", "number", "run", "round", "session", "tag", "commit",
     "timestamp", "time", "date", "delta", "guard", "seconds", "sec", "duration", "wall",
     "elapsed", "memory", "vram", "mem", "gb", "mb", "ms", "tokens", "k", "old", "steps", "seed",
     "drift", "status", "params", "factor"}
)  # fmt: skip
_FAST = re.compile(r"(tok|tokens|samples|images|steps|iters?)_?(per_?|/)?s(ec(ond)?)?$|throughput")
_COUNTS = 3
_TUNED = 3
"""Columns of hyperparameters from which on a file is a table of trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    Attributes:
        line: of the file.
        cells: without the blanks around them.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Columns by their place.

    Attributes:
        names: of all columns; `column 3` where the file has no header.
        verdict, metric: places; the metric's is -1 where no column can be it.
        texts: places of what people or agents wrote.
        numbers: places of columns that could be the metric, the likeliest first.
    """

    names: tuple[str, ...]
    verdict: int
    metric: int
    texts: tuple[int, ...]
    numbers: tuple[int, ...]


def rows_of(text: str) -> tuple[list[Row], list[str]]:
    """The rows of a file of tabs or commas, and its lines of comment."""
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    kept = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and line[:1] != "#"]
    tabs = sum("\t" in line for _, line in kept) > len(kept) / 2
    rows = []
    for number, line in kept:
        cells = line.split("\t") if tabs else next(csv.reader(io.StringIO(line)), [])
        rows.append(Row(line=number, cells=tuple(cell.strip() for cell in cells)))
    return rows, comments


def verdict_of(cell: str) -> Verdict | None:
    """What a cell says of its run, or None where it says nothing that is known."""
    return BY_WORD.get(re.sub(r"[^a-z]+", "_", cell.lower()).strip("_"))


def find_layout(rows: Sequence[Row], header: Sequence[str] | None) -> Layout | None:
    """The layout of rows of one width; None where they are no ledger."""
    width = len(rows[0].cells) if rows else 0
    names = tuple(header) if header else tuple(f"column {i + 1}" for i in range(width))
    columns = [[row.cells[i] for row in rows] for i in range(width)]
    verdict = _verdict(columns, names)
    tuned = sum(is_tuned(names[i]) and _is_numeric(columns[i]) for i in range(width))
    if verdict is None or tuned >= _TUNED:
        return None
    texts = tuple(
        i for i in range(width)
        if i != verdict and (_words(names[i]) & set(_TEXTS) or _is_prose(columns[i]))
    )  # fmt: skip
    if not texts:
        return None
    numeric = [
        i for i in range(width)
        if i != verdict and _is_numeric(columns[i]) and not _words(names[i]) & _NO_METRIC
        and not (header is None and _counts(columns[i]))
    ]  # fmt: skip
    numeric.sort(key=lambda i: (header is not None and not _is_metric(names[i]), i))
    return Layout(
        names=names,
        verdict=verdict,
        metric=numeric[0] if numeric else -1,
        texts=texts,
        numbers=tuple(numeric),
    )


def split_header(rows: Sequence[Row]) -> tuple[tuple[str, ...] | None, Sequence[Row]]:
    """The names in the first row, where it has names, and the rows below it."""
    first = rows[0].cells if rows else ()
    words = [cell for cell in first if cell]
    is_header = (
        len(set(words)) == len(words) == len(first) > 1
        and not any(number_of(cell) is not None for cell in words)
        and not any(verdict_of(cell) in (Verdict.DISCARDED, Verdict.CRASHED) for cell in words)
        and all(len(cell) < 40 for cell in words)
        and bool({w for cell in words for w in _words(cell)} & {*_FIRST_NAMES, *_TEXTS})
    )
    return (first, rows[1:]) if is_header else (None, rows)


def direction_of(name: str) -> int:
    """1 where the name says that lower is better, -1 for higher, 0 where it says nothing."""
    if is_speed(name):
        return -1
    likely = likely_direction(name)
    return 0 if likely is None else 1 if likely == "minimize" else -1


def is_speed(name: str) -> bool:
    """Whether a name is a throughput: tokens or steps a second."""
    return bool(_FAST.search(name.lower()))


def _is_metric(name: str) -> bool:
    return direction_of(name) != 0 or bool(_words(name) & {"metric", "score", "value", "val"})


def _words(name: str) -> set[str]:
    return {name.lower(), *re.split(r"[^a-z0-9]+", name.lower())} if not is_speed(name) else set()


def _verdict(columns: Sequence[Sequence[str]], names: Sequence[str]) -> int | None:
    """The column of verdicts: most of its cells are known words, and some decide."""
    found = []
    for i, cells in enumerate(columns):
        known = [c for c in cells if verdict_of(c) is not None]
        decides = any(re.sub(r"[^a-z]+", "_", c.lower()) in _DECISIONS for c in known)
        if decides and len(known) >= _MOSTLY * len(cells):
            named = [k for k, word in enumerate(_FIRST_NAMES) if word in _words(names[i])]
            found.append((min(named, default=len(_FIRST_NAMES)), i))
    return min(found)[1] if found else None


def _is_numeric(cells: Sequence[str]) -> bool:
    there = [c for c in cells if c.lower() not in ABSENT]
    numbers = sum(number_of(c) is not None for c in there)
    return bool(there) and numbers >= _MOSTLY * len(there) and len(there) > len(cells) / 4


def _counts(cells: Sequence[str]) -> bool:
    """Small whole numbers without a sign: the number of a run."""
    there = [c for c in cells if c]
    return all(c.isdecimal() and int(c) <= _COUNTS * len(cells) for c in there)


def _is_prose(cells: Sequence[str]) -> bool:
    return sum(" " in c for c in cells) > len(cells) / 2
