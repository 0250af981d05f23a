"""What a column's name says of it, where no tool states it: the commonest names (C11).

A name is weak evidence, so that values have a say too: a `loss` of words is a choice of losses, a
`time` of three values is no clock.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from tunebook.domain.formats.languages import english
from tunebook.domain.origin import Kind
from tunebook.importers.csv.column_profile import TIME_UNITS, Look, moment_of, seconds_of
from tunebook.importers.csv.known_tools import words
from tunebook.importers.csv.statuses import is_flag, knows_status

_NUMBERED_NOTE = re.compile(r"(note|notes|comment|remark|tag)_?\d+")
_SIZES = frozenset({"kb", "mb", "gb", "tb", "kib", "mib", "gib", "bytes"})
_ENDS = ("path", "dir", "url", "uri", "link", "hash", "sha", "hostname", "pid", "uuid", "filename")
_MACHINE = frozenset({"gpu", "cpu", "memory", "mem", "disk", "network", "power", "temp"})
_RATES = frozenset({"s", "sec", "second", "minute", "min", "hour", "h"})
_CLOCKS = frozenset({"time", "total_time", "relative"})  # of three values they are no clock
_YES_OR_NO = {"true", "false", "0", "1", "yes", "no"}


def plain_name(column: str) -> str:
    """The name in lower case with single underscores, in English: `Start Time` is `start_time`.

    Example:
        >>> plain_name("Start Time"), plain_name("valAccuracy"), plain_name("Unnamed: 0")
        ('start_time', 'val_accuracy', 'unnamed_0')
    """
    if column.strip() == "#":
        return "#"
    return english(column)


def short_name(name: str) -> str:
    """A plain name without what it belongs to and without its unit.

    Example:
        >>> short_name("run_duration_ms"), short_name("server_end_time"), short_name("job_id")
        ('duration', 'end_time', 'id')
    """
    parts = name.split("_")
    while len(parts) > 1 and parts[0] in words()["owners"]:
        parts = parts[1:]
    while len(parts) > 1 and (parts[-1] in TIME_UNITS or parts[-1] in _SIZES):
        parts = parts[:-1]
    return "_".join(parts)


def unit_factor(column: str) -> float:
    """Seconds in the unit that a column's name ends with; 1 where it has none."""
    return TIME_UNITS.get(plain_name(column).rpartition("_")[2], 1.0)


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
    if _is_bookkeeping(name) or column.startswith("_"):
        return Kind.BOOKKEEPING
    return Kind.RESULT if is_result(column, look) else None


def _is_bookkeeping(name: str) -> bool:
    known = words()["bookkeeping"]
    parts = name.split("_")
    if parts[0] in ("sys", "system", "monitoring") and not _MACHINE.isdisjoint(parts):
        return True
    if name in known or _NUMBERED_NOTE.fullmatch(name):
        return True
    short = short_name(name)
    return short in known or (short != name and short in words()["starts"]) or (
        len(parts) > 1 and parts[-1] in _ENDS
    )  # fmt: skip


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
    differs = look.own or (not look.whole and look.distinct > len(look.there) / 2)
    maybe = last in words()["maybe_metrics"] and differs and len(look.there) >= 4
    if last in words()["metrics"] or maybe:
        return True
    data = words()["parts_of_data"]
    if "per" in bare[1:-1] and last in _RATES:
        return True  # images_per_second
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
    if name in words()["statuses"] or short_name(name) in words()["statuses"]:
        return name == "status" or not look.there or knows_status(look.there)
    return is_flag(flag_name(name)) and set(map(str.lower, look.there)) <= _YES_OR_NO


def flag_name(column: str) -> str:
    """A column's name as `statuses.is_flag` knows it: `run.active` is `active`."""
    name = plain_name(column)
    return name if is_flag(name) else short_name(name)


def _is_cause(name: str, look: Look) -> bool:
    return name in words()["causes"] and not (look.numeric and look.there)


def _is_start(name: str, look: Look) -> bool:
    return (
        (name in words()["starts"] or short_name(name) in words()["starts"])
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
        (name in words()["seconds"] or short_name(name) in words()["seconds"])
        and (look.own or not look.numeric or (name not in _CLOCKS and look.distinct > 3))
        and all(seconds_of(c) is not None for c in look.there)
    )


def _is_workload(name: str, look: Look) -> bool:
    texts = bool(look.there) and not look.numeric
    return name in words()["workloads"] and texts and not look.own


def orders(name: str) -> bool:
    """True for a name whose numbers count trials in the order in which they were begun."""
    return plain_name(name) in words()["orders"]
