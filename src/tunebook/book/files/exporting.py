"""A book as plain files that need no Tunebook to read (C12 D6)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tunebook.book.files.replacing import replace_files
from tunebook.book.files.writing import unwritable
from tunebook.book.notebook import Book
from tunebook.book.rounds import Round
from tunebook.charts.render import to_png, to_svg
from tunebook.domain.formats.codec import RoundFile, to_data, write_round_file
from tunebook.domain.trial import TrialRecord
from tunebook.importers.csv.known_tools import OWN_COLUMNS, OWN_PREFIX


def export(
    book: Book, folder: Path, *, pictures: str = "png", dark: bool = False, force: bool = False
) -> list[Path]:
    """Write a book's plans (TOML), trials and curves (CSV), pictures, and record (JSON).

    Args:
        book: to export.
        folder: made if it is not there. Files of an earlier export are replaced.
        pictures: "png", "svg" or "none".
        dark: pictures for a dark background.
        force: replace files of the same names that were edited, or that no export wrote.

    Returns:
        The files written.

    Raises:
        StoreError: one can't be written, or would be lost; the book is as it was.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=folder) as drafts:
            _export(book, Path(drafts), pictures=pictures, dark=dark)
            return replace_files(Path(drafts), folder, force=force)
    except OSError as error:
        raise unwritable(Path(error.filename2 or error.filename or folder), error) from error


def _export(book: Book, folder: Path, *, pictures: str, dark: bool) -> None:
    record = book.record()
    content = {
        "schema": 1,
        "setting": to_data(record.setting),
        "objective": to_data(record.objective),
        "decisions": [to_data(d) for d in record.decisions],
        "launches": [to_data(x) for x in record.launches],
        "seals": [to_data(x) for x in record.seals],
        "looks": [to_data(x) for x in record.looks],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / "book.json").write_text(text, "utf-8")
    for chosen in book.rounds:
        source = chosen.record().source
        file = RoundFile(
            plan=chosen.plan,
            train=source.path if source else "",
            objective=book.objective,
            setting=book.setting,
            test_metrics=tuple(s.metric for s in record.seals),
        )
        stem = f"round-{chosen.number}"
        (folder / f"{stem}.toml").write_text(write_round_file(file), "utf-8")
        _trials(chosen, folder / f"{stem}-trials.csv")
        _curves(chosen, folder / f"{stem}-curves.csv")
        for picture in chosen.pictures() if pictures != "none" else ():
            path = folder / f"{stem}-{picture.name}.{pictures}"
            if pictures == "png":
                path.write_bytes(to_png(picture, dark=dark))
            else:
                path.write_text(to_svg(picture, dark=dark), "utf-8")


def _trials(chosen: Round, path: Path) -> None:
    """One row a trial, shaped as `TrialTable.from_csv` reads it; reruns included."""
    trials = chosen.trials
    names = list(dict.fromkeys(name for t in trials for name in t.config))
    objective = chosen.objective.metric
    values = chosen.values()
    with path.open("w", newline="", encoding="utf-8") as out:
        write = csv.writer(out)
        taken = (*OWN_COLUMNS, objective)
        clash = any(name in taken or name.startswith(OWN_PREFIX) for name in names)
        write.writerow([*taken, *(OWN_PREFIX + name if clash else name for name in names)])
        for t in trials:
            write.writerow(_row(t, values.get(t.name), names))


def _row(trial: TrialRecord, value: float | None, names: list[str]) -> list[object]:
    return [
        trial.name,
        trial.study,
        trial.rerun_of,
        trial.seed,
        trial.status,
        trial.cause or "",
        f"{trial.seconds:.3f}",
        "" if value is None else repr(value),
        *(trial.config.get(name, "") for name in names),
    ]


def _curves(chosen: Round, path: Path) -> None:
    """One row a measurement."""
    with path.open("w", newline="", encoding="utf-8") as out:
        write = csv.writer(out)
        write.writerow(["trial", "step", "metric", "value"])
        for table in (chosen.table(), chosen.rerun_table()):
            for metric, curves in table.curves.items():
                for i, name in enumerate(table.name):
                    for step, value in zip(*curves.of(i), strict=True):
                        write.writerow([name, int(step), metric, repr(float(value))])
