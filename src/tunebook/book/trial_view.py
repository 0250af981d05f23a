"""One trial of a book, by its name: what it printed, its checkpoints, its artifacts (D6 E2)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunebook.book.trial_names import trial_named
from tunebook.domain.design import Objective
from tunebook.domain.errors import EvidenceError
from tunebook.domain.trial import Configuration, Purpose, Status, TrialRecord
from tunebook.store import Store
from tunebook.store.setting import setting_of
from tunebook.training import artifacts
from tunebook.training.assignment import checkpoints_at
from tunebook.training.checkpoint_places import Place, place_of
from tunebook.training.checkpoints import Checkpoint
from tunebook.training.log import attempt_files

if TYPE_CHECKING:
    import numpy as np

LOOK_EVERY_S = 0.3
KEPT = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckpoint:
    """A checkpoint that a trial kept.

    Attributes:
        step: training step after which it was saved.
        value: the objective there, in its own units; None where it was not known.
        metrics: all that was reported at that step.
        path: the file or folder that `save` made; where the book keeps checkpoints elsewhere,
            `open()` fetches it.
        best: no other kept checkpoint of the trial has a better objective.
    """

    step: int
    value: float | None
    metrics: Mapping[str, float]
    path: Path
    best: bool
    _found: Checkpoint
    _place: Place

    @property
    def whole(self) -> bool:
        """Its checksum holds; reads all of it, and fetches what is kept elsewhere."""
        with self._place.fetched(self._found) as content:
            return content is not None

    @contextmanager
    def open(self) -> Iterator[Path]:
        """The file or folder that `save` made, while the block lasts.

        Raises:
            EvidenceError: it is damaged, or gone.
        """
        with self._place.fetched(self._found) as content:
            if content is None:
                raise EvidenceError(
                    f"the checkpoint of step {self.step} is damaged or gone",
                    next_step="take another of trial.checkpoints",
                )
            yield content


class BookTrial:
    """One trial of a book. Made by `Book.trial`."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._objective = setting_of(store)[1]
        self.name = name
        self.record  # noqa: B018 - a name that is not there is told at once

    @property
    def record(self) -> TrialRecord:
        """Configuration, seed, status and cause, as the book has them now.

        Raises:
            EvidenceError: the book has no such trial; names those of its round.
        """
        return trial_named(self._store, self.name)

    @property
    def config(self) -> Configuration:
        """Its hyperparameters, fixed ones included."""
        return self.record.config

    @property
    def value(self) -> float | None:
        """The objective in its own units; None unless the trial is complete."""
        if self.record.status is not Status.COMPLETE:
            return None
        from tunebook.domain.curves import reduce_curve

        curve = self.curves.get(self._objective.metric)
        value = math.nan if curve is None else reduce_curve(curve[1], self._objective)
        return value if math.isfinite(value) else None

    @property
    def curves(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """By metric, the steps and the values that it reported; a sealed metric is left out."""
        from tunebook.store.table import table

        rerun = self.record.purpose is Purpose.RERUN
        table_ = table(self._store, self.record.round, reruns=rerun)
        row = table_.name.index(self.name)
        curves = {metric: c.of(row) for metric, c in table_.curves.items()}
        return {metric: own for metric, own in curves.items() if len(own[0])}

    @property
    def checkpoints(self) -> tuple[KeptCheckpoint, ...]:
        """The checkpoints that were kept, by step: choose any of them, now that all is known."""
        setting, _ = setting_of(self._store)
        at = checkpoints_at(setting.checkpoints, self.record.key)
        place = place_of(at, self._files(".checkpoints"))
        found = place.listed()
        losses = [c.loss for c in found if c.loss is not None]
        sign = self._objective.sign
        return tuple(
            KeptCheckpoint(
                step=c.step,
                value=None if c.loss is None else sign * c.loss,
                metrics=c.metrics,
                path=c.content,
                best=c.loss is not None and c.loss == min(losses),
                _found=c,
                _place=place,
            )
            for c in found
        )

    def best_checkpoint(self, by: Objective | None = None) -> KeptCheckpoint:
        """The best of those that were kept, by any metric that was reported at their steps.

        Args:
            by: `tb.maximize("valid/accuracy")`; the book's objective if left out.

        Raises:
            EvidenceError: none was kept at whose step that metric was reported.
        """
        by = by or self._objective
        kept = self.checkpoints
        ranked = [c for c in kept if math.isfinite(c.metrics.get(by.metric, math.nan))]
        if not ranked:
            raise self._no_checkpoint(kept, by.metric)
        return min(ranked, key=lambda c: (by.sign * c.metrics[by.metric], c.step))

    def _no_checkpoint(self, kept: Sequence[KeptCheckpoint], metric: str) -> EvidenceError:
        """Why there is no best one: never reported, never kept, or its folder is gone."""
        files = self._store.files
        if kept:
            return EvidenceError(
                f"trial {self.name} kept {len(kept)}, but reported {metric} at the step of none",
                next_step="trial.report(step, ...) before trial.checkpoint(step, save)",
            )
        if not files.is_dir():
            return EvidenceError(
                f"the folder with the book's checkpoints, {files}, does not exist",
                next_step="put it back, or name where it is: tb.Book(..., files=...)",
            )
        return EvidenceError(
            f"trial {self.name} has no checkpoint in {files}",
            next_step="call trial.checkpoint(step, save) in training; a file that was deleted "
            "there can't be restored",
        )

    @property
    def artifacts(self) -> Mapping[str, Path]:
        """What training kept by `trial.artifact`, by name."""
        return artifacts.listed(self._files(".artifacts"))

    def printed(self) -> str:
        """What it printed: all of it while it runs, its end once it has ended."""
        record = self.record
        file = attempt_files(self._store.files, record.key, record.attempt).output
        return file.read_text("utf-8", "replace") if file.exists() else record.output_tail

    def follow(self) -> Iterator[str]:
        """The same, piece by piece, until it has ended; a new attempt is gone on with."""
        attempt, read, shown = -1, 0, ""
        while True:
            record = self.record
            if record.attempt != attempt:
                attempt, read = record.attempt, 0
            file = attempt_files(self._store.files, record.key, record.attempt).output
            text, read = _gained(file, read)
            if text:
                shown = (shown + text)[-KEPT:]
                yield text
            if record.status.ended:
                # Its file is gone once the book has its end, which may not have been shown yet.
                yield from filter(None, [beyond(shown, record.output_tail)])
                return
            time.sleep(LOOK_EVERY_S)

    def __repr__(self) -> str:
        record = self.record
        cause = f" ({record.cause})" if record.cause else ""
        return f"Trial {self.name}: {record.status}{cause}; {dict(record.config)}"

    def _files(self, suffix: str) -> Path:
        return attempt_files(self._store.files, self.record.key, 0).checkpoints.with_suffix(suffix)


def beyond(shown: str, tail: str) -> str:
    """What of the end that the book keeps was not shown."""
    shown, tail = shown.rstrip(), tail.rstrip()
    for known in range(min(len(shown), len(tail)), 0, -1):
        if shown.endswith(tail[:known]):
            return tail[known:] + "\n" if tail[known:] else ""
    return tail + "\n" if tail else ""


def _gained(file: Path, read: int) -> tuple[str, int]:
    """What a file has beyond so many bytes; from its beginning where it was cut."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(read if size >= read else 0)
            content = opened.read()
            return content.decode("utf-8", "replace"), opened.tell()
    except FileNotFoundError:
        return "", read
