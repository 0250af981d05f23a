"""Trials as rows of the table and back."""

from __future__ import annotations

import json
from typing import Any

from tunebook.store.connection import host_now
from tunebook.words.codec import from_json, to_json
from tunebook.words.errors import StoreError, TunebookError
from tunebook.words.trial import Cause, Outcome, Purpose, Status, TrialRecord


def readable(noun: object) -> str:
    """JSON of a noun, after reading it back: nothing may enter a book that then won't open.

    Raises:
        StoreError: it would not be read back.
    """
    text = to_json(noun)
    try:
        from_json(type(noun), text)
    except TunebookError as error:
        raise StoreError(
            f"this {type(noun).__name__.lower()} can't be kept in a book: {error.rule}",
            next_step=error.next_step or "correct that value; the book is as it was",
        ) from None
    return text


def to_row(trial: TrialRecord) -> dict[str, Any]:
    """The columns of a trial's record."""
    return {
        "round": trial.round,
        "number": trial.number,
        "study": trial.study,
        "index": trial.index,
        "purpose": trial.purpose.value,
        "config": json.dumps(dict(trial.config), ensure_ascii=False),
        "seed": trial.seed,
        "max_train_steps": trial.max_train_steps,
        "status": trial.status.value,
        "cause": trial.cause.value if trial.cause else None,
        "detail": trial.detail,
        "attempt": trial.attempt,
        "seconds": trial.seconds,
        "output_tail": trial.output_tail,
        "unread": json.dumps(list(trial.unread), ensure_ascii=False),
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
    }


def outcome_columns(outcome: Outcome) -> dict[str, object]:
    """The columns that an outcome sets."""
    return {
        "status": outcome.status.value,
        "cause": outcome.cause.value if outcome.cause else None,
        "detail": outcome.detail,
        "output_tail": outcome.output_tail,
        "unread": json.dumps(list(outcome.unread), ensure_ascii=False),
        "ended_at": outcome.ended_at or host_now(),
    }


def to_trial(row: Any) -> TrialRecord:
    """The record that a row holds."""
    found = row._mapping
    return TrialRecord(
        round=found["round"],
        number=found["number"],
        study=found["study"],
        index=found["index"],
        config=json.loads(found["config"]),
        seed=found["seed"],
        max_train_steps=found["max_train_steps"],
        purpose=Purpose(found["purpose"]),
        status=Status(found["status"]),
        cause=Cause(found["cause"]) if found["cause"] else None,
        detail=found["detail"],
        attempt=found["attempt"],
        seconds=found["seconds"],
        output_tail=found["output_tail"],
        unread=tuple(json.loads(found["unread"])),
        started_at=found["started_at"],
        ended_at=found["ended_at"],
    )
