"""How far a round is: live in a terminal, one line in place in a notebook, else a few lines.

Shown: trials done, running and infeasible, the best so far, and the time left.
"""

from __future__ import annotations

import math
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tunebook.domain.formats.numbers import digits, seconds_text

PLAIN_EVERY_S = 30.0
PLAIN_EVERY_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the trials of a round are.

    Attributes:
        total: trials of this round and purpose; done: those that have ended.
        running, infeasible, failed: how many of them.
        best: the best objective value of a complete trial, in natural units; best_trial: its name.
        seconds_left: expected, or None before a first trial has ended.
        elapsed_s: since this run of the round began.
        last_cause: why the last infeasible or failed trial ended; last_trial: its name.
        metric: the objective's name.
        stopping: what stops the run, while it stops.
    """

    total: int
    done: int
    running: int
    infeasible: int
    failed: int
    best: float | None = None
    best_trial: str = ""
    seconds_left: float | None = None
    elapsed_s: float = 0.0
    last_cause: str = ""
    last_trial: str = ""
    metric: str = ""
    stopping: str = ""


class TerminalProgress:
    """Shows progress; give it to `run_trials(..., on_progress=...)`.

    A context manager. In a terminal it draws one block in place, in a notebook one line in place;
    elsewhere it prints a plain line every tenth of the trials or 30 s. `NO_COLOR` is respected
    (rich does). Writes to standard error, so that what a command prints stays clean.

    Args:
        title: a line above the bar, such as the round's goal.
        stream: where to write; standard error if left out.
    """

    def __init__(self, title: str = "", *, stream: TextIO | None = None) -> None:
        self._title = title
        self._console = Console(
            file=stream, stderr=stream is None, highlight=False, force_jupyter=False
        )
        self._in_notebook = stream is None and _in_notebook()
        self._cell: Any = None
        self._live: Live | None = None
        self._said: tuple[float, int] | None = None
        self._last: Progress | None = None

    def __enter__(self) -> TerminalProgress:
        if self._in_notebook:
            return self
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        elif self._title:
            self._console.print(Text(self._title), soft_wrap=True)
        return self

    def __call__(self, progress: Progress) -> None:
        """Show this."""
        self._last = progress
        if self._in_notebook:
            self._show_in_cell(progress)
        elif self._live is not None:
            self._live.update(block(progress, self._title), refresh=True)
        elif self._due(progress):
            self._say(progress)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._in_notebook:
            return
        if self._live is not None:
            self._live.stop()
            self._live = None
        elif self._last is not None and (self._said or (0.0, -1))[1] != self._last.done:
            self._say(self._last)

    def _show_in_cell(self, progress: Progress) -> None:
        """Write a line with a bar in the output of the notebook's cell, over what it was."""
        text, total = ", ".join(parts(progress)), max(1, progress.total)
        content = {
            "text/plain": f"{self._title}: {text}" if self._title else text,
            "text/html": f'<progress max="{total}" value="{progress.done}"></progress> '
            f"<b>{escape(self._title)}</b> {escape(text)}",
        }
        if self._cell is None:
            display = sys.modules["IPython.display"].display
            self._cell = display(content, raw=True, display_id=True)
        else:
            self._cell.update(content, raw=True)

    def _due(self, progress: Progress) -> bool:
        if self._said is None:
            return True
        at, done = self._said
        step = max(1, int(progress.total * PLAIN_EVERY_SHARE))
        return progress.done >= done + step or time.monotonic() - at >= PLAIN_EVERY_S

    def _say(self, progress: Progress) -> None:
        self._said = (time.monotonic(), progress.done)
        self._console.print(Text(", ".join(parts(progress))), soft_wrap=True)


def _in_notebook() -> bool:
    """True in a Jupyter kernel; False in a script, a Python shell and an IPython terminal.

    IPython is never imported here: where a notebook runs, it is loaded already.
    """
    known = sys.modules.get("IPython")
    return getattr(known.get_ipython() if known else None, "kernel", None) is not None


def terminal_progress(
    title: str, *, shown: bool
) -> AbstractContextManager[TerminalProgress | None]:
    """A `TerminalProgress` for the block of a `with`, or None where nothing is to be shown."""
    return TerminalProgress(title) if shown else nullcontext()


def parts(progress: Progress) -> list[str]:
    """Progress in words, part by part, most important first."""
    said = [f"{progress.done}/{progress.total} trials done"]
    if progress.running:
        said.append(f"{progress.running} running")
    if progress.best is not None:
        said.append(f"best {_best(progress)}")
    if progress.infeasible or progress.failed:
        said.append(_spoilt(progress))
    said.append(_left(progress))
    return [s for s in said if s]


def block(progress: Progress, title: str = "") -> RenderableType:
    """The live block: title, bar with counts, then the best and the infeasible ones."""
    done = Text(f"{progress.done}/{progress.total}", style="bold")
    running = Text(f"{progress.running} running" if progress.running else "", style="cyan")
    left = Text(_left(progress), style="dim")
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=1, min_width=8)
    for _ in range(3):
        grid.add_column(no_wrap=True)
    bar = ProgressBar(total=max(1, progress.total), completed=progress.done)
    grid.add_row(bar, done, running, left)
    rows: list[RenderableType] = []
    if title:
        rows.append(Text(title, style="bold", no_wrap=True, overflow="ellipsis"))
    rows.append(grid)
    if progress.best is not None:
        rows.append(_line("best", _best(progress), "green"))
    if progress.infeasible or progress.failed:
        rows.append(_line("", _spoilt(progress), "yellow"))
    return Group(*rows)


def _line(label: str, said: str, style: str) -> Text:
    text = Text(f"{label} " if label else "", style="dim", no_wrap=True, overflow="ellipsis")
    return text.append(said, style=style)


def _best(progress: Progress) -> str:
    named = f"{progress.metric} " if progress.metric else ""
    best = "" if progress.best is None else digits(progress.best, 4)
    return f"{named}{best} (trial {progress.best_trial})"


def _spoilt(progress: Progress) -> str:
    said = []
    if progress.infeasible:
        said.append(f"{progress.infeasible} infeasible")
    if progress.failed:
        said.append(f"{progress.failed} failed")
    last = f", last: {progress.last_cause}" if progress.last_cause else ""
    where = f" (trial {progress.last_trial})" if last and progress.last_trial else ""
    return " and ".join(said) + last + where


def _left(progress: Progress) -> str:
    if progress.stopping:
        return progress.stopping
    if progress.done >= progress.total:
        return f"in {seconds_text(math.ceil(progress.elapsed_s))}"
    if progress.seconds_left is None:
        return f"{seconds_text(math.ceil(progress.elapsed_s))} so far"
    return f"{seconds_text(math.ceil(progress.seconds_left))} left"
