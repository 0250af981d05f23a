"""JSON and TOML of every noun, both ways and exact; round files that people edit (B D6).

The parts: `plain_data` (nouns to dicts and back), `json_text`, `toml_text` (dicts to TOML),
`round_file` and `round_edit`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from tunebook.domain.formats.json_text import alike, from_json, to_json
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


def _without_none(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_none(value) for key, value in data.items() if value is not None}
    return [_without_none(item) for item in data] if isinstance(data, list) else data
