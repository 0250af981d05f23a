"""The reasons of a proposal as comments in its round file, each at the key it speaks of (B)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tunebook.domain.decision import Change
from tunebook.domain.design import Round
from tunebook.domain.space import Per, spell

Place = tuple[str | int, ...]
"""`()` is the top of the file, `("trials",)` a key, `("nuisance", "lr", 1)` its second range."""

_WIDTH = 96


def place_comments(plan: Round, changes: Sequence[Change]) -> dict[Place, list[str]]:
    """Comment lines by the place that they belong to."""
    notes: dict[Place, list[str]] = {}
    for change in changes:
        place = _place(plan, change.key)
        notes.setdefault(place, []).extend(_comment(change, named=bool(place)))
    return notes


def _place(plan: Round, key: str) -> Place:
    if key in plan.__dataclass_fields__:
        return (key,) if getattr(plan, key) not in ((), {}, None, "") else ()
    for role in ("scientific", "nuisance", "fixed", "levels"):
        held = getattr(plan, role)
        # The longest name first: "lr" must not take what is said of "lr[0]".
        for name in sorted(held, key=len, reverse=True):
            start = f"{role}.{name}"
            if key == start:
                return (role, name)
            if key.startswith(f"{start}[") and key.endswith("]"):
                return _under(role, name, held[name], key[len(start) + 1 : -1])
    return ()


def _under(role: str, name: str, axis: object, conditions: str) -> Place:
    """The range that holds under `optimizer=adam, schedule=cosine`."""
    if isinstance(axis, Per):
        for i, (value, _) in enumerate(axis.when):
            for said in (f"{axis.on}={spell(value)}", f"{axis.on}={value}"):
                if said == conditions or said in conditions.split(", "):
                    return (role, name, i)
    return (role, name)


def _comment(change: Change, *, named: bool) -> list[str]:
    because = change.because
    if because and not because.startswith("because"):
        because = f"because {because}"
    was = f"was {change.before}" if change.before else "new"
    if not named:
        was = f"{change.key}: {was}, now {change.after or 'left out'}"
    text = f"{was}: {because}" if because else was
    if change.check:
        text += f" ({change.check})"
    # A comment ends at a line's end and takes no control characters.
    clean = "".join(c if c.isprintable() else " " for c in text)
    return [f"# {line}" for line in textwrap.wrap(clean, _WIDTH)]
