"""Opening a book: its path, and the setting that it keeps."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.store import Store
from tunebook.words.decision import Setting
from tunebook.words.design import Objective
from tunebook.words.errors import DesignError
from tunebook.words.notation import format_objective


def checked_path(path: str | os.PathLike[str], objective: Objective | None) -> Path:
    """The book's file, before anything of it is made."""
    if not isinstance(path, str | os.PathLike):
        raise DesignError(
            f"a book is named by its file; got {path!r}",
            next_step='give a path: tb.Book("digits.db", ...)',
        )
    if objective is not None and not isinstance(objective, Objective):
        raise DesignError(
            f"an objective is a metric and which way is better; got {objective!r}",
            next_step='give objective=tb.minimize("valid/error"), or tb.maximize(...)',
        )
    return Path(path)


def settle(
    store: Store,
    file: Path,
    objective: Objective | None,
    training_objective: str,
    chance: float | None,
    name: str | None,
) -> tuple[Setting, Objective]:
    """Read the book's setting, or write that of a new one; refuse a different one.

    What a book was made without, such as chance, may be said later, once.
    """
    found = store.setting()
    if found is None:
        if objective is None:
            raise DesignError(
                f"a new book has an objective; {file} has none yet",
                next_step='give objective=tb.minimize("valid/error"), or in a round file a table '
                "[book] with an objective",
            )
        setting = Setting(
            name=name or file.stem, chance=chance, training_objective=training_objective
        )
        store.set_setting(setting, objective)
        return setting, objective
    setting, known = found
    given: dict[str, tuple[Objective | str | float | None, Objective | str | float | None]] = {
        "objective": (objective, known),
        "training_objective": (training_objective or None, setting.training_objective),
        "chance": (chance, setting.chance),
    }
    for key, (asked, stands) in given.items():
        if asked is not None and stands not in (None, "") and asked != stands:
            raise DesignError(
                f"a book keeps its {key}; {file} has {_shown(stands)}, got {_shown(asked)}",
                next_step="open it without, or begin another book under another name",
            )
    filled = setting.with_unsaid(chance=chance, training_objective=training_objective)
    if filled != setting:
        store.set_setting(filled, known)
    return filled, known


def _shown(value: Objective | str | float | None) -> str:
    if isinstance(value, Objective):
        return f'"{format_objective(value)}", reduced by {value.reduced}'
    return "none" if value in (None, "") else repr(value)
