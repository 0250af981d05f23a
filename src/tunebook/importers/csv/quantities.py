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


_GUARDED = re.compile(r"'(?=[+-]?[\d.])|=\"([^\"]*)\"")
_POWER = re.compile(
    r"(?:([+-]?\d+(?:\.\d+)?) ?[x×·*] ?)?(\d+(?:\.\d+)?) ?(?:\^|\*\*) ?\(?([+-]?\d+)\)?"
)
_SPREAD = re.compile(r"([+-]?\d*[.,]?\d+(?:[eE][+-]?\d+)?%?) ?(?:±|\+/-|\+-) ?\d*[.,]?\d+%?")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([,.' \u00a0\u202f’])\d{3})+")


def plain_cells(cells: Sequence[str]) -> list[str]:
    """Cells without what spreadsheets put around a number: `'0.1`, `="32"`, `65 %`."""
    return [
        _without_guard(cell) if cell[:1] in "'=" or cell[-1:] == "%" else cell for cell in cells
    ]


def _without_guard(cell: str) -> str:
    cell = _GUARDED.sub(lambda match: match[1] or "", cell, count=1)
    return re.sub(r"\s+%$", "%", cell)


def read_powers_and_spreads(columns: dict[str, list[str]]) -> list[str]:
    """Columns of `2^-4` or `3×10^-4`, of `0.72 ± 0.01` and of `1,000,000` as numbers.

    Separators of thousands are read where a column has whole numbers alone, and either a number
    has two of them, or they are blanks or apostrophes, or numbers elsewhere have a point.

    Returns:
        A sentence for each column; changes `columns`.
    """
    notes = []
    points = any(re.fullmatch(r"[+-]?\d*\.\d+", c) for own in columns.values() for c in own)
    for name, cells in columns.items():
        distinct = {c for c in cells if c.lower() not in _ABSENT}
        for what, read in (
            ("powers were read", _by_power(distinct)),
            ("the spread after ± is not read", _by_spread(distinct)),
            ("separators of thousands were read", _by_groups(distinct, points)),
        ):
            if read:
                columns[name] = [read.get(cell, cell) for cell in cells]
                first = next(c for c in cells if read.get(c, c) != c)
                notes.append(f"{name}: {what}: {first} is {read[first]}.")
                break
    return notes


def _by_power(distinct: set[str]) -> dict[str, str]:
    found = {}
    for cell in distinct:
        match = _POWER.fullmatch(
            re.sub(r"(\d)([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)$", r"\1^\2", cell).translate(_RAISED)
        )
        if match:
            times, base, exponent = match[1] or "1", Decimal(match[2]), int(match[3])
            if abs(exponent) > 99:
                return {}
            found[cell] = repr(float(Decimal(times) * base**exponent))
            found[cell] = found[cell].removesuffix(".0")
        elif not _PLAIN.fullmatch(cell):
            return {}
    return found


def _by_spread(distinct: set[str]) -> dict[str, str]:
    found = {cell: match[1] for cell in distinct if (match := _SPREAD.fullmatch(cell))}
    plain = all(cell in found or _PLAIN.fullmatch(cell) for cell in distinct)
    return found if plain else {}


def _by_groups(distinct: set[str], points: bool) -> dict[str, str]:
    found = {cell: match for cell in distinct if (match := _GROUPS.fullmatch(cell))}
    signs = {match[1] for match in found.values()}
    whole = all(cell in found or re.fullmatch(r"[+-]?\d{1,3}", cell) for cell in distinct)
    if not whole or len(found) < 2 or len(signs) != 1:
        return {}
    sign = signs.pop()
    twice = any(cell.count(sign) > 1 for cell in found)
    if not (twice or sign not in ".," or (sign == "," and points)):
        return {}
    return {cell: cell.replace(sign, "") for cell in found}
