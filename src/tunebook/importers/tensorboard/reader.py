"""Runs of TensorBoard as a sweep: scalars, and what the plugin for hyperparameters knows (C11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.space import Axis
from tunebook.importers.csv.scales import scale_of
from tunebook.importers.huggingface.arguments import parted
from tunebook.importers.runs import Points, Run, sweep_of_runs, without_single_points
from tunebook.importers.source import SweepSource, shown
from tunebook.importers.tensorboard.configuration import from_file, from_name, from_texts
from tunebook.importers.tensorboard.events import Logged, Series, read_events
from tunebook.importers.tensorboard.folders import (
    Group,
    event_files,
    experiments,
    grouped,
    named_parts,
)
from tunebook.importers.tensorboard.records import End

_PLACEHOLDER = "hp_metric"  # that Lightning sets to -1 until a program sets it


def read_tensorboard(place: str | Path, study: str = "") -> SweepSource:
    """Read the runs below a folder, without TensorBoard.

    Args:
        place: the folder, or one event file.
        study: a folder below it, where it holds several sweeps.

    Raises:
        TableError: it can't be read, there is no event file with scalars, or there are several
            sweeps and none is named.
    """
    folder, files = _files(Path(place), study)
    try:
        logged = {at: read_events(own) for at, own in files.items()}
    except OSError as error:
        raise TableError(
            f"{error.filename or place} can't be read: {error.strerror or error}",
            next_step="make it readable, or copy the folder",
        ) from None
    _refuse_several(folder, logged)
    groups, shared = grouped(logged)
    ends = any(own.plugin.status for own in logged.values())
    dropped: dict[str, None] = {}
    runs = [_run(folder, group, logged, ends, dropped) for group in groups]
    notes = _notes(folder, logged, shared, dropped)
    kept, left_out = [run for run in runs if run.curves], []
    left_out += [f"{run.name}: its event files hold no scalar" for run in runs if not run.curves]
    if not kept:
        raise TableError(
            f"{folder.name}: its {plural(sum(map(len, files.values())), 'event file')} hold no "
            "scalar",
            next_step="name the folder of a sweep whose runs log scalars",
        )
    kept, named = _named_by_folder(kept)
    configs, others, note = parted([run.config for run in kept])
    kept = [
        replace(run, config=config, notes={**run.notes, **other})
        for run, config, other in zip(kept, configs, others, strict=True)
    ]
    return sweep_of_runs(
        sorted(without_single_points(kept), key=lambda run: run.start),
        tool="TensorBoard",
        source=shown(Path(place)),
        notes=[*notes, *named, *filter(None, [note])],
        left_out=left_out,
        declared=_declared(logged.values(), kept),
    )


def _files(place: Path, study: str) -> tuple[Path, dict[PurePath, list[Path]]]:
    if place.is_file():
        return place.parent, {PurePath(): [place]}
    if not place.is_dir():
        raise TableError(f"there is no folder {place}", next_step="correct the path")
    folder = place / study
    files = event_files(folder) if folder.is_dir() else {}
    if study and not files:
        below = sorted({path.parts[0] for path in event_files(place) if path.parts})
        raise TableError(
            f'{place.name} has no folder "{study}" with event files.{nearest(study, below)}',
            next_step=f"name one of {listed(below, 6)}" if below else "leave --study out",
        )
    if not files:
        raise TableError(
            f"{place.name} holds no event file of TensorBoard",
            next_step="name a folder with files such as events.out.tfevents.1700000000.host",
        )
    return folder.resolve(), files


def _refuse_several(folder: Path, logged: Mapping[PurePath, Logged]) -> None:
    """Two folders that each declare hyperparameters of their own are two sweeps."""
    found = set(experiments(logged))
    apart = [at for at in found if found.isdisjoint(at.parents)]
    if len(apart) > 1:
        names = [str(at) for at in sorted(apart)]
        raise TableError(
            f"{folder.name} holds {len(names)} sweeps: {listed(names, 6)}",
            next_step="name one: --study FOLDER",
        )


def _run(
    folder: Path,
    group: Group,
    logged: Mapping[PurePath, Logged],
    ends: bool,
    dropped: dict[str, None],
) -> Run:
    parts = [*([] if group.session is None else [group.session]), *group.parts]
    of_curves = [p for p in parts if p != group.session or group.session == group.at] or parts
    first = [logged[p].first for p in of_curves if logged[p].first]
    config = _configuration(folder, group, parts, logged, dropped)
    plugin = None if group.session is None else logged[group.session].plugin
    session = plugin.session if plugin else None
    begun = (session.start if session else 0.0) or min(first, default=0.0)
    status = "complete" if plugin is None else plugin.status or ("running" if ends else "complete")
    curves = _curves(group, parts, logged)
    return Run(
        name=group.at.as_posix() if group.at.parts else folder.name,
        config=config,
        results={tag: float(values[-1]) for tag, (_, values) in curves.items()},
        curves=curves,
        status=status,
        seconds=max((logged[p].seconds for p in of_curves), default=0.0) or None,
        start=_moment(begun),
        notes={"group": session.group} if session is not None and session.group else {},
    )


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else ""
    except (OverflowError, ValueError, OSError):
        return ""


def _configuration(
    folder: Path,
    group: Group,
    parts: Sequence[PurePath],
    logged: Mapping[PurePath, Logged],
    dropped: dict[str, None],
) -> dict[str, Any]:
    """What the plugin says, else what a file or a text says."""
    session = None if group.session is None else logged[group.session].plugin.session
    config: dict[str, Any] = dict(session.config) if session is not None else {}
    if not config:
        texts = {name: t for p in parts for name, t in logged[p].texts.items()}
        config = from_file(folder / group.at, dropped) or from_texts(texts)
    return config


def _curves(
    group: Group, parts: Sequence[PurePath], logged: Mapping[PurePath, Logged]
) -> dict[str, Points]:
    """Curves by tag; the run's own come before those beside the hyperparameters."""
    found: dict[str, Series] = {}
    for part in sorted(parts, key=lambda p: (p == group.session and p != group.at, p)):
        prefix = named_parts(part, group)
        # Folders of `add_hparams` that repeat one configuration have one name, the session's.
        repeats = logged[part].plugin.session is not None and part != group.session
        for tag, series in logged[part].series.items():
            name = tag if repeats or not prefix else f"{prefix}/{tag}"
            found.setdefault(name, series)
    curves = {tag: series.points() for tag, series in found.items() if len(series)}
    unset = curves.get(_PLACEHOLDER)
    if unset is not None and (unset[1] == -1).all():
        del curves[_PLACEHOLDER]
    return dict(curves)


