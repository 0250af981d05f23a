"""What a column's name says of it, where no tool states it: the commonest names (C11).

A name is weak evidence, so that values have a say too: a `loss` of words is a choice of losses, a
`time` of three values is no clock.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from tunebook.domain.origin import Kind
from tunebook.importers.csv.column_profile import Look, moment_of, seconds_of
from tunebook.importers.csv.known_tools import words
from tunebook.importers.csv.statuses import is_flag, knows_status

_NUMBERED_NOTE = re.compile(r"(note|notes|comment|remark|tag)_?\d+")
_YES_OR_NO = {"true", "false", "0", "1", "yes", "no"}


def plain_name(column: str) -> str:
    """The name in lower case with single underscores: `Start Time` is `start_time`.

    Example:
        >>> plain_name("Start Time"), plain_name("valAccuracy"), plain_name("Unnamed: 0")
        ('start_time', 'val_accuracy', 'unnamed_0')
    """
    if column.strip() == "#":
        return "#"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^0-9a-z]+", "_", parted.lower()).strip("_")


def any_of(what: str, parts: Collection[str]) -> bool:
    """Whether one of the words says so."""
    return not set(parts).isdisjoint(words()[what])


def kind_by_name(column: str, look: Look) -> Kind | None:
    """What a column's name, with its values in agreement, says it is; None where it is silent."""
    name = plain_name(column)
    if name in words()["labels_of_variation"]:
        return Kind.HYPERPARAMETER
    if name in ("study", "study_name"):
        return Kind.STUDY
    for kind, says in (
        (Kind.SEED, _is_seed),
        (Kind.STATUS, _is_status),
        (Kind.CAUSE, _is_cause),
        (Kind.START, _is_start),
        (Kind.TRIAL, _is_trial),
        (Kind.SECONDS, _is_seconds),
        (Kind.WORKLOAD, _is_workload),
    ):
        if says(name, look):
            return kind
    if name in words()["configurations"] and all(c.startswith("{") for c in look.there):
        return Kind.BOOKKEEPING  # what other columns spell out
    if name in words()["bookkeeping"] or _NUMBERED_NOTE.fullmatch(name) or column.startswith("_"):
        return Kind.BOOKKEEPING
    return Kind.RESULT if is_result(column, look) else None


def is_result(column: str, look: Look) -> bool:
    """True where a column's name says that it was measured, and its cells are numbers.

    Example:
        >>> from tunebook.importers.csv.column_profile import look_at
        >>> floats = look_at(["0.31", "0.29"])
        >>> [is_result(n, floats) for n in ("val_loss", "best_step", "loss_weight", "lr")]
        [True, True, False, False]
    """
    name = plain_name(column)
    parts = name.split("_") if name else []
    if not parts or name in words()["not_results"] or (look.there and not look.numeric):
        return False
    if "/" in column and parts[0] in words()["parts_of_data"]:
        return True
    if name in words()["stops"]:
        return True
    if name == "target" or name.endswith(words()["result_ends"]):
        return True
    if name.startswith(words()["result_starts"]) and not any_of("last_words", parts):
        return True
    if re.fullmatch(r"split\d+_(test|train)_.*", name):
        return True
    return _measures(parts, look)


def _measures(parts: list[str], look: Look) -> bool:
    """True for names such as `val_loss`, `accuracy_mean`, `top_1`, `test_f1_macro`."""
    bare = [w for w in parts if w not in words()["aggregates"] and not w.isdigit()]
    if not bare:
        # `mean` and `std` alone are results where each row has its own.
        return bool(set(parts) & {"mean", "std", "avg"}) and look.own
    if parts[0] == "top" and parts[-1] in ("1", "5"):
        return True
    last = bare[-1]
    if any_of("sets", bare):
        return False
    maybe = last in words()["maybe_metrics"] and look.own and len(look.there) >= 4
    if last in words()["metrics"] or maybe:
        return True
    data = words()["parts_of_data"]
    of_data = (bare[0] in data and len(bare) > 1) or last in data
    return (of_data or any_of("metrics", bare)) and look.own and not look.whole


def _is_seed(name: str, look: Look) -> bool:
    parts = name.split("_")
    named = (
        parts[-1] in ("seed", "seeds", "rng")
        or name.endswith("random_state")
        or (parts[0] == "seed" and (len(parts) == 1 or parts[-1].isdigit() or parts[-1] == "id"))
    )
    replicated = name in words()["replicates"] and 1 < look.distinct <= look.rows / 2
    return (named or replicated) and (look.whole or not look.there)


def _is_status(name: str, look: Look) -> bool:
    if name in words()["statuses"]:
        return name == "status" or not look.there or knows_status(look.there)
    return is_flag(name) and set(map(str.lower, look.there)) <= _YES_OR_NO


def _is_cause(name: str, look: Look) -> bool:
    return name in words()["causes"] and not (look.numeric and look.there)


def _is_start(name: str, look: Look) -> bool:
    return (
        name in words()["starts"]
        and bool(look.there)
        and all(moment_of(c) is not None for c in look.there)
    )


def _is_trial(name: str, look: Look) -> bool:
    if name == "trial":
        return True
    # Texts of run names may recur once or twice; numbers that do are no numbers of trials.
    return name in words()["trials"] and (look.unique or (look.own and not look.numeric))


def _is_seconds(name: str, look: Look) -> bool:
    if name == "seconds":
        return True
    return (
        name in words()["seconds"]
        and look.own
        and all(seconds_of(c) is not None for c in look.there)
    )


def _is_workload(name: str, look: Look) -> bool:
    texts = bool(look.there) and not look.numeric
    return name in words()["workloads"] and texts and not look.own


def orders(name: str) -> bool:
    """True for a name whose numbers count trials in the order in which they were begun."""
    return plain_name(name) in words()["orders"]
