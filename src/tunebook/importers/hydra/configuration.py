"""A job's configuration, the swept parts of it first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.importers.hydra.folders import CONFIG, INNER, OVERRIDES
from tunebook.importers.yaml_text import flat, read_yaml


def read_configuration(job: Path, name: str) -> dict[str, Any]:
    """The values of a job: overridden ones first, then the rest of its configuration.

    An override of a group, `optimizer=adam`, is a value of its own, before what the group sets.

    Args:
        job: its folder.
        name: of the job, for errors.

    Raises:
        TableError: a file is not there or is no YAML.
    """
    config = flat(_read(job / INNER / CONFIG, f"{name}/{INNER}/{CONFIG}"))
    said = _read(job / INNER / OVERRIDES, f"{name}/{INNER}/{OVERRIDES}")
    overrides = [str(text) for text in said] if isinstance(said, list) else []
    first: dict[str, Any] = {}
    groups = []
    for override in overrides:
        key, sign, text = override.partition("=")
        key = key.lstrip("+").partition("@")[0]
        if key.startswith("~") or not sign:
            continue
        inner = [n for n in config if n.startswith(f"{key.replace('/', '.')}.")]
        if key in config:
            first[key] = config[key]
        elif inner and text[:1] in "{[":
            first |= {n: config[n] for n in inner}
        else:
            groups.append(key.replace("/", "."))
            first[key] = text.strip("'\"")
    rest = {n: v for n, v in config.items() if n not in first and not _names_group(n, groups)}
    return {**first, **rest}


def _names_group(name: str, groups: Sequence[str]) -> bool:
    """Whether a value says again which member of a group was chosen: its `_target_`."""
    return name.endswith("._target_") and name.removesuffix("._target_") in groups


def _read(file: Path, shown: str) -> Any:
    try:
        return read_yaml(file.read_bytes(), shown).value
    except OSError as error:
        raise TableError(
            f"{shown} can't be read: {error.strerror or error}",
            next_step="copy the job's folder again, with its hidden folder .hydra",
        ) from None