def _named_by_folder(runs: list[Run]) -> tuple[list[Run], list[str]]:
    """Runs of which none has a configuration, with those that their folders' names say."""
    if any(run.config for run in runs):
        return runs, []
    named = [from_name(PurePath(run.name)) for run in runs]
    if not all(named) or len(runs) < 2:
        return runs, []
    found = [replace(run, config=config) for run, config in zip(runs, named, strict=True)]
    return found, ["Hyperparameters were read from the names of folders."]


def _declared(logged: Iterable[Logged], runs: Sequence[Run]) -> dict[str, Axis]:
    """Declared domains; an interval has the scale on which the values lie."""
    domains = {name: d for own in logged for name, d in own.plugin.domains.items()}
    found = {}
    for name, domain in domains.items():
        axis = domain.axis(scale_of([run.config.get(name) for run in runs]))
        values = [run.config[name] for run in runs if name in run.config]
        if axis is not None and values and all(axis.holds(v) for v in values):
            found[name] = axis
    return found


def _notes(
    folder: Path,
    logged: Mapping[PurePath, Logged],
    shared: Sequence[PurePath],
    dropped: Mapping[str, None],
) -> list[str]:
    found = []
    for end, said in ((End.CUT, "a half-written record"), (End.DAMAGED, "a damaged record")):
        files = sum(own.ends[end] for own in logged.values())
        if files:
            found.append(f"{plural(files, 'event file')} had {said}; what is before it was read.")
    unread = sum(own.unread for own in logged.values())
    if unread:
        found.append(f"Records that can't be read as events were skipped: {unread}.")
    for at in shared:
        name = at.as_posix() if at.parts else folder.name
        found.append(
            f"{name}: its scalars belong to several runs below it and were left out: "
            f"{listed(list(logged[at].series), 3)}."
        )
    if dropped:
        found.append(f"Tags in hparams.yaml were dropped: {listed(sorted(dropped), 4)}.")
    return found
