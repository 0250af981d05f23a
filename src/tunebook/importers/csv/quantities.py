"""Numbers with a unit behind them: `512 tokens`, `8.3 GB`, `2k`; the unit is taken off (C11)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from tunebook.domain.formats.languages import english
from tunebook.importers.csv.known_tools import words

_QUANTITY = re.compile(r"([+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?) ?([^\W\d_]{1,12}|°)")
_PLAIN = re.compile(r"[+-]?\d*[.,]?\d+([eE][+-]?\d+)?")
_POWERS = {"k": 3, "K": 3, "M": 6, "Mio": 6, "G": 9, "B": 9, "bn": 9, "T": 12}
_BYTES = {"B": 0, "KB": 3, "kB": 3, "MB": 6, "GB": 9, "TB": 12}
_SECONDS = {
    "s": 1, "sec": 1, "secs": 1, "seconds": 1, "min": 60, "mins": 60, "minutes": 60, "h": 3600,
    "hr": 3600, "hrs": 3600, "hours": 3600, "d": 86400, "days": 86400,
}  # fmt: skip
_ABSENT = frozenset({"", "nan", "none", "null", "na", "n/a", "-"})


def read_units(columns: dict[str, list[str]]) -> list[str]:
    """Take units off in columns where each number has one; changes `columns`.

    One unit in a whole column is dropped. `k`, `M`, `B` multiply; of several units of time or of
    memory, all become seconds or bytes. Durations stay as they are: they are read with their unit.

    Returns:
        A sentence for each column.
    """
    notes = []
    for name, cells in columns.items():
        distinct = {c for c in cells if c.lower() not in _ABSENT}
        if len(distinct) < 2 or _keeps_its_text(name):
            continue
        factors = _factors(distinct)
        if factors is None:
            continue
        columns[name] = [_times(cell, factors) for cell in cells]
        first = next(c for c in cells if _QUANTITY.fullmatch(c))
        notes.append(f"{name}: units were read: {first} is {_times(first, factors)}.")
    return notes


def _keeps_its_text(name: str) -> bool:
    plain = english(name)
    if plain in words()["trials"] or plain in words()["statuses"]:
        return True
    last = plain.split("_")[-1]
    return plain in words()["seconds"] or last in ("duration", "elapsed", "runtime")


def _factors(distinct: set[str]) -> dict[str, Decimal] | None:
    """What each unit multiplies by, or None where a cell is no quantity."""
    read = {c: _QUANTITY.fullmatch(c) for c in distinct}
    units = {m[2] for m in read.values() if m}
    bare = [c for c, m in read.items() if m is None]
    if not units or not all(_PLAIN.fullmatch(c) for c in bare):
        return None
    if units <= set(_POWERS):
        return {unit: Decimal(10) ** _POWERS[unit] for unit in units}
    if any(c.strip("+-0.,") for c in bare):
        return None  # numbers with a unit beside others without
    if len(units) == 1:
        return dict.fromkeys(units, Decimal(1))
    if units <= set(_BYTES):
        return {unit: Decimal(10) ** _BYTES[unit] for unit in units}
    if units <= set(_SECONDS):
        return {unit: Decimal(_SECONDS[unit]) for unit in units}
    singular = {unit.removesuffix("s") for unit in units}
    return dict.fromkeys(units, Decimal(1)) if len(singular) == 1 else None


def _times(cell: str, factors: dict[str, Decimal]) -> str:
    match = _QUANTITY.fullmatch(cell)
    if match is None:
        return cell
    number, factor = match[1], factors[match[2]]
    if factor == 1:
        return number
    try:
        product = Decimal(number.replace(",", ".")) * factor
    except InvalidOperation:
        return cell
    return str(int(product)) if product == product.to_integral_value() else str(product)


def close_percents(cells: Sequence[str]) -> list[str]:
    """Cells without blanks before a percent sign."""
    return [re.sub(r"\s+%$", "%", cell) if cell.endswith("%") else cell for cell in cells]
