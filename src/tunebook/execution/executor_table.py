"""Which executors there are, and the one that a round file's `[executor]` describes (B2).

A package registers an executor as an entry point of the group `tunebook.executors`, as Tunebook
does with its own. Names are read without loading what they name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import tunebook.execution as execution
from tunebook.domain.errors import DesignError, nearest
from tunebook.execution import ClusterReply, Executor, ExecutorSpec, is_kind

GROUP = "tunebook.executors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An entry point.

    Attributes:
        place: of the `ExecutorSpec`, as `module:name`.
        package: the distribution that registers it.
    """

    place: str
    package: str


def registered() -> Mapping[str, tuple[Registration, ...]]:
    """All registrations by kind, one for each that no two packages claim; "local" comes first."""
    return _registered(tuple(sys.path))


def spec_of(kind: object) -> ExecutorSpec:
    """The registration of a kind, loaded.

    Raises:
        DesignError: no package registers the kind, two do, or its package is broken.
    """
    kinds = registered()
    if not isinstance(kind, str) or kind not in kinds:
        raise DesignError(
            f"[executor] needs a known kind ({', '.join(kinds)}); got {kind!r}."
            + nearest(str(kind), kinds),
            next_step='write kind = "slurm", install the package that brings this kind, or leave '
            "the table out to train on this machine",
        )
    claims = kinds[kind]
    if len(claims) > 1:
        packages = " and ".join(claim.package for claim in claims)
        raise DesignError(
            f'{packages} register an executor "{kind}": '
            + ", ".join(claim.place for claim in claims),
            next_step="uninstall one of these packages, or update the one that is out of date",
        )
    (claim,) = claims
    spec = _load(claim.place, kind, claim.package)
    if not isinstance(spec, ExecutorSpec) or spec.kind != kind:
        raise DesignError(
            f'the entry point "{kind}" of {claim.package} names no ExecutorSpec of that kind; '
            f"{claim.place} is {spec!r:.80}",
            next_step=_renew(claim.package),
        )
    return spec


def executor_of(told: Mapping[str, Any], *, workers: int | None = None) -> Executor | None:
    """The executor that a table describes; None for an empty one.

    Args:
        told: `{"kind": "slurm", "partition": "gpu", ...}`, with the arguments of `tb.slurm`.
        workers: trials at a time, instead of the table's own number.

    Raises:
        DesignError: a kind or an argument that is not known, with the nearest one; a package
            that is missing or broken; or what the executor itself refuses.
    """
    if not told:
        return None
    kind = told.get("kind")
    spec = spec_of(kind)
    given = {key: value for key, value in told.items() if key != "kind"}
    if workers is not None:
        given["workers"] = workers
    factory: Callable[..., Executor] = _part_of(spec, spec.factory)
    known = inspect.signature(factory).parameters
    for key in given:
        if key not in known:
            raise DesignError(
                f"[executor] of kind {kind} has no {key!r}; it has {', '.join(known)}."
                + nearest(key, known),
                next_step="correct the key, or remove it",
            )
    missing = [k for k, p in known.items() if p.default is p.empty and k not in given]
    if missing:
        raise DesignError(
            f"[executor] of kind {kind} needs {', '.join(missing)}",
            next_step=f"add {missing[0]} = ... to [executor]",
        )
    try:
        return factory(**given)
    except ModuleNotFoundError as error:
        raise spec.not_installed(str(error.name)) from error


def end_stray_jobs(lock: Path) -> None:
    """End the jobs that a trial was last given to and that may go on; waits until they are gone.

    An executor is loaded only where a note of its own is beside the lock.

    Args:
        lock: the trial's lock file.

    Raises:
        DesignError: the package of the executor that left a note is broken.
    """
    for kind in registered():
        # The name of an entry point is any text; no executor of another name leaves notes.
        if is_kind(kind) and lock.with_suffix(f".{kind}").exists():
            spec = spec_of(kind)
            if spec.end_stray_job:
                _part_of(spec, spec.end_stray_job)(lock)


def ask_clusters() -> tuple[tuple[ClusterReply, ...], tuple[DesignError, ...]]:
    """What clusters reply, and the executors that can't be loaded."""
    replies, broken = [], []
    for kind in registered():
        try:
            spec = spec_of(kind)
            checkup: Callable[[], ClusterReply] | None = (
                _part_of(spec, spec.checkup) if spec.checkup else None
            )
        except DesignError as error:
            broken.append(error)
            continue
        if checkup is not None:
            try:
                reply = checkup()
                if not isinstance(reply, ClusterReply):
                    raise TypeError(f"its checkup returned {reply!r:.80}, no ClusterReply")
                replies.append(reply)
            except Exception as error:  # whatever another package raises
                why = f"{kind}: {type(error).__name__}: {error}"
                replies.append(ClusterReply(state="silent", sentence=why))
    return tuple(replies), tuple(broken)


@lru_cache(maxsize=8)
def _registered(path: tuple[str, ...]) -> Mapping[str, tuple[Registration, ...]]:
    del path  # where packages are looked for: another one, another answer
    found: dict[str, dict[str, str]] = {"local": {f"{execution.__name__}.local:SPEC": "tunebook"}}
    # Where Tunebook is no installed distribution: each folder of `execution` is an executor.
    for _, name, is_folder in pkgutil.iter_modules(execution.__path__):
        if is_folder:
            found[name] = {f"{execution.__name__}.{name}:SPEC": "tunebook"}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "a package"
        found.setdefault(point.name, {})[point.value.replace(" ", "")] = package
    return {
        kind: tuple(Registration(place=place, package=package) for place, package in own.items())
        for kind, own in found.items()
    }


def _part_of(spec: ExecutorSpec, place: str) -> Any:
    claim = registered()[spec.kind][0]
    try:
        return _load(place, spec.kind, claim.package)
    except DesignError as error:
        cause = error.__cause__
        # Its own module may be missing too: then its package is broken.
        if isinstance(cause, ModuleNotFoundError) and not place.startswith(str(cause.name)):
            raise spec.not_installed(str(cause.name)) from cause
        raise


def _load(place: str, kind: str, package: str) -> Any:
    module, _, name = place.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the import of another package raises
        raise DesignError(
            f'the executor "{kind}" of {package} can\'t be loaded: '
            f"{type(error).__name__}: {error}",
            next_step=_renew(package),
        ) from error


def _renew(package: str) -> str:
    return f"reinstall or update {package.partition(' ')[0]}, or uninstall it"
