"""What a book keeps and gives away: launches, its record, one trial, a copy (D5 D6 K1)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunebook.book.opening import user_name
from tunebook.book.procedures import ProcedureBook
from tunebook.domain.decision import Decision, Launch
from tunebook.domain.design import Objective
from tunebook.domain.sealing import Look
from tunebook.domain.space import Axis, Per

if TYPE_CHECKING:
    from tunebook.book.files.copying import CopySummary
    from tunebook.book.history import BookHistory
    from tunebook.book.protocol import TuningProtocol
    from tunebook.book.sweeps.importing import SweepImport
    from tunebook.book.trial_view import BookTrial
    from tunebook.domain.record import BookRecord
    from tunebook.execution.reuse import KeptWorkers
    from tunebook.report.glance import BookGlance


class KeptBook(ProcedureBook):
    """What a book keeps, and how it is read, told and taken elsewhere."""

    _kept: KeptWorkers

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, oldest first."""
        return self._store.decisions()

    @property
    def launches(self) -> tuple[Launch, ...]:
        """The lineage of baselines, launch 0 first."""
        return self._store.launches()

    @property
    def baseline(self) -> Launch | None:
        """The current baseline: the newest launch."""
        return next(reversed(self._store.launches()), None)

    def import_sweep(
        self,
        source: Any,
        curves: Any = None,
        *,
        objective: Objective | str | None = None,
        goal: str = "",
        scientific: Sequence[str] = (),
        hyperparameters: Sequence[str] | None = None,
        space: str | os.PathLike[str] | Mapping[str, Axis | Per] | None = None,
        reduce: str | None = None,
        adaptive: bool = False,
        format: str = "",
        study: str = "",
    ) -> SweepImport:
        """Make a round of a sweep that another tool ran; again: add what is new, nothing twice.

        Args:
            source, curves, scientific, hyperparameters, space, reduce, adaptive, format, study:
                as `tb.read_sweep` takes them.
            objective: the book's, by the source's name of it; if left out, the book's own name
                where the source has it, else what the source states.
            goal: of the round; if left out, it names the source.

        Returns:
            the round's number, and how many trials are new and were known.

        Raises:
            TableError, DesignError, EvidenceError: it can't be a round of this book; nothing of
                it is written.

        Example:
            >>> import tunebook as tb
            >>> runs = [{"run": f"r{i}", "lr": 0.1 / (i + 1), "loss": 1.0 + i} for i in range(9)]
            >>> book = tb.Book("imported.db", objective=tb.minimize("loss"))
            >>> book.import_sweep(runs[:8], goal="Which rate?").added
            8
            >>> book.import_sweep(runs, goal="Which rate?").added
            1
        """
        from tunebook.book.sweeps.importing import import_sweep
        from tunebook.importers.reading import source_of, space_of

        return import_sweep(
            self._store,
            source_of(source, curves, format, study),
            place=source,
            study=study,
            goal=goal,
            objective=objective,
            reduce=reduce,
            scientific=scientific,
            hyperparameters=hyperparameters,
            space=space_of(space),
            adaptive=adaptive,
        )

    def unseal(self, metric: str, *, why: str, who: str = "") -> Look:
        """Look at a sealed test metric: it is open in the rounds that are there from now on.

        Every look is kept, counted and dated, in the report and in the protocol. Rounds that are
        planned later stay sealed until another look, and are marked as contaminated.

        Returns:
            the look, as the book keeps it.

        Raises:
            EvidenceError: it is no sealed metric of this book, or there is no round yet.
            DesignError: the look has no reason.
        """
        from tunebook.book.sealing import look_at

        return look_at(self._store, metric, who=who or user_name(), why=why)

    @property
    def looks(self) -> tuple[Look, ...]:
        """All looks at sealed test metrics, oldest first."""
        return self._store.looks()

    def record(self) -> BookRecord:
        """Return all that a report reads of this book."""
        from tunebook.book.records import book_record

        return book_record(self._store)

    def glance(self) -> BookGlance:
        """Return what `tunebook status` says: rounds, decisions, launches, what comes next."""
        from tunebook.book.glance import book_glance

        return book_glance(self._store)

    def history(self) -> BookHistory:
        """Return rounds, launches, caveats, evidence and lineage, as in a lab notebook."""
        from tunebook.book.history import BookHistory
        from tunebook.report.history import history

        return BookHistory(history(self.record()))

    def protocol(self, result: str | int | None = None) -> TuningProtocol:
        """Return the tuning protocol of a result, as Markdown and LaTeX, for a paper.

        Args:
            result: `"round 3"` or 3, or `"launch 1"`; the newest launch if left out, or the
                newest round where there is none.

        Raises:
            EvidenceError: the book has no such result.
        """
        from tunebook.book.protocol import protocol_of

        return protocol_of(self.record(), result)

    def trial(self, name: str) -> BookTrial:
        """Return one trial: its record, what it printed, its checkpoints and artifacts.

        Args:
            name: `2.17`, or `2.r3` for a rerun.

        Raises:
            EvidenceError: the book has no such trial.
        """
        from tunebook.book.trial_view import BookTrial

        return BookTrial(self._store, name)

    def archive(self, path: str | os.PathLike[str]) -> dict[str, int]:
        """Write the whole book as one open archive, JSON lines with checksums in a zip file.

        Returns:
            rows by table. `tunebook restore` makes a book of it again.

        Raises:
            StoreError: it can't be written, or a part of the book can't be read.
        """
        from tunebook.book.files.archiving import archive

        return archive(self._store, Path(path))

    def copy(self, to: str | os.PathLike[str], *, with_files: bool = True) -> CopySummary:
        """Copy the whole book to a new file or a database, exactly, and check the copy.

        Args:
            to: a file that is not there, or a database (or schema) that is empty.
            with_files: its folder of logs and checkpoints too.

        Returns:
            how many rows and files were copied, and where to.

        Raises:
            StoreError: something is there already, or it can't be written; nothing was copied.
        """
        from tunebook.book.files.copying import copy_book

        return copy_book(self._store, to, with_files=with_files)

    def close(self) -> None:
        """End idle workers, give up the book's file or connections; safe to call twice."""
        self._kept.end()
        self._store.close()

    def __repr__(self) -> str:
        from tunebook.report.terminal.lines import plain
        from tunebook.report.terminal.summaries import book_renderable

        return plain(book_renderable(self.record()))

    def _repr_html_(self) -> str:
        from tunebook.report.notebook.views import book_html

        return book_html(self.record())
