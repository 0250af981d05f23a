"""What a round ran on, and with: code, git state, versions, hardware (D8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunebook.domain.frozen import freeze

SHORT = 12
"""Digits of a hash that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What trials of a round ran on, from one moment on; noted where it differs from before.

    Attributes:
        number: in its book, from 1.
        round: number of the round.
        reruns: fresh-seed reruns began then, not search trials.
        began_at: Unix time.
        code: import path of the training function, or empty.
        sha256: of the function's source text.
        file: name of the file that defines it, or empty; `file_sha256` of the whole of it.
        commit: git commit of the file's repository, or empty.
        edits_sha256: of what its tracked Python files differ in from the commit; empty where
            nothing differs.
        versions: package to version, Python's own as `python`.
        hardware: part to what it is, as in `cpu`, `memory`, `gpu`.
    """

    number: int
    round: int
    reruns: bool
    began_at: float
    code: str
    sha256: str
    file: str = ""
    file_sha256: str = ""
    commit: str = ""
    edits_sha256: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "versions", "hardware")


def code_changes(before: Environment, after: Environment) -> tuple[str, ...]:
    """What of the training code changed, in words; empty where nothing that is known did."""
    file = after.file or before.file
    parts = (
        ("the training function", before.code or "unnamed", after.code or "unnamed"),
        ("the function's text", _short(before.sha256), _short(after.sha256)),
        (file, _short(before.file_sha256), _short(after.file_sha256)),
        ("the git commit", _short(before.commit), _short(after.commit)),
        (
            "Python files that are not committed",
            _short(before.edits_sha256),
            _short(after.edits_sha256),
        ),
    )
    return tuple(f"{what}, {old} to {new}" for what, old, new in parts if old != new)


def other_changes(before: Environment, after: Environment) -> tuple[str, ...]:
    """What of versions and hardware changed, in words."""
    found = []
    for kind in ("versions", "hardware"):
        old, new = getattr(before, kind), getattr(after, kind)
        found += [
            f"{name} {old.get(name, 'none')} to {new.get(name, 'none')}"
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
    return tuple(found)


def _short(digest: str) -> str:
    return digest[:SHORT] or "none"
