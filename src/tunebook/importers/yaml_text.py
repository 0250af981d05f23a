"""YAML that tools wrote, as plain values: tags are dropped, and nothing in it is executed.

Scalars are read by the core schema of YAML 1.2: `1e-3` is a number, `on` and `12:30` are texts.
What tools of YAML 1.1 write unquoted means the same there.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import yaml

from tunebook.domain.errors import TableError
from tunebook.domain.formats.names import spell
from tunebook.importers import json_files

MOST_VALUES = 1_000_000
"""In one file, each alias counted with all that it stands for."""
MOST_LEVELS = 100

_PLAIN = "tag:yaml.org,2002:"
_PYTHON = _PLAIN + "python/"
_KNOWN = frozenset(
    _PLAIN + name
    for name in ("str", "int", "float", "bool", "null", "seq", "map", "binary", "timestamp",
                 "merge", "set", "omap")
)  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NUMPY_CODE = re.compile(r"[fiu][1248]|b1")
_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-")
       for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Yaml:
    """What a text says.

    Attributes:
        value: dictionaries, lists, texts, numbers, booleans, None.
        dropped: tags that were ignored, such as `python/tuple`, each once.
    """

    value: Any
    dropped: tuple[str, ...] = ()


def read_yaml(text: str | bytes, source: str) -> Yaml:
    """Read one document.

    A tagged value is read as if it had no tag: a tuple as a list, an object as its fields. The
    name of a class or function is a text; a number of NumPy is a number.

    Args:
        text: of the file.
        source: its name, for errors.

    Raises:
        TableError: it is no YAML, holds several documents, or is larger than a configuration.

    Example:
        >>> read_yaml("lr: 1e-3\\nbetas: !!python/tuple [0.9, 0.99]", "hparams.yaml")
        Yaml(value={'lr': 0.001, 'betas': [0.9, 0.99]}, dropped=('python/tuple',))
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _no_yaml(source, str(error)) from None
    except (_Refused, ValueError) as error:
        raise _no_yaml(source, str(error)) from None
    return Yaml(value=builder.value, dropped=tuple(builder.dropped))


def flat(value: Any) -> dict[str, Any]:
    """Nested tables as one, keys joined by points; of what is no table nothing.

    Example:
        >>> flat({"model": {"width": 64, "sizes": [1, 2]}, "lr": 0.1})
        {'model.width': 64, 'model.sizes': [1, 2], 'lr': 0.1}
    """
    return json_files.flat(value) if isinstance(value, Mapping) else {}


class _Refused(Exception):
    """A document that is no configuration; says why."""


@dataclass(slots=True)
class _Open:
    """A list or table whose end is still to come."""

    tag: str | None
    anchor: str | None
    items: list[Any] = field(default_factory=list)
    table: bool = False
    before: int = 0


@dataclass(slots=True)
class _Builder:
    """Values from events, with neither recursion nor expansion of aliases."""

    value: Any = None
    dropped: dict[str, None] = field(default_factory=dict)
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    _count: int = 0
    _documents: int = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), event.anchor, 1)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _Refused(f"*{event.anchor} stands for nothing that is whole before it")
            self._add(self._anchors[event.anchor][0], None, self._anchors[event.anchor][1])
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if len(self._open) >= MOST_LEVELS:
                raise _Refused(f"it is nested more than {MOST_LEVELS} levels deep")
            table = isinstance(event, yaml.MappingStartEvent)
            self._open.append(_Open(event.tag, event.anchor, table=table, before=self._count))
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            done = self._open.pop()
            made: Any = _table(done.items) if done.table else done.items
            own = self._count - done.before
            self._count = done.before
            self._add(self._untagged(done.tag, made), done.anchor, own + 1)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Refused("it holds several documents")

    def _add(self, value: Any, anchor: str | None, size: int) -> None:
        self._count += size
        if self._count > MOST_VALUES:
            raise _Refused(f"it holds more than {MOST_VALUES} values")
        if anchor is not None:
            self._anchors[anchor] = value, size
        if self._open:
            self._open[-1].items.append(value)
        else:
            self.value = value

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text, tag = event.value, event.tag
        if tag is None or tag == "!":
            return _plain(text) if event.implicit[0] else text
        if tag == _PLAIN + "str":
            return text
        if tag == _PLAIN + "binary":
            return text
        if tag.startswith(_PYTHON) and not text:  # python/name:torch.nn.ReLU ''
            self.dropped[tag.removeprefix(_PLAIN).partition(":")[0]] = None
            return tag.removeprefix(_PYTHON).partition(":")[2]
        return self._untagged(tag, _plain(text))

    def _untagged(self, tag: str | None, value: Any) -> Any:
        if tag is None or tag in _KNOWN or tag == "!":
            return list(value) if tag == _PLAIN + "set" and isinstance(value, dict) else value
        self.dropped[tag.removeprefix(_PLAIN).partition(":")[0]] = None
        if tag.endswith(".multiarray.scalar"):
            return _numpy_number(value)
        return value


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= _LONGEST:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return int(text, 0) if _BASED.fullmatch(text) else text


_LONGEST = 300  # digits of a whole number; Python refuses to read some thousands


def _table(items: list[Any]) -> dict[str, Any]:
    """Keys and values in turn; of a key that stands twice the later counts."""
    found: dict[str, Any] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if key == "<<":
            for other in value if isinstance(value, list) else [value]:
                found = {**other, **found} if isinstance(other, dict) else found
        else:
            found[key if isinstance(key, str) else spell(key)] = value
    return found


def _numpy_number(value: Any) -> Any:
    """The number of `numpy.float64(0.1)`, as PyYAML writes it: a type's name and its bytes."""
    try:
        of, content = value[0], base64.b64decode(value[1])
        code, order = of["args"][0], of["state"][1]
        if _NUMPY_CODE.fullmatch(code) and order in ("<", ">", "|") and len(content) < 9:
            return np.frombuffer(content, np.dtype(order + code))[0].item()
    except (TypeError, ValueError, KeyError, IndexError):
        pass
    return value


def _no_yaml(source: str, why: str) -> TableError:
    return TableError(
        f"{source} can't be read as YAML: {' '.join(why.split())[:200]}",
        next_step="is the file cut off? Copy it again, or leave its run out",
    )
