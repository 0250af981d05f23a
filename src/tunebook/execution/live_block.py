"""A round's progress as a block of a terminal that is drawn anew in place, with rich."""

from __future__ import annotations

from types import TracebackType
from typing import TextIO

from rich.console import Console, Group, OverflowMethod, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tunebook.domain.formats.printable import printable
from tunebook.execution.progress import Progress, best_text, left_text, spoilt_text, trial_parts

NARROW = 60
"""Columns below which counts stand under the bar."""
OTHER_LINES = 7
"""Lines of the block that tell of no single trial, and one below it."""


class LiveBlock:
    """A context manager that keeps the block at the end of a terminal.

    Args:
        title: a line above the bar.
        stream: the terminal; standard error if left out.
    """

    def __init__(self, title: str = "", stream: TextIO | None = None) -> None:
        self._title = title
        self._console = Console(
            file=stream, stderr=stream is None, highlight=False, force_jupyter=False
        )
        self._live = Live(console=self._console, auto_refresh=False)

    def __enter__(self) -> LiveBlock:
        self._live.start()
        return self

    def show(self, progress: Progress) -> None:
        """Draw this."""
        size = self._console.size
        dots = not self._console.options.ascii_only
        drawn = block(progress, self._title, width=size.width, height=size.height, dots=dots)
        self._live.update(drawn, refresh=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()


def block(
    progress: Progress,
    title: str = "",
    *,
    width: int = 80,
    height: int = 24,
    dots: bool = True,
) -> RenderableType:
    """The live block: title, bar with counts, trials under way, the best and the infeasible ones.

    Args:
        progress, title: what it says.
        width, height: of the terminal, which the block fits in.
        dots: an ellipsis stands for what is cut off; for terminals that have one.
    """
    cut: OverflowMethod = "ellipsis" if dots else "crop"

    def line(text: str, style: str) -> Text:
        return Text(printable(text), style=style, no_wrap=True, overflow=cut)

    rows: list[RenderableType] = [line(title, "bold")] if title else []
    rows += _bar(progress, narrow=width < NARROW)
    metric = printable(progress.metric) if width >= NARROW else ""
    rows += _trials(progress, metric, max(1, height - OTHER_LINES), cut)
    if progress.best is not None:
        rows.append(line(f"best {best_text(progress)}", "green"))
    if progress.infeasible or progress.failed:
        rows.append(line(spoilt_text(progress), "yellow"))
    return Group(*rows)


def _bar(progress: Progress, *, narrow: bool) -> list[RenderableType]:
    done = Text(f"{progress.done}/{progress.total}", style="bold")
    running = Text(f"{progress.running} running" if progress.running else "", style="cyan")
    left = Text(printable(left_text(progress)), style="dim")
    bar = ProgressBar(total=max(1, progress.total), completed=progress.done)
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=1, min_width=8)
    if narrow:
        grid.add_column(no_wrap=True)
        grid.add_row(bar, done)
        below = Text("  ").join(text for text in (running, left) if text.plain)
        return [grid, below] if below.plain else [grid]
    for _ in range(3):
        grid.add_column(no_wrap=True)
    grid.add_row(bar, done, running, left)
    return [grid]


def _trials(
    progress: Progress, metric: str, most: int, cut: OverflowMethod
) -> list[RenderableType]:
    """A line for each trial under way, once one has reported a step."""
    if all(trial.step is None for trial in progress.trials):
        return []
    shown = progress.trials if len(progress.trials) <= most else progress.trials[: most - 1]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(no_wrap=True, overflow=cut)
    grid.add_column(no_wrap=True, overflow=cut, justify="right")
    grid.add_column(no_wrap=True, overflow=cut, style="dim")
    for trial in shown:
        grid.add_row(trial.name, *trial_parts(trial, metric))
    more = len(progress.trials) - len(shown)
    return [grid, Text(f"and {more} more", style="dim")] if more else [grid]
