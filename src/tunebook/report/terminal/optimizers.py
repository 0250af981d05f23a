"""The catalogue of optimizers for a terminal (A2 G2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from tunebook.domain.optimizers.optimizer import Optimizer, Tunable
from tunebook.domain.optimizers.spaces import tuned
from tunebook.domain.space import Float, Scale, spell
from tunebook.report.terminal.lines import inside
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable


def catalogue_renderable(optimizers: Sequence[Optimizer], trials: int | None) -> Renderable:
    """Every entry in a line: what is tuned by the trials of a study, what it includes, where."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    table.add_column("Optimizer", no_wrap=True)
    table.add_column("Tuned, from so many trials" if trials is None else "Tuned", ratio=3)
    table.add_column("Includes")
    table.add_column("In", ratio=1)
    for optimizer in optimizers:
        table.add_row(
            optimizer.name,
            _by_budget(optimizer) if trials is None else _names(tuned(optimizer, trials)),
            ", ".join(i.of for i in optimizer.includes),
            ", ".join(optimizer.frameworks),
        )
    parts: list[Renderable] = [table]
    names = ", ".join(f'"{o.name}"' for o in optimizers[:2])
    parts += [
        Text(),
        Text(f"In a round: tb.optimizer_space({names}, trials=...), or in its file:"),
        Text('  optimizer_space = "optimizer"'),
    ]
    return Group(*parts)


def optimizer_renderable(optimizer: Optimizer, trials: int | None) -> Renderable:
    """One entry in full: each range with its source, its special cases, what to know."""
    parts: list[Renderable] = [
        Text(f"{optimizer.title} ({optimizer.name})", style="bold"),
        inside(f"{optimizer.rule}. {optimizer.source}."),
    ]
    held = optimizer.tunables if trials is None else tuned(optimizer, trials)
    for tunable in held:
        parts.append(inside(_range_text(tunable)))
        parts.append(inside(tunable.source, "dim", by=4))
    if optimizer.inclusive:
        parts.append(inside("With inclusive=True, in place of learning_rate and epsilon:"))
        parts += [inside(_range_text(t), by=4) for t in optimizer.inclusive]
    for inclusion in optimizer.includes:
        how = "is" if inclusion.exact else "comes near"
        parts.append(inside(f"{how} {inclusion.of} where {inclusion.when} ({inclusion.source})"))
    built = "; ".join(f"{name}: {path}" for name, path in optimizer.frameworks.items())
    parts.append(inside(built))
    if optimizer.note:
        parts.append(inside(optimizer.note))
    return Group(*parts)


def _by_budget(optimizer: Optimizer) -> str:
    tiers = dict.fromkeys(t.from_trials for t in optimizer.tunables)
    return "; ".join(
        (f"{least}: " if least > 1 else "")
        + _names([t for t in optimizer.tunables if t.from_trials == least])
        for least in tiers
    )


def _names(tunables: Sequence[Tunable]) -> str:
    return ", ".join(t.name for t in tunables)


def _range_text(tunable: Tunable) -> str:
    axis = tunable.axis
    assert isinstance(axis, Float)
    scale = {Scale.LOG: ", log", Scale.NEAR_ONE: ", log of 1 - x", Scale.LINEAR: ""}[axis.scale]
    when = "always" if tunable.from_trials == 1 else f"from {tunable.from_trials} trials"
    default = "" if tunable.default is None else f", else {spell(tunable.default)}"
    return f"{tunable.name}: {spell(axis.low)} to {spell(axis.high)}{scale}; {when}{default}"
