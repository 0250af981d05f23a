"""Shows a round's progress: live in a terminal, in place in a notebook, else in a few lines."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from tunebook.domain.doing import watched
from tunebook.domain.doing.lines import RareLines, in_place
from tunebook.execution.progress import Progress, parts, plain_line

if TYPE_CHECKING:
    from tunebook.execution.live_block import LiveBlock


class TerminalProgress:
    """Shows progress; give it to `run_trials(..., on_progress=...)`.

    A context manager. In a terminal it draws one block in place, in a notebook one line in place;
    elsewhere it prints a plain line every 30 s at most, and the last one. `NO_COLOR` is respected.
    Writes to standard error, so that what a command prints stays clean.

    Args:
        title: a line above the bar, such as the round's goal.
        stream: where to write; standard error if left out.
    """

    def __init__(self, title: str = "", *, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream
        self._in_notebook = stream is None and _in_notebook()
        self._cell: Any = None
        self._live: LiveBlock | None = None
        self._lines: RareLines | None = None
        self._open = ExitStack()
        self._last: Progress | None = None

    def __enter__(self) -> TerminalProgress:
        self._open.enter_context(watched())  # two displays would write over each other
        out = self._stream or sys.stderr
        if self._in_notebook:
            return self
        if in_place(out):
            from tunebook.execution.live_block import LiveBlock  # noqa: PLC0415  it loads rich

            self._live = self._open.enter_context(LiveBlock(self._title, self._stream))
        else:
            self._lines = RareLines(out)
            self._lines(self._title or "Training")
        return self

    def __call__(self, progress: Progress) -> None:
        """Show this."""
        self._last = progress
        if self._in_notebook:
            self._show_in_cell(progress)
        elif self._live is not None:
            self._live.show(progress)
        elif self._lines is not None and self._lines.due:
            self._lines(plain_line(progress))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()
        if self._lines is not None and self._last is not None:
            self._lines(plain_line(self._last), always=True)

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
