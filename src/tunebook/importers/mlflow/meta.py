"""The `meta.yaml` of an experiment or a run: one field a line, as PyYAML writes them (C11)."""

from __future__ import annotations

import re

from tunebook.domain.errors import TableError
from tunebook.importers.yaml_text import read_yaml

_FIELD = re.compile(r"^([A-Za-z_]\w*):(?: |$)", re.MULTILINE)
_PLAIN = re.compile(r"[^'\"|>&*!%@`{\[\n]*|\[\]")
_QUOTED = re.compile(r"'([^'\n]*)'")


def read_meta(text: str) -> dict[str, str]:
    """The fields of a file, each as text; one that is null is empty.

    There is a file for each run, so that what needs no reader of YAML is read without one.

    Args:
        text: of the file; one that is half written has fewer fields.

    Example:
        >>> read_meta("name: 'it''s'\\nend_time: null\\nstatus: 3\\n")
        {'name': "it's", 'end_time': '', 'status': '3'}
    """
    found = list(_FIELD.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    fields = {}
    for match, end in zip(found, ends[: len(found)], strict=True):
        try:
            fields[match.group(1)] = _scalar(text[match.end() : end].strip())
        except TableError:
            break  # half written
    return fields


def _scalar(written: str) -> str:
    if _PLAIN.fullmatch(written):
        return "" if written in ("null", "~") else written
    if quoted := _QUOTED.fullmatch(written):
        return quoted.group(1)
    value = read_yaml(f"field: {written}", "meta.yaml").value["field"]
    return value if isinstance(value, str) else ""
