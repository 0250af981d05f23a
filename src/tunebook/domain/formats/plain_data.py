"""Any noun to plain data (dicts, lists, texts, numbers) and strictly back, read off type hints.

Ranges and constraints have shapes of their own, for people: `domain/formats/axis_data.py`.
"""

from __future__ import annotations

import datetime
import functools
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union

from tunebook.domain.errors import CodecError, DesignError, nearest
from tunebook.domain.formats.axis_data import (
    axis_to_data,
    check_axis_keys,
    constraint_to_data,
)
from tunebook.domain.formats.notation import parse_constraint
from tunebook.domain.space import (
    Choice,
    Constraint,
    Float,
    Integer,
    Per,
    Scale,
    listed_choice,
)
from tunebook.domain.trial import Value

T = TypeVar("T")

NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# JSON has no words for these numbers, so they become texts; a text that reads like one of
# them gets a backslash in front, so that both come back as what they were.
_LIKE_NON_FINITE = re.compile(r"\\*(NaN|Infinity|-Infinity)")

_KINDS: dict[Any, str] = {
    bool: "true or false", int: "a whole number", float: "a number", str: "a text",
}  # fmt: skip
_EXAMPLES = {
    "a text": '"..."', "true or false": "true", "a whole number": "16", "a number": "0.1",
    "a list": "[...]",
}  # fmt: skip


def to_data(noun: object) -> Any:
    """Plain data of a noun: what `json.dumps` takes, with finite numbers only.

    Enums become their values, tuples lists, NaN and infinities the texts "NaN", "Infinity" and
    "-Infinity", absent values None. Keys keep their order.

    Raises:
        CodecError: something in it is no noun of the domain.
    """
    if isinstance(noun, Enum):
        return noun.value
    if noun is None or isinstance(noun, bool | int):
        return noun
    if isinstance(noun, float):
        return float(noun) if math.isfinite(noun) else _spell_non_finite(noun)
    if isinstance(noun, str):
        return "\\" + noun if _LIKE_NON_FINITE.fullmatch(noun) else noun
    if isinstance(noun, Float | Integer | Choice | Per):
        return axis_to_data(noun, to_data)
    if isinstance(noun, Constraint):
        return constraint_to_data(noun, to_data)
    if isinstance(noun, Mapping):
        return {str(key): to_data(value) for key, value in noun.items()}
    if isinstance(noun, list | tuple):
        return [to_data(item) for item in noun]
    if is_dataclass(noun) and not isinstance(noun, type):
        return {f.name: to_data(getattr(noun, f.name)) for f in fields(noun)}
    if type(noun).__module__ == "numpy" and hasattr(noun, "tolist"):  # a check's own numbers
        return to_data(noun.tolist())
    raise CodecError(f"only nouns of the domain have plain data; got {noun!r}")


def from_data(kind: type[T], data: object, *, path: str = "") -> T:
    """The noun that plain data describes; strict, so that a slip is never guessed at.

    Args:
        kind: a noun's class, or a type such as `Mapping[str, Axis | Per]`.
        data: as `to_data` gives it; keys with a default may be left out.
        path: where `data` stands in its document, for errors.

    Raises:
        CodecError: an unknown key, one that is missing, or a value of the wrong type.
        DesignError: the noun itself refuses the values; both name the key.
    """
    return typing.cast(T, _read(kind, data, path))


def _spell_non_finite(number: float) -> str:
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _read(kind: Any, data: Any, path: str) -> Any:
    """`data` as `kind`, which is a class, a union, or a generic alias of either."""
    if kind in (Float, Integer, Choice, Per):
        return _read_axis((kind,), data, path)
    if kind is Constraint:
        return _read_constraint(data, path)
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(typing.get_args(kind), data, path)
    if origin in (tuple, list):
        return _read_list(kind, origin, data, path)
    if origin is not None and issubclass(origin, Mapping):
        _expect(isinstance(data, Mapping), "a table", data, path)
        return {
            key: _read(typing.get_args(kind)[1], v, join(path, key)) for key, v in data.items()
        }
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_enum(kind, data, path)
    if is_dataclass(kind):
        return _read_noun(kind, data, path)
    if kind is object:
        return data
    if kind is Any:
        return _read_any(data)
    return _read_plain((kind,), data, path)


