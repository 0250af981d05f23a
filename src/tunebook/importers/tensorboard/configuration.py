"""A run's configuration where no plugin has it: texts, `hparams.yaml`, names of folders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from tunebook.importers.tensorboard.events import TEXTS
from tunebook.importers.yaml_text import flat, read_yaml

HPARAMS_FILE = "hparams.yaml"
"""Beside the event files of Lightning's TensorBoardLogger."""

_PAIR = re.compile(
    r"(?:^|[,/;\s&_-])([A-Za-z][\w.]*?)=(.+?)(?=$|[,/;\s&]|[_-][A-Za-z][\w.]*=)"
)  # fmt: skip
_LARGEST = 1 << 20


def from_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of a text of JSON, as transformers writes it, or of a table in Markdown."""
    for name in TEXTS:
        written = texts.get(name, "").strip()
        if written.startswith("{"):
            try:
                return flat(json.loads(written))
            except (ValueError, RecursionError):
                continue
        cells = [line.strip().strip("|").split("|") for line in written.splitlines()]
        pairs = [(own[0].strip(" `"), own[1].strip()) for own in cells if len(own) == 2]
        rows = [(key, value) for key, value in pairs if not set(key) <= set("-: ")]
        if len(rows) > 1:
            return dict(rows[1:])
    return {}


def from_file(folder: Path, dropped: dict[str, None]) -> dict[str, Any]:
    """The values of a `hparams.yaml` in this folder; adds the tags that were dropped.

    Raises:
        TableError: it is no YAML.
    """
    file = folder / HPARAMS_FILE
    if not file.is_file() or file.stat().st_size > _LARGEST:
        return {}
    read = read_yaml(file.read_bytes(), f"{folder.name}/{HPARAMS_FILE}")
    dropped.update(dict.fromkeys(read.dropped))
    return flat(read.value)


def from_name(path: PurePath) -> dict[str, str]:
    """Values in the name of a folder.

    Example:
        >>> from_name(PurePath("sweep/lr=0.1,model.width=64_seed=1"))
        {'lr': '0.1', 'model.width': '64', 'seed': '1'}
    """
    return dict(_PAIR.findall("/".join(path.parts)))
