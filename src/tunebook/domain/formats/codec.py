"""JSON and TOML of every noun, both ways and exact; round files that people edit (B D6).

The parts: `plain_data` (nouns to dicts and back), `toml_text` (dicts to TOML), `round_file` and
`round_edit`.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, TypeVar

from tunebook.domain.errors import CodecError
from tunebook.domain.formats.plain_data import from_data, to_data
from tunebook.domain.formats.round_file import (
    RoundFile,
    read_round_file,
    read_space,
    write_round_file,
)
from tunebook.domain.formats.toml_text import dump_toml, load_toml
from tunebook.domain.space import Constraint

__all__ = [
    "RoundFile",
    "alike",
    "from_data",
    "from_json",
    "from_toml",
    "read_round_file",
    "read_space",
    "to_data",
    "to_json",
    "to_toml",
    "write_round_file",
]

T = TypeVar("T")


def to_json(noun: object, *, indent: int | None = None) -> str:
    """A noun as JSON that any reader takes: NaN and infinities are texts."""
    data = to_data(noun)
    text = json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair has no UTF-8, but has an escape
        return json.dumps(data, indent=indent, allow_nan=False)
    return text


def from_json(kind: type[T], text: str) -> T:
    """The noun that a JSON text describes.

    Raises:
        CodecError: the text is no JSON (says line and column), or no such noun.
        DesignError: the noun itself refuses the values.
    """
    try:
        data = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise CodecError(
            f"this is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    return from_data(kind, data)


def alike(one: object, other: object) -> bool:
    """Tell whether two nouns are stored as the same record; NaN is the same as NaN.

    `==` of nouns that hold a NaN depends on the Python version and on how they were read.
    """
    return type(one) is type(other) and to_data(one) == to_data(other)


def to_toml(noun: object) -> str:
    """A noun as TOML; TOML has no null, so absent values are left out."""
    if isinstance(noun, Constraint):  # a TOML document is a table, so its short text won't do
        noun = {f.name: getattr(noun, f.name) for f in fields(noun)}
    return dump_toml(_without_none(to_data(noun)))


def from_toml(kind: type[T], text: str) -> T:
    """The noun that a TOML text describes.

    Raises:
        CodecError: the text is no TOML (says line and column), or no such noun.
        DesignError: the noun itself refuses the values.
    """
    return from_data(kind, load_toml(text))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise CodecError(f'a key stands once in a table; "{twice}" stands twice')
    return data


def _without_none(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_none(value) for key, value in data.items() if value is not None}
    return [_without_none(item) for item in data] if isinstance(data, list) else data