def _read_any(data: Any) -> Any:
    """Whatever `to_data` was given: texts that stand for numbers become these again."""
    if isinstance(data, Mapping):
        return {key: _read_any(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_read_any(item) for item in data]
    return _read_plain((float, str), data, "") if isinstance(data, str) else data


def _read_plain(kinds: Sequence[Any], data: Any, path: str) -> Any:
    """A bool, number, text or None, of one of the kinds allowed."""
    if isinstance(data, bool) or data is None:
        if type(data) in kinds:
            return data
    elif isinstance(data, int):
        if int in kinds:
            return int(data)
        if float in kinds:
            return _as_float(data, path)
    elif isinstance(data, float):
        if float in kinds:
            return float(data)
    elif isinstance(data, str):
        if data in NON_FINITE and float in kinds:
            return NON_FINITE[data]
        if str in kinds:
            return str(data[1:]) if data[:1] == "\\" and _LIKE_NON_FINITE.fullmatch(data) else data
    raise _wrong(_kinds_text(kinds), data, path)


def _kinds_text(kinds: Sequence[Any]) -> str:
    """What may stand there; that it may be left out is said by `_wrong`'s reader, the file."""
    if {bool, int, float, str} <= set(kinds):
        return "a number, a text, true or false"
    named = [_KINDS.get(k, "a table") for k in kinds if k is not types.NoneType]
    return " or ".join(named) or "left out"


def _as_float(number: int, path: str) -> float:
    try:
        return float(number)
    except OverflowError:
        raise _wrong("a number that fits into 64 bits", number, path) from None


def _read_union(members: tuple[Any, ...], data: Any, path: str) -> Any:
    axes = tuple(m for m in members if m in (Float, Integer, Choice, Per))
    flat: set[Any] = set(members)
    if isinstance(data, Mapping):
        if axes:
            return _read_axis(axes, data, path, fixed=bool(flat & {bool, int, float, str}))
        for member in members:
            if is_dataclass(member):
                return _read_noun(member, data, path)
    if isinstance(data, list | tuple):
        if Choice in axes and not flat & {bool, int, float, str}:
            with located(path):
                return listed_choice(path, _read(tuple[Value, ...], data, path))
        for member in members:
            if typing.get_origin(member) in (tuple, list):
                return _read(member, data, path)
    enum = next((m for m in members if isinstance(m, type) and issubclass(m, Enum)), None)
    if enum is not None and data is not None:
        return _read_enum(enum, data, path)
    if axes and not flat & {bool, int, float, str}:
        raise CodecError(
            f"{path or 'this'} is varied, so it needs a range; got {_short(data)}",
            next_step='write { low = 1e-4, high = 1.0, scale = "log" } or '
            '{ choice = ["a", "b"] }, or move it to [fixed]',
        )
    return _read_plain(members, data, path)


def _read_list(kind: Any, origin: Any, data: Any, path: str) -> Any:
    _expect(isinstance(data, list | tuple), "a list", data, path)
    inner = typing.get_args(kind)
    if origin is list or inner[-1] is Ellipsis:
        items = [_read(inner[0], item, f"{path}[{i}]") for i, item in enumerate(data)]
        return origin(items)
    _expect(len(data) == len(inner), f"a list of {len(inner)}", data, path)
    pairs = zip(inner, data, strict=True)
    return tuple(_read(hint, item, f"{path}[{i}]") for i, (hint, item) in enumerate(pairs))


def _read_enum(kind: type[Enum], data: Any, path: str) -> Enum:
    known = [str(member.value) for member in kind]
    if not isinstance(data, str) or data not in known:
        hint = nearest(data, known) if isinstance(data, str) else ""
        raise CodecError(
            f"{path or kind.__name__} is one of {', '.join(known)}; got {_short(data)}.{hint}",
            next_step=f'write one of them, as "{known[0]}"',
        )
    return kind(data)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read_noun(kind: Any, data: Any, path: str) -> Any:
    _expect(isinstance(data, Mapping), "a table", data, path)
    renamed = getattr(kind, "OLD_NAMES", {})  # of data that an earlier version wrote
    data = {renamed.get(name, name): value for name, value in data.items()}
    known = {f.name: f for f in fields(kind)}
    check_keys(data, known, path, kind.__name__)
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in data:
            values[name] = _read(hints[name], data[name], join(path, name))
        elif field.default is MISSING and field.default_factory is MISSING:
            if types.NoneType not in typing.get_args(hints[name]):
                what = _KINDS.get(hints[name], "")
                raise CodecError(
                    f"{join(path, name)} is missing",
                    next_step=f"add {name} to the {kind.__name__.lower()}"
                    + (f": {name} = {_EXAMPLES[what]}" if what else ""),
                )
            values[name] = None
    with located(path):
        return kind(**values)


def _read_axis(kinds: tuple[Any, ...], data: Any, path: str, *, fixed: bool = False) -> Any:
    """A range or a condition; `fixed` where a plain value could stand here as well."""
    _expect(isinstance(data, Mapping), "a table", data, path)
    if fixed and not data:
        raise _not_held("an empty table", path)
    shape = check_axis_keys(data, path)
    if shape == "value" and fixed:
        return _read(Value, data["value"], join(path, "value"))
    kind = {"value": Choice, "choice": Choice, "per": Per, "range": Float}[shape]
    if shape == "range" and _read(bool, data.get("integer", False), join(path, "integer")):
        kind = Integer
    if kind not in kinds and fixed:
        raise _not_held(f"a {shape}", path)
    if kind not in kinds:
        names = ", ".join(k.__name__.lower() for k in kinds)
        raise CodecError(f"{path or 'this'} is {names}; got {kind.__name__.lower()}")
    with located(path):
        if shape == "value":
            return Choice((_read(Value, data["value"], join(path, "value")),))
        if shape == "choice":
            return Choice(_read(tuple[Value, ...], data["choice"], join(path, "choice")))
    if shape == "per":
        return _read_per(data, path)
    bound = int if kind is Integer else float
    low, high = (_read(bound, data[end], join(path, end)) for end in ("low", "high"))
    scale = _read_enum(Scale, data.get("scale", "linear"), join(path, "scale"))
    with located(path):
        return kind(low, high, scale)


def _read_per(data: Mapping[str, Any], path: str) -> Per:
    entries = data["when"]
    _expect(isinstance(entries, list | tuple), "a list of tables", entries, join(path, "when"))
    when = []
    for i, entry in enumerate(entries):
        here = f"{join(path, 'when')}[{i}]"
        _expect(isinstance(entry, Mapping), "a table", entry, here)
        if "is" not in entry:
            raise CodecError(
                f"{here}.is is missing",
                next_step=f'say under which value of "{data["per"]}" this range holds: is = "..."',
            )
        axis = {k: v for k, v in entry.items() if k != "is"}
        value = _read(Value, entry["is"], join(here, "is"))
        when.append((value, _read_axis((Float, Integer, Choice, Per), axis, here)))
    with located(path):
        return Per(_read(str, data["per"], join(path, "per")), tuple(when))


def _read_constraint(data: Any, path: str) -> Constraint:
    with located(path):
        if isinstance(data, str):
            return parse_constraint(data)
    _expect(isinstance(data, Mapping), 'a text such as "a < b"', data, path)
    noun = _read_noun(Constraint, data, path)
    return typing.cast(Constraint, noun)


def check_keys(data: Mapping[str, Any], known: Mapping[str, Any], path: str, what: str) -> None:
    """Raise for the first key that is not known, with the nearest one that is."""
    for key in data:
        if key not in known:
            raise CodecError(
                f'{path or what} has no key "{key}".{nearest(str(key), known)}',
                next_step=f"known keys: {', '.join(known)}",
            )


def join(path: str, key: str) -> str:
    """Where in the document: `nuisance.learning_rate`."""
    return f"{path}.{key}" if path else key


@contextmanager
def located(path: str) -> Iterator[None]:
    """Put the place in the document in front of a noun's own complaint."""
    try:
        yield
    except DesignError as error:
        if not path:
            raise
        rule = error.rule if error.rule.startswith(path) else f"{path}: {error.rule}"
        raise type(error)(rule, next_step=error.next_step) from None


def _expect(holds: bool, what: str, data: Any, path: str) -> None:
    if not holds:
        raise _wrong(what, data, path)


def _wrong(what: str, data: Any, path: str) -> CodecError:
    key = path.rpartition(".")[2]
    example = _EXAMPLES.get(what)
    if what == "a table" and path:
        step = f"write a header [{path}] over its keys"
    elif example and key and not key.endswith("]"):
        step = f"write {key} = {example}"
    else:
        step = f"write {what} there" + (f", as {example}" if example else "")
    return CodecError(f"{path or 'this'} is {what}; got {_short(data)}", next_step=step)


def _not_held(got: str, path: str) -> CodecError:
    name = path.rpartition(".")[2]
    return CodecError(
        f"{path or 'this'} is held at one value; got {got}",
        next_step=f'write {name} = 0.1, or move "{name}" to [nuisance] or [scientific]',
    )


def _short(data: Any) -> str:
    if isinstance(data, datetime.date | datetime.time):
        return str(data)
    text = {True: "true", False: "false"}[data] if isinstance(data, bool) else repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."
