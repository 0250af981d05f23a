"""One line of a notebook cell that is written anew in place (C12).

IPython is never imported here: where a notebook runs, it is loaded already.
"""

from __future__ import annotations

import sys
from html import escape
from typing import Any


def in_notebook() -> bool:
    """True in a Jupyter kernel; False in a script, a Python shell and an IPython terminal."""
    return getattr(_shell(), "kernel", None) is not None


class NotebookLine:
    """A line with a bar in the output of the cell that makes it.

    Args:
        title: in front of the line, such as the round's goal.
    """

    def __init__(self, title: str = "") -> None:
        self._title = title
        self._handle: Any = None

    def show(self, text: str, done: int, total: int) -> None:
        """Write the line, over what it was before."""
        content = {
            "text/plain": f"{self._title}: {text}" if self._title else text,
            "text/html": f'<progress max="{max(1, total)}" value="{done}"></progress> '
            f"<b>{escape(self._title)}</b> {escape(text)}",
        }
        if self._handle is None:
            display = sys.modules["IPython.display"].display
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


def _shell() -> Any:
    known = sys.modules.get("IPython")
    return known.get_ipython() if known is not None else None
