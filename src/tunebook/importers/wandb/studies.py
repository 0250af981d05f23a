"""Projects and sweeps that share a folder, and the runs of the one that was named (C11)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.wandb.joining import JoinedRun

_NO_PROJECT, _NO_SWEEP = "uncategorized", "none"


def study_of(run: JoinedRun) -> str:
    """`PROJECT/SWEEP`; `PROJECT/none` for a run of no sweep."""
    return f"{run.text('project') or _NO_PROJECT}/{run.text('sweep') or _NO_SWEEP}"


def chosen_runs(runs: Sequence[JoinedRun], study: str, source: str) -> list[JoinedRun]:
    """The runs of a study; all where there is one study alone and none is named.

    Args:
        runs: of a folder.
        study: PROJECT/SWEEP, PROJECT, SWEEP, or the name of a group; may be empty.
        source: name of the folder, for errors.

    Raises:
        TableError: there is no such study, or there are several and none is named.
    """
    sizes: dict[str, int] = {}
    for run in runs:
        sizes[study_of(run)] = sizes.get(study_of(run), 0) + 1
    if not study:
        if len(sizes) < 2:
            return list(runs)
        told = [f"{name} ({plural(size, 'run')})" for name, size in sizes.items()]
        raise TableError(
            f"{source} holds runs of {len(sizes)} projects or sweeps: {listed(told, 6)}",
            next_step="name one: --study PROJECT/SWEEP, or a project alone for all of its runs",
        )
    own = [run for run in runs if study in _names(run)]
    if own:
        return own
    known = [*sizes, *dict.fromkeys(n for run in runs for n in _names(run) if n not in sizes)]
    raise TableError(
        f'{source} has no project, sweep or group "{study}".{nearest(study, known)} '
        f"It has {listed(known, 6)}",
        next_step="name one: --study PROJECT/SWEEP",
    )


def _names(run: JoinedRun) -> tuple[str, ...]:
    project = run.text("project") or _NO_PROJECT
    full = f"{run.text('entity')}/{project}"
    found = (study_of(run), project, full, run.text("sweep"), run.text("group"))
    return tuple(name for name in found if name)
