"""A run's `config.yaml` and `wandb-summary.json`, where its log was deleted (C11)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tunebook.importers.wandb.items import flat
from tunebook.importers.wandb.run_file import RunFile
from tunebook.importers.yaml_text import read_yaml

_METADATA = "wandb-metadata.json"
_NOT_SET = ("wandb_version", "_wandb")


def read_own_files(folder: Path) -> RunFile:
    """What W&B writes beside the log of an online run: no curves, and not how the run ended.

    Raises:
        TableError: `config.yaml` is no YAML.
        ValueError, OSError: another file can't be read.
    """
    run_folder = folder.parent if folder.name == "files" else folder
    run = RunFile(file=run_folder.name, only_ends=True)
    run.texts["id"] = run_folder.name.rpartition("-")[2]
    read = read_yaml((folder / "config.yaml").read_bytes(), f"{run_folder.name}/config.yaml").value
    if isinstance(read, Mapping):
        run.config = {str(k): _value(v) for k, v in read.items() if k not in _NOT_SET}
    summary = _table(folder / "wandb-summary.json")
    run.summary = dict(flat(summary))
    runtime = run.summary.get("_wandb.runtime", run.summary.get("_runtime"))
    run.runtime = float(runtime) if isinstance(runtime, int | float) else None
    if (folder / _METADATA).is_file():
        about = _table(folder / _METADATA)
        run.start = _moment(about.get("startedAt"))
        if isinstance(about.get("host"), str):
            run.texts["host"] = about["host"]
    return run


def _value(said: Any) -> Any:
    """`{"value": 0.1}`, with a description or without, is 0.1."""
    if isinstance(said, Mapping) and "value" in said and set(said) <= {"desc", "value"}:
        return said["value"]
    return said


def _table(file: Path) -> dict[str, Any]:
    read = json.loads(file.read_text("utf-8"))
    return read if isinstance(read, dict) else {}


def _moment(text: object) -> float | None:
    try:
        said = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return said.timestamp() if said.tzinfo else None
