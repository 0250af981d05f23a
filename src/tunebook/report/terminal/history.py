"""The notebook for a terminal: readable from 60 columns on (D6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from tunebook.domain.formats.numbers import (
    ABSENT,
    config_text,
    date_text,
    gain_text,
    interval_text,
    number,
    plural,
    seconds_text,
)
from tunebook.report.history import History, LaunchLine, RoundLine
from tunebook.report.terminal.lines import grid, inside, line
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable


def history_renderable(found: History) -> Renderable:
    """Rounds with their evidence and caveats, the lineage, the test set, where the book stands."""
    head = line(found.book, "bold")
    if not found.rounds:
        return Group(head, Text("No round yet. Next: tunebook init, then tunebook run"))
    parts: list[Renderable] = [head, line(found.division), Text(), _table(found), Text()]
    told = ""
    for one in found.rounds:
        parts += [*_round(found, one, noted=one.level_note not in ("", told)), Text()]
        told = one.level_note or told
    parts += [Text("Lineage of baselines", style="bold")]
    parts += [part for one in reversed(found.launches) for part in _launch(found, one)]
    if not found.launches:
        parts.append(inside("Nothing has been launched yet."))
    if found.account:
        parts += [Text(), Text("Account of false launches", style="bold")]
        parts += [inside(text) for text in found.account]
    if found.test_set:
        parts += [Text(), Text("Test set", style="bold")]
        parts += [inside(f"{what}: {text}") for what, text in found.test_set]
    parts += [inside(text, "yellow") for text in found.contaminated]
    return Group(*parts, Text(), line(f"Now: {found.stands_at}"), line(found.next, "cyan"))


def _table(found: History) -> Table:
    rows = [
        (
            str(one.number),
            date_text(one.planned_at).partition(",")[0],
            str(sum(one.trials.values())),
            str(sum(one.reruns.values())),
            ABSENT if one.best is None else number(one.best),
            one.verdict or "not decided",
            ABSENT if one.launch is None else str(one.launch),
        )
        for one in found.rounds
    ]
    head = ("Round", "Planned", "Trials", "Reruns", f"Best {found.metric}", "Verdict", "Launch")
    return grid(head, rows, how="rnrrr-r")


def _round(found: History, one: RoundLine, *, noted: bool) -> list[Renderable]:
    parts: list[Renderable] = [line(f"Round {one.number}  {one.goal}", "bold")]
    kind = f", {one.exploitation} of them of exploitation" if one.exploitation else ""
    spent = f"; {seconds_text(one.seconds)} of compute" if one.seconds else ""
    parts.append(inside(f"Trials: {one.counts}{kind}{spent}"))
    if len(one.studies) > 1:
        parts.append(inside(f"Studies: {', '.join(one.studies)}"))
    if one.best is not None:
        best = f"Best {found.metric}: {number(one.best)} by {one.best_trial}"
        parts.append(inside(f"{best} ({config_text(one.best_config)})"))
    if one.note:
        parts.append(inside(f"Note: {one.note}"))
    if one.sentence:
        parts.append(inside(one.sentence, "cyan"))
    if noted:
        parts.append(inside(one.level_note, "dim"))
    for side in one.evidence:
        gain = f"; {gain_text(side.gain, one.estimand, named=True)}" if side.gain else ""
        seeds = plural(len(side.reruns), "new seed")
        parts.append(inside(f"{side.name}: {interval_text(side.mean)} over {seeds}{gain}"))
    parts += [inside(f"! {text}", "yellow") for text in one.changes]
    parts += [inside(f"· {text}", "dim") for text in one.caveats]
    if one.commands:
        parts.append(inside(f"Again: {' && '.join(one.commands)}", "dim"))
    return parts


def _launch(found: History, one: LaunchLine) -> list[Renderable]:
    now = ", the baseline now" if one is found.launches[-1] else ""
    when, who = date_text(one.launched_at), one.who or "someone unnamed"
    source = f"round {one.round}, decision {one.decision}"
    expected = f"{interval_text(one.expected)} expected at {one.max_train_steps} steps"
    parts: list[Renderable] = [
        inside(f"Launch {one.number}{now}: {source}; {when}, by {who}", "bold"),
        inside(f"{found.metric} {expected}", by=4),
        inside(f"{'Set' if one.parent is None else 'Changed'}: {one.changed}", by=4),
    ]
    return [*parts, *([inside(f"Why: {one.why}", by=4)] if one.why else [])]
