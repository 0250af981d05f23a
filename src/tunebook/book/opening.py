"""Opening a book: its path, and the setting that it keeps."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from getpass import getuser

from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective
from tunebook.domain.errors import BookNotFoundError, DesignError
from tunebook.domain.formats.book_location import shown
from tunebook.domain.formats.notation import format_objective
from tunebook.domain.metric_direction import direction_warning
from tunebook.store import Store
from tunebook.store.setting import setting_of
from tunebook.store.sql import SqlStore


def check_named(place: object, objective: object) -> None:
    """Refuse what names no book, and what is no objective, before anything is made.

    Raises:
        DesignError: says which, and what it should be.
    """
    if not isinstance(place, str | os.PathLike):
        raise DesignError(
            f"a book is named by its file, or the URL of its database; got {place!r}",
            next_step='give a path: tb.Book("digits.db", ...)',
        )
    if objective is not None and not isinstance(objective, Objective):
        raise DesignError(
            f"an objective is a metric and which way is better; got {objective!r}",
            next_step='give objective=tb.minimize("valid/error"), or tb.maximize(...)',
        )


def open_store(
    place: str | os.PathLike[str],
    files: str | os.PathLike[str] | None,
    objective: Objective | None,
) -> Store:
    """Open the store of a book, new where it has an objective; sweep what a killed host left.

    Raises:
        DesignError: a new book without an objective.
        StoreError: it can't be read or written.
    """
    from tunebook.store.sweeping import sweep

    try:
        store = SqlStore.open(place, create=objective is not None, files=files)
    except BookNotFoundError:
        raise DesignError(
            f"a new book has an objective; {shown(place)} does not exist yet, and none was given",
            next_step='correct the path, or give objective=tb.minimize("valid/error")',
        ) from None
    sweep(store)
    return store


def user_name() -> str:
    """Who works on a book: the login name, or "unknown" where the system has none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "unknown"


def settle(
    store: Store,
    objective: Objective | None,
    said: Setting,
) -> tuple[Setting, Objective]:
    """Read the book's setting, or write that of a new one; refuse a different one.

    An objective or training objective that no trial has reported is the exception: it is
    corrected, with a note. What a book was made without, such as chance, may be given later, once.
    """
    found = store.setting()
    if found is None:
        if objective is None:
            raise DesignError(
                f"a new book has an objective; {store.location} has none yet",
                next_step='give objective=tb.minimize("valid/error"), or in a round file a table '
                "[book] with an objective",
            )
        store.set_setting(said, objective)
        return said, objective
    setting, known = found
    setting = _corrected(store, setting, said.training_objective)
    given: dict[str, tuple[Objective | str | float | None, Objective | str | float | None]] = {
        "training_objective": (said.training_objective or None, setting.training_objective),
        "chance": (said.chance, setting.chance),
        "checkpoints": (said.checkpoints or None, setting.checkpoints),
    }
    for key, (asked, stands) in given.items():
        if asked is not None and stands not in (None, "") and asked != stands:
            raise _kept(store, key, stands, asked)
    if objective is not None and objective != known:
        if not store.correct_objective(objective):
            raise _kept(store, "objective", known, objective)
        _say_corrected(store, "objective", _shown(objective), known.metric)
        known = objective
    filled = setting.with_unsaid(said)
    if filled != found[0]:
        store.set_setting(filled, known)
    return filled, known


def _corrected(store: Store, setting: Setting, metric: str) -> Setting:
    """The setting with another training objective, if no trial has reported the one of before."""
    known = setting.training_objective
    if not metric or not known or metric == known:
        return setting
    from tunebook.store.table import table

    if any(known in table(store, r.number).curves for r in store.rounds()):
        return setting
    _say_corrected(store, "training objective", f'"{metric}"', known)
    return replace(setting, training_objective=metric)


def _say_corrected(store: Store, what: str, now: str, before: str) -> None:
    print(
        f'The {what} of {store.location} is now {now}. No trial had reported "{before}".',
        file=sys.stderr,
    )


def _kept(
    store: Store, key: str, stands: Objective | str | float | None, asked: Objective | str | float
) -> DesignError:
    step = "open it without, or begin another book under another name"
    if key == "objective" and isinstance(stands, Objective):
        step = (
            "if the book is right, correct the round file: "
            f'objective = "{format_objective(stands)}", or the same in Python. '
            "Else begin another book under another name: "
            'tb.Book("NEW.db", objective=...), or tunebook run FILE --book NEW.db'
        )
    return DesignError(
        f"a book keeps its {key}; {store.location} has {_shown(stands)}, got {_shown(asked)}",
        next_step=step,
    )


def _shown(value: Objective | str | float | None) -> str:
    if isinstance(value, Objective):
        return f'"{format_objective(value)}", reduced by {value.reduced}'
    return "none" if value in (None, "") else repr(value)


_warned: set[tuple[str, str]] = set()


def warn_of_direction(store: Store) -> None:
    """Warn, once a process, where the objective's name contradicts its direction."""
    said = direction_warning(setting_of(store)[1])
    if said and (store.location, said) not in _warned:
        _warned.add((store.location, said))
        print(said, file=sys.stderr)
