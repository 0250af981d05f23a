"""Plain data as TOML text and back; keys keep their order, every text its characters."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunebook.domain.errors import CodecError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 99


def read_toml_text(file: Path, what: str, next_step: str) -> str:
    """Read the text of a TOML file.

    Args:
        file: its path.
        what: it is, "round file", for errors.
        next_step: where it can't be read.

    Raises:
        CodecError: it can't be read, or is not UTF-8.
    """
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise CodecError(f"there is no {what} {file}", next_step=next_step) from None
    except OSError as error:
        why = error.strerror or error
        raise CodecError(f"the {what} {file} can't be read: {why}", next_step=next_step) from None
    except UnicodeDecodeError as error:
        rule = f"{file} is not UTF-8 text: byte {error.start} is none"
        raise CodecError(rule, next_step="save it as UTF-8") from None


def load_toml(text: str, *, source: str = "") -> dict[str, Any]:
    """Plain data of a TOML text.

    Raises:
        CodecError: the text is no TOML; says line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = f"{source}: " if source else ""
        lines = text.split("\n")
        end = f"at line {len(lines)}, column {len(lines[-1]) + 1}, the end"
        said = str(error).replace("at end of document", end)
        raise CodecError(
            f"{where}not valid TOML: {said}",
            next_step="look at that place for a missing quote, bracket or comma, or a key that "
            "appears twice",
        ) from None


def dump_toml(data: Mapping[str, Any]) -> str:
    """A table as TOML: plain keys first line by line, tables inside inline.

    Tables stay inline so that the order of keys survives: after a `[header]` no key of the
    table above could follow.
    """
    return "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in data.items())


def key_text(key: str) -> str:
    """A key, quoted where it must be."""
    return key if _BARE.fullmatch(key) else text_text(key)


def text_text(text: str) -> str:
    """A basic string. JSON's escapes are TOML's, but for DEL, which TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def number_text(number: float) -> str:
    """The shortest text that is read back as the same number."""
    if math.isfinite(number):
        return repr(float(number))
    return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"


def value_text(value: Any, *, wide: bool = False) -> str:
    """A value inline; with `wide`, a list of tables or a long list has one item a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        return text_text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key_text(k)} = {value_text(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    items = [value_text(item) for item in value]
    flat = f"[{', '.join(items)}]"
    if wide and (len(flat) > _WIDTH - 20 or any(isinstance(v, Mapping) for v in value)):
        return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return flat
