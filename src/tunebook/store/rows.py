"""Trials as rows of the table and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from tunebook.domain.errors import StoreError, TunebookError
from tunebook.domain.formats.json_text import from_json, to_json
from tunebook.domain.trial import Cause, Outcome, Purpose, Status, TrialRecord
from tunebook.store.database.connection import host_now
from tunebook.store.schema import trial as trials


def readable(noun: object) -> str:
    """JSON of a noun, after reading it back: nothing may enter a book that then won't open.

    Raises:
        StoreError: it would not be read back.
    """
    text = to_json(noun)
    if storable(text) != text:
        raise StoreError(
            f"this {type(noun).__name__.lower()} can't be kept in a book: it has text that is "
            "half of a surrogate pair",
            next_step="decode that text as UTF-8 where it is read; the book is as it was",
        )
    try:
        from_json(type(noun), text)
    except TunebookError as error:
        raise StoreError(
            f"this {type(noun).__name__.lower()} can't be kept in a book: {error.rule}",
            next_step=error.next_step or "correct that value; the book is as it was",
        ) from None
    return text


def storable(text: str) -> str:
    """A text as either database can hold it: PostgreSQL has no NUL, UTF-8 no half of a pair.

    Those characters are written as codes, `\\x00` and `\\udc80`; all others stay. Names of metrics
    with them are refused where they are reported.
    """
    text = text.replace("\0", "\\x00")
    return text.encode("utf-8", "backslashreplace").decode()


def _json(value: object) -> str:
    """JSON that people can read; half of a surrogate pair, which UTF-8 lacks, as its code."""
    text = json.dumps(value, ensure_ascii=False)
    return text if storable(text) == text else json.dumps(value)


_decode = json.JSONDecoder().raw_decode


def _parsed(text: str) -> Any:
    found, end = _decode(text)
    if end != len(text):
        raise ValueError(f"more than one JSON value: {text:.80}")
    return found


def _as_it_is(value: Any) -> Any:
    return value


_CAUSES: dict[str | None, Cause | None] = {None: None, **{cause.value: cause for cause in Cause}}
_FORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "purpose": (str, {purpose.value: purpose for purpose in Purpose}.__getitem__),
    "status": (str, {status.value: status for status in Status}.__getitem__),
    "cause": (lambda cause: None if cause is None else str(cause), _CAUSES.__getitem__),
    "config": (lambda config: _json(dict(config)), _parsed),
    "unread": (
        lambda names: _json(list(names)),
        lambda text: () if text == "[]" else tuple(_parsed(text)),
    ),
    "detail": (storable, _as_it_is),
    "output_tail": (storable, _as_it_is),
}
"""By column that is not stored as it is: what writes it, and what reads it."""


def _form(name: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    return _FORMS.get(name, (_as_it_is, _as_it_is))


_TO_ROW = tuple((f.name, _form(f.name)[0]) for f in fields(TrialRecord))
_TO_TRIAL = tuple(
    (f.name, list(trials.c.keys()).index(f.name), _form(f.name)[1]) for f in fields(TrialRecord)
)
_OF_OUTCOME = tuple((f.name, _form(f.name)[0]) for f in fields(Outcome) if f.name != "seconds")
OUTCOME_COLUMNS = tuple(name for name, _ in _OF_OUTCOME)
"""The columns that an outcome sets; its seconds are added to those of earlier attempts."""


def to_row(trial: TrialRecord) -> dict[str, Any]:
    """The columns of a trial's record."""
    return {name: encode(getattr(trial, name)) for name, encode in _TO_ROW}


def outcome_columns(outcome: Outcome) -> dict[str, Any]:
    """The columns that an outcome sets."""
    columns = {name: encode(getattr(outcome, name)) for name, encode in _OF_OUTCOME}
    return {**columns, "ended_at": outcome.ended_at or host_now()}


def to_trial(row: Any) -> TrialRecord:
    """The record that a whole row of the trial table holds."""
    return TrialRecord(**{name: decode(row[place]) for name, place, decode in _TO_TRIAL})
