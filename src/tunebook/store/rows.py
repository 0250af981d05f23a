"""Trials as rows of the table and back."""

from __future__ import annotations

import json
from typing import Any

from tunebook.domain.errors import StoreError, TunebookError
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.domain.trial import Cause, Outcome, Purpose, Status, TrialRecord
from tunebook.store.database.connection import host_now


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


def to_row(trial: TrialRecord) -> dict[str, Any]:
    """The columns of a trial's record."""
    return {
        "round": trial.round,
        "number": trial.number,
        "study": trial.study,
        "index": trial.index,
        "purpose": trial.purpose.value,
        "config": _json(dict(trial.config)),
        "seed": trial.seed,
        "max_train_steps": trial.max_train_steps,
        "status": trial.status.value,
        "cause": trial.cause.value if trial.cause else None,
        "detail": storable(trial.detail),
        "attempt": trial.attempt,
        "seconds": trial.seconds,
        "output_tail": storable(trial.output_tail),
        "unread": _json(list(trial.unread)),
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
        "evaluation_share": trial.evaluation_share,
    }


def outcome_columns(outcome: Outcome) -> dict[str, object]:
    """The columns that an outcome sets."""
    return {
        "status": outcome.status.value,
        "cause": outcome.cause.value if outcome.cause else None,
        "detail": storable(outcome.detail),
        "output_tail": storable(outcome.output_tail),
        "unread": _json(list(outcome.unread)),
        "ended_at": outcome.ended_at or host_now(),
        "evaluation_share": outcome.evaluation_share,
    }


_CAUSES = {cause.value: cause for cause in Cause}
_PURPOSES = {purpose.value: purpose for purpose in Purpose}
_STATUSES = {status.value: status for status in Status}


def to_trial(row: Any) -> TrialRecord:
    """The record that a whole row of the trial table holds."""
    # By place: a round of 10,000 trials is read in a tenth of a second, half of it here.
    (
        round_, number, study, index, purpose, config, seed, max_train_steps, status, cause,
        detail, attempt, seconds, output_tail, unread, started_at, ended_at, *_, evaluation_share,
    ) = row  # fmt: skip
    return TrialRecord(
        round=round_,
        number=number,
        study=study,
        index=index,
        config=_parsed(config),
        seed=seed,
        max_train_steps=max_train_steps,
        purpose=_PURPOSES[purpose],
        status=_STATUSES[status],
        cause=_CAUSES[cause] if cause else None,
        detail=detail,
        attempt=attempt,
        seconds=seconds,
        output_tail=output_tail,
        unread=() if unread == "[]" else tuple(_parsed(unread)),
        started_at=started_at,
        ended_at=ended_at,
        evaluation_share=evaluation_share,
    )


_decode = json.JSONDecoder().raw_decode


def _parsed(text: str) -> Any:
    found, end = _decode(text)
    if end != len(text):
        raise ValueError(f"more than one JSON value: {text:.80}")
    return found
