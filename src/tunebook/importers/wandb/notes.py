"""What a reader of W&B's runs found that was not plain, a sentence each (C11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.wandb.joining import JoinedRun

_Says = Callable[[JoinedRun, str], bool]

_OF_RUNS: tuple[tuple[_Says, str], ...] = (
    (lambda _, status: status == "crashed",
     "Runs without a record of their end that were silent for an hour or longer count as crashed"),
    (lambda _, status: status == "running",
     "Runs without a record of their end that were heard of within the last hour count as "
     "running"),
    (lambda run, _: any(f.cut and f.exit_code is None for f in run.files),
     "Files that end within a record were read up to there"),
    (lambda run, _: run.last.only_ends,
     "Runs without a .wandb file have no curves here, and nothing shows how they ended"),
    (lambda run, _: len(run.files) > 1, "Runs in several folders were read as one run each"),
    (lambda run, _: run.replaced > 0,
     "Where a later folder of a run begins at a step that an earlier one had reached, the later "
     "one counts from there"),
    (lambda run, _: bool(run.missing),
     "Curves begin late where the run that they go on from is not here"),
)  # fmt: skip


def notes_on(
    runs: Sequence[JoinedRun], names: Sequence[str], statuses: Sequence[str]
) -> list[str]:
    """The notes on some runs.

    Args:
        runs: as they were joined.
        names: of the runs.
        statuses: of the runs, in words of W&B.
    """
    notes = []
    for says, sentence in _OF_RUNS:
        rows = zip(runs, names, statuses, strict=True)
        own = [name for run, name, status in rows if says(run, status)]
        if own:
            notes.append(f"{sentence}: {listed(own, 4)}.")
    notes += _left_open(runs, names)
    files = [file for run in runs for file in run.files]
    damaged, unread = sum(f.damaged for f in files), sum(f.unread for f in files)
    if damaged:
        notes.append(f"Damaged parts of .wandb files were skipped: {damaged}.")
    if unread:
        notes.append(f"{plural(unread, 'record')} of .wandb files made no sense.")
    return notes + _kinds(runs)


def _left_open(runs: Sequence[JoinedRun], names: Sequence[str]) -> list[str]:
    """A note on runs that ended well, without the `finish` of the script that others have.

    W&B writes exit code 0 for a killed process too, where its launcher lives on.
    """
    well = [run.last.exit_code == 0 for run in runs]
    if not any(ok and run.last.closed for run, ok in zip(runs, well, strict=True)):
        return []
    rows = zip(runs, names, well, strict=True)
    left = [name for run, name, ok in rows if ok and not run.last.closed]
    if not left:
        return []
    return [
        "Runs with exit code 0 whose script did not finish them, as it did others, may have been "
        f"killed: {listed(left, 4)}."
    ]


def _kinds(runs: Sequence[JoinedRun]) -> list[str]:
    """Notes on values that are no numbers, and on groups and job types."""
    notes = []
    other = {name: kind for run in runs for name, kind in run.other.items() if name[:1] != "_"}
    if other:
        plain = {name: re.sub(r"[^\w-]+", " ", kind) for name, kind in other.items()}
        shown = listed([f"{name} ({kind})" for name, kind in plain.items()], 6)
        notes.append(f"Logged values that are no numbers were not read: {shown}.")
    for what, name in (("groups", "group"), ("job types", "job_type")):
        own = list(dict.fromkeys(run.text(name) for run in runs))
        if len(own) > 1:
            shown = listed([text or "none" for text in own], 6)
            way = " --study GROUP reads one." if name == "group" else ""
            notes.append(f"The runs have {len(own)} {what}: {shown}.{way}")
    return notes
