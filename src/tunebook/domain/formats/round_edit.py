"""A round file with new values, in which a person's comments and layout stay (B D6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from tunebook.domain.design import Round
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.formats.round_file import ROLES, RoundFile, read_round_file, write_round_file
from tunebook.domain.optimizers.round_key import KEY as READY_SPACE


def edit_round_file(text: str, plan: Round) -> str:
    """The same file with the values of another plan.

    Only keys whose values differ are touched. Where TOML can't carry the change in place (the
    order of hyperparameters, a key between tables), the file is written anew and the comments
    are gathered at its top.

    Raises:
        CodecError, DesignError: `text` is no round file.
    """
    file = read_round_file(text)
    document = tomlkit.parse(text)
    if READY_SPACE in document:  # its ranges stand nowhere in the text, so they are written out
        return _anew(text, file, plan)
    for field in fields(Round):
        before, after = getattr(file.plan, field.name), getattr(plan, field.name)
        if repr(before) == repr(after):
            continue
        if field.name in ROLES:
            _edit_role(document, field.name, to_data(before), to_data(after))
        elif after is None:
            document.pop(field.name, None)
        else:
            document[field.name] = to_data(after)
    edited = tomlkit.dumps(document)
    return edited if _says(edited, plan) else _anew(text, file, plan)


def _anew(text: str, file: RoundFile, plan: Round) -> str:
    """The file as we would write it, a person's comments at its top."""
    comments = [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]
    return "".join(f"{c}\n" for c in comments) + write_round_file(replace(file, plan=plan))


def _says(text: str, plan: Round) -> bool:
    """True where the text is read as this very plan, order and types included."""
    try:
        return repr(read_round_file(text).plan) == repr(plan)
    except Exception:  # whatever is wrong with an edited text, the file is written anew
        return False


def _edit_role(
    document: tomlkit.TOMLDocument, role: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    if not after:
        document.pop(role, None)
        return
    if role not in document:
        document[role] = tomlkit.table()
    table = document[role]
    assert isinstance(table, Table | InlineTable)
    for name in before:
        if name not in after:
            table.remove(name)
    for name, value in after.items():
        if name in table and repr(before.get(name)) == repr(value):
            continue
        if name not in table or not _edit_in_place(table[name], value):
            table[name] = _item(value)


def _edit_in_place(item: Any, value: Any) -> bool:
    """Change what differs inside a table or a list of tables; False where that can't be done."""
    if isinstance(item, Table | InlineTable) and isinstance(value, Mapping):
        for key in [k for k in item if k not in value]:
            item.remove(key)
        for key, inner in value.items():
            # A bound written as 1 says 1.0.
            if key in ("low", "high") and key in item and item[key] == inner:
                continue
            if key not in item or not _edit_in_place(item[key], inner):
                item[key] = _item(inner)
        return True
    if isinstance(item, AoT) and isinstance(value, list) and len(item) == len(value):
        return all(_edit_in_place(entry, v) for entry, v in zip(item, value, strict=True))
    plain = item.unwrap() if hasattr(item, "unwrap") else item
    return repr(plain) == repr(value)


def _item(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return tomlkit.item(value)
    table = tomlkit.inline_table()
    for key, inner in value.items():
        table.add(key, _item(inner))
    return table
