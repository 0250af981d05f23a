"""Arguments of a run that is no trial of a search: the Trainer keeps them in a pickle alone.

They are also in the text that it logs for TensorBoard, and in the model card that it writes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tunebook.importers.tensorboard.configuration import from_texts
from tunebook.importers.tensorboard.events import read_events
from tunebook.importers.tensorboard.folders import event_files

CARD = "README.md"
_SECTION = re.compile(r"^#+ *Training hyperparameters *$(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^- ([A-Za-z_][\w.]*): (.*)$", re.MULTILINE)
_WORKED_OUT = ("total_train_batch", "total_eval_batch", "eval_batch")
_LARGEST = 1 << 20


def from_event_files(folder: Path) -> dict[str, Any]:
    """The arguments in the event files below a run's folder; none where there are none."""
    for files in event_files(folder).values():
        found = from_texts(read_events(files).texts)
        if found:
            return found
    return {}


def from_card(folder: Path) -> dict[str, str]:
    """The section "Training hyperparameters" of a model card."""
    card = folder / CARD
    if not card.is_file() or card.stat().st_size > _LARGEST:
        return {}
    section = _SECTION.search(card.read_text("utf-8", errors="replace"))
    found = dict(_LINE.findall(section[1])) if section else {}
    return {name: value for name, value in found.items() if not name.startswith(_WORKED_OUT)}
