"""Folders with event files, and which of them are one run.

A run is a folder with hyperparameters and what is below it, such as `train` and `validation` of
Keras. `add_hparams` of PyTorch writes hyperparameters into a new folder below the run's curves:
one such folder is joined to the curves, several with other values are runs of their own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from tunebook.importers.below import holds_below

if TYPE_CHECKING:
    from tunebook.importers.tensorboard.events import Logged

PARTS = frozenset({"train", "training", "val", "valid", "validation", "eval", "evaluation", "test",
                   "dev"})  # fmt: skip
"""Names of folders that hold one part of a run's curves."""


def is_named_so(name: str) -> bool:
    """Whether a file's name is that of an event file."""
    return "tfevents" in name and not name.endswith(".profile-empty")


def event_files(folder: Path) -> dict[PurePath, list[Path]]:
    """The event files in and below a folder, by their folder; links are not followed."""
    found = {}
    for above, folders, names in os.walk(folder):
        folders.sort()
        files = sorted(name for name in names if is_named_so(name))
        if files:
            found[PurePath(above).relative_to(folder)] = [Path(above, name) for name in files]
    return found


def is_tensorboard(place: Path | str) -> bool:
    """Whether a place is an event file, or has one below it among the first entries."""
    if isinstance(place, str) or not place.is_dir():
        return isinstance(place, Path) and is_named_so(place.name) and place.is_file()
    return holds_below(place, is_named_so)


@dataclass(slots=True, kw_only=True)
class Group:
    """The folders that are one run.

    Attributes:
        at: the run's own folder.
        session: the folder that has its hyperparameters, or None.
        parts: other folders with its curves.
    """

    at: PurePath
    session: PurePath | None = None
    parts: list[PurePath] = field(default_factory=list)


def grouped(logged: Mapping[PurePath, Logged]) -> tuple[list[Group], list[PurePath]]:
    """Runs in the order of their folders, and folders whose curves belong to no single one."""
    sessions = {at for at, own in logged.items() if own.plugin.session is not None}
    below: dict[PurePath, list[PurePath]] = {}
    for at in sessions:
        above = next((up for up in at.parents if up in logged and up not in sessions), None)
        if above is not None and not any(up in sessions for up in at.parents):
            below.setdefault(above, []).append(at)
    found: dict[PurePath, Group] = {at: Group(at=at, session=at) for at in sessions}
    shared = []
    for at, children in below.items():
        if _same(logged, children):
            children.sort(key=lambda child: logged[child].first)
            for child in children:
                del found[child]
            found[at] = Group(at=at, session=children[-1], parts=[at, *children[:-1]])
        elif logged[at].series:
            shared.append(at)
    for at in logged:
        if at in sessions or at in found or at in shared or not logged[at].series:
            continue
        home = next((up for up in at.parents if up in found), None) or _home(at, logged)
        found.setdefault(home, Group(at=home)).parts.append(at)
    return [found[at] for at in sorted(found)], sorted(shared)


def _same(logged: Mapping[PurePath, Logged], sessions: Sequence[PurePath]) -> bool:
    """Whether these folders have one configuration between them."""
    configs = [own.config for at in sessions if (own := logged[at].plugin.session) is not None]
    return all(config == configs[0] for config in configs)


def _home(at: PurePath, logged: Mapping[PurePath, Logged]) -> PurePath:
    """The run that a folder without hyperparameters belongs to: itself, or the one above."""
    above = at.parent
    if at == above:
        return at
    if at.name.lower() in PARTS:
        return _home(above, logged) if above in logged else above
    if above in logged and _is_of_add_scalars(at.name, logged[at]):
        return _home(above, logged)
    return at


def _is_of_add_scalars(name: str, own: Logged) -> bool:
    """Whether `add_scalars` made the folder: TAG_KEY, with points of TAG alone."""
    return all(name.startswith(tag.replace("/", "_") + "_") for tag in own.series)


def named_parts(path: PurePath, group: Group) -> str:
    """What a part's tags are prefixed with: its path below the run."""
    if path in (group.at, group.session):
        return ""
    try:
        return "/".join(path.relative_to(group.at).parts)
    except ValueError:
        return ""


def experiments(logged: Mapping[PurePath, Logged]) -> list[PurePath]:
    """Folders that declare hyperparameters of several sessions below them."""
    sessions = [at for at, own in logged.items() if own.plugin.session is not None]
    below = Counter(up for at in sessions for up in at.parents)
    plugins = {at: own.plugin for at, own in logged.items()}
    return [at for at, own in plugins.items() if below[at] > 1 and (own.metrics or own.domains)]
