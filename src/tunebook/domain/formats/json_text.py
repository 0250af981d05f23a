"""JSON of every noun, both ways and exact (D6)."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from tunebook.domain.errors import CodecError
from tunebook.domain.formats.plain_data import from_data, to_data

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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise CodecError(f'a key stands once in a table; "{twice}" stands twice')
    return data
