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
from against_optuna import spread
from store_curves import POINTS, values
from store_filling import DONE, add_round
from tunebook.store.ingest import settle
from tunebook.training.log import TrialLog, attempt_files
from tunebook.words.trial import TrialKey

ROUND = 10_000
ADDED, LOGS, READ, TABLES = 1_000, 50, 200, 5
OPERATIONS = {
    "add": "adding 1,000 trials (ms)",
    "take_in": "taking in the log of a trial (ms)",
    "trial": "reading one trial (ms)",
    "table": "reading the table of a round of 10,000 (ms)",
}
Scale = list[dict]


def growing(largest: int) -> Scale:
    """What was timed at 10,000 trials, three times that, ten times and so on."""
    sizes = [n for k in range(8) for n in (10**k * ROUND, 3 * 10**k * ROUND) if n <= largest]
    found: Scale = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "t.db"
        with tb.Book(place, objective=tb.minimize("loss")) as book:
            trials, began = 0, time.perf_counter()
            for size in sizes:
                while trials < size:
                    add_round(book, ROUND, "loss", seed=trials)
                    trials += ROUND
                filled_s = time.perf_counter() - began
                found.append({"trials": size, "filled_s": filled_s, **_timed(book, size)})
                found[-1]["mb"] = sum(p.stat().st_size for p in place.parent.glob("t.db*")) / 1e6
                print(found[-1], flush=True)
                began = time.perf_counter()
    return found


def _timed(book: tb.Book, size: int) -> dict[str, list[float]]:
    """Milliseconds of each operation."""
    store, rng = book._store, np.random.default_rng(0)
    rounds = [r.number for r in book.rounds if r.plan.trials == ROUND]
    found: dict[str, list[float]] = {name: [] for name in OPERATIONS}
    extra = book.round(
        f"added at {size}",
        nuisance={"x": tb.uniform(0, 1)},
        trials=5 * ADDED,
        max_train_steps=POINTS,
    )
    extra._add_search_trials()
    records = store.trials(extra.number)
    more = book.round(
        f"more at {size}",
        nuisance={"x": tb.uniform(0, 1)},
        trials=5 * ADDED,
        max_train_steps=POINTS,
    )
    for first in range(0, 5 * ADDED, ADDED):
        own = [replace(t, round=more.number) for t in records[first : first + ADDED]]
        found["add"].append(_ms(lambda own=own: store.add_trials(own)))
    curves = values("loss", 64).tolist()
    for claim in store.claim(extra.number, "bench", 600.0, LOGS):
        log = TrialLog(attempt_files(store.files, claim.trial.key, 1))
        log.start(0)
        for step, value in enumerate(curves[claim.trial.number % 64]):
            log.measure(step, {"loss": value})
        log.end(DONE)
        log.close()
        found["take_in"].append(_ms(lambda key=claim.trial.key: settle(store, key, 1)))
    for _ in range(READ):
        key = TrialKey(int(rng.choice(rounds)), int(rng.integers(ROUND)))
        found["trial"].append(_ms(lambda key=key: (store.trial(key), store.measurements(key))))
    for number in rng.choice(rounds, TABLES):
        own = next(r for r in book.rounds if r.number == number)
        found["table"].append(_ms(own.table))
    return found


def _ms(call) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def chapter(scale: Scale) -> str:
    """The page's part on size."""
    head = " | ".join(OPERATIONS.values())
    lines = [
        f"| {row['trials']:,} | " + " | ".join(spread(row[name]) for name in OPERATIONS)
        + f" | {row['mb']:,.0f} |"
        for row in scale
    ]  # fmt: skip
    largest = scale[-1]
    filled = sum(row["filled_s"] for row in scale)
    table = "\n".join(lines)
    return f"""## From {scale[0]["trials"]:,} to {largest["trials"]:,} trials

A book of rounds of 10,000 trials of 100 points (the training losses above), filled through the store: {largest["trials"] * POINTS:,} points
in {filled / 60:.0f} minutes, planning of the rounds included. Taking in a log is a transaction of its own, synced; one trial is its record and all that it
reported, of a random round; the table has every curve of a random round. Medians and whole ranges of 5 (adding, tables), {LOGS} (logs) and
{READ} (trials); caches are as they come.

| trials | {head} | on disk (MB) |
|---|---|---|---|---|---|
{table}

![Time per operation against the number of trials in the book](store.svg)
"""


def draw(scale: Scale, to: Path) -> None:
    """The same as a picture."""
    import altair as alt

    rows = [
        {"trials": row["trials"], "operation": told, "ms": statistics.median(row[name])}
        for row in scale for name, told in OPERATIONS.items()
    ]  # fmt: skip
    lines = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "trials:Q", scale=alt.Scale(type="log"), title="trials in the book (100 points each)"
        ),
        y=alt.Y("ms:Q", scale=alt.Scale(type="log"), title="milliseconds (median)"),
        color=alt.Color("operation:N", title=None, sort=list(OPERATIONS.values())),
    )
    chart = (lines.mark_line() + lines.mark_point(filled=True)).properties(width=480, height=300)
    chart.save(str(to))
