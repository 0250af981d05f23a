"""Time per operation against the size of a book: rounds of 10,000 trials of 100 points.

A book is filled through the store, and at each size four things are timed: adding trials, taking
in the log of one that has ended, reading one trial, reading the table of a round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import tunebook as tb
from store_curves import POINTS, values
from store_filling import DONE, add_round
from tunebook.domain.trial import TrialKey
from tunebook.store.ingest import settle
from tunebook.training.log import TrialLog, attempt_files

ROUND = 10_000
ADDED, LOGS, READ, TABLES = 1_000, 50, 200, 15
OPERATIONS = {
    "add": "adding 1,000 trials (ms)",
    "take_in": "taking in the log of a trial (ms)",
    "trial": "reading one trial (ms)",
    "table": "reading the table of a round of 10,000 (ms)",
}
Scale = list[dict]


def growing(largest: int) -> Scale:
    """What was timed at 10,000 trials, three times that, ten times and so on.

    Each timing is followed by the same in a fresh book of 10,000 trials, so that what else the
    machine does in the minutes between two sizes is no part of the comparison.
    """
    sizes = [n for k in range(8) for n in (10**k * ROUND, 3 * 10**k * ROUND) if n <= largest]
    found: Scale = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "t.db"
        with tb.Book(place, objective=tb.minimize("loss")) as book:
            trials = 0
            for size in sizes:
                began = time.perf_counter()
                while trials < size:
                    add_round(book, ROUND, "loss", seed=trials)
                    trials += ROUND
                filled_s = time.perf_counter() - began
                mb = sum(p.stat().st_size for p in place.parent.glob("t.db*")) / 1e6
                with tb.Book(f"{folder}/{size}.db", objective=tb.minimize("loss")) as small:
                    add_round(small, ROUND, "loss")
                    timed = _timed(_Subject(book, size), _Subject(small, size))
                found.append({"trials": size, "filled_s": filled_s, "mb": mb, **timed})
                print(found[-1], flush=True)
    return found


def _timed(large: _Subject, small: _Subject) -> dict[str, list[float]]:
    """Milliseconds of each operation; under `NAME_small` in the small book."""
    found: dict[str, list[float]] = {}
    for name, times in (("add", 5), ("take_in", LOGS), ("trial", READ), ("table", TABLES)):
        for _ in range(times):
            found.setdefault(name, []).append(getattr(large, name)())
            found.setdefault(f"{name}_small", []).append(getattr(small, name)())
    return found


class _Subject:
    """A book, and what is timed in it: each method does one operation and returns its time."""

    def __init__(self, book: tb.Book, size: int) -> None:
        self._store = book._store
        self._rng = np.random.default_rng(size)
        self._rounds = [r for r in book.rounds if r.plan.trials == ROUND]
        self._curves = values("loss", 64).tolist()
        plan = {"nuisance": {"x": tb.uniform(0, 1)}, "max_train_steps": POINTS}
        to_run = book.round(f"run at {size}", trials=LOGS, **plan)
        to_run._add_search_trials()
        self._claims = list(self._store.claim(to_run.number, "bench", 600.0, LOGS))
        other = book.round(f"as at {size}", trials=5 * ADDED, **plan)
        other._add_search_trials()
        to_add = book.round(f"add at {size}", trials=5 * ADDED, **plan)
        trials = [replace(t, round=to_add.number) for t in self._store.trials(other.number)]
        self._to_add = [trials[k : k + ADDED] for k in range(0, 5 * ADDED, ADDED)]

    def add(self) -> float:
        own = self._to_add.pop()
        return _ms(lambda: self._store.add_trials(own))

    def take_in(self) -> float:
        key = self._claims.pop().trial.key
        log = TrialLog(attempt_files(self._store.files, key, 1))
        log.start(0)
        for step, value in enumerate(self._curves[key.number]):
            log.measure(step, {"loss": value})
        log.end(DONE)
        log.close()
        return _ms(lambda: settle(self._store, key, 1))

    def trial(self) -> float:
        key = TrialKey(self._a_round().number, int(self._rng.integers(ROUND)))
        return _ms(lambda: (self._store.trial(key), self._store.measurements(key)))

    def table(self) -> float:
        return _ms(self._a_round().table)

    def _a_round(self) -> tb.Round:
        return self._rounds[int(self._rng.integers(len(self._rounds)))]


def _ms(call) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def chapter(scale: Scale) -> str:
    """The page's part on size."""
    head = " | ".join(OPERATIONS.values())
    lines = [
        f"| {row['trials']:,} | "
        + " | ".join(
            f"{_typical(row[name])}, {_times(row, name):.2f} times" for name in OPERATIONS
        )
        + f" | {row['mb']:,.0f} |"
        for row in scale
    ]
    largest = scale[-1]
    filled = sum(row["filled_s"] for row in scale)
    table = "\n".join(lines)
    return f"""## From {scale[0]["trials"]:,} to {largest["trials"]:,} trials

A book of rounds of 10,000 trials of 100 points (the training losses above), filled through the store: {largest["trials"] * POINTS:,} points
in {filled / 60:.0f} minutes, planning of the rounds included. Taking in a log is a transaction of its own, synced; one trial is its record and all that it
reported, of a random round; the table has every curve of a random round. Medians of 5 (adding), {LOGS} (logs), {READ} (trials) and {TABLES} (tables), with
the middle half in brackets; last, how many times as long as in a fresh book of 10,000 trials, each timed right after
the other, since what else the machine does differs between sizes. Caches are as they come.

| trials | {head} | on disk (MB) |
|---|---|---|---|---|---|
{table}

![Time per operation against the number of trials in the book, as multiples of the time with 10,000](store.svg)
"""


def _typical(numbers: list[float]) -> str:
    low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _times(row: dict, name: str) -> float:
    """The median of the ratios of neighbouring timings."""
    pairs = zip(row[name], row[f"{name}_small"], strict=True)
    return statistics.median(large / small for large, small in pairs)


def draw(scale: Scale, to: Path) -> None:
    """The same as a picture."""
    import altair as alt

    rows = [
        {"trials": row["trials"], "operation": told.removesuffix(" (ms)"), "times": _times(row, name)}
        for row in scale for name, told in OPERATIONS.items()
    ]  # fmt: skip
    lines = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "trials:Q", scale=alt.Scale(type="log"), title="trials in the book (100 points each)"
        ),
        y=alt.Y("times:Q", title="times as long as with 10,000", scale=alt.Scale(zero=True)),
        color=alt.Color("operation:N", title=None, legend=alt.Legend(labelLimit=400)),
    )
    chart = (lines.mark_line() + lines.mark_point(filled=True)).properties(width=480, height=300)
    chart.save(str(to))
