"""The notebook for a terminal: readable from 60 columns on (D6)."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tunebook.domain.formats.numbers import (
    config_text,
    date_text,
    gain_text,
    interval_text,
    number,
    plural,
    seconds_text,
)
from tunebook.report.history import History, LaunchLine, RoundLine


def history_renderable(found: History) -> RenderableType:
    """Rounds with their evidence and caveats, the lineage, the test set, where the book stands."""
    head = Text(shown(found.book), style="bold")
    if not found.rounds:
        return Group(head, Text("No round yet. Next: tunebook init, then tunebook run"))
    parts: list[RenderableType] = [head, _text(found.division), Text(), _table(found), Text()]
    told = ""
    for line in found.rounds:
        parts += [*_round(found, line, noted=line.level_note not in ("", told)), Text()]
        told = line.level_note or told
    parts += [Text("Lineage of baselines", style="bold")]
    parts += [part for line in reversed(found.launches) for part in _launch(found, line)]
    if not found.launches:
        parts.append(_inside("Nothing has been launched yet."))
    if found.account:
        parts += [Text(), Text("Account of false launches", style="bold")]
        parts += [_inside(text) for text in found.account]
    if found.test_set:
        parts += [Text(), Text("Test set", style="bold")]
        parts += [_inside(f"{what}: {text}") for what, text in found.test_set]
    parts += [_inside(text, "yellow") for text in found.contaminated]
    return Group(*parts, Text(), _text(f"Now: {found.stands_at}"), _text(found.next, "cyan"))


def _table(found: History) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    table.add_column("Round", justify="right")
    table.add_column("Planned", no_wrap=True)
    table.add_column("Trials", justify="right")
    table.add_column("Reruns", justify="right")
    table.add_column(f"Best {shown(found.metric)}", justify="right")
    table.add_column("Verdict")
    table.add_column("Launch", justify="right")
    for line in found.rounds:
        table.add_row(
            str(line.number),
            date_text(line.planned_at).partition(",")[0],
            str(sum(line.trials.values())),
            str(sum(line.reruns.values())),
            "–" if line.best is None else number(line.best),
            line.verdict or "not decided",
            "–" if line.launch is None else str(line.launch),
        )
    return table


def _round(found: History, line: RoundLine, *, noted: bool) -> list[RenderableType]:
    parts: list[RenderableType] = [_text(f"Round {line.number}  {line.goal}", "bold")]
    fates = ", ".join(f"{n} {status}" for status, n in line.trials.items()) or "none started"
    kind = f", {line.exploitation} of them of exploitation" if line.exploitation else ""
    spent = f"; {seconds_text(line.seconds)} of compute" if line.seconds else ""
    parts.append(_inside(f"Trials: {fates}{kind}{spent}"))
    if len(line.studies) > 1:
        parts.append(_inside(f"Studies: {', '.join(line.studies)}"))
    if line.best is not None:
        best = f"Best {found.metric}: {number(line.best)} by {line.best_trial}"
        parts.append(_inside(f"{best} ({config_text(line.best_config)})"))
    if line.note:
        parts.append(_inside(f"Note: {line.note}"))
    if line.sentence:
        parts.append(_inside(line.sentence, "cyan"))
    if noted:
        parts.append(_inside(line.level_note, "dim"))
    for side in line.evidence:
        gain = f"; {gain_text(side.gain, line.estimand, named=True)}" if side.gain else ""
        seeds = plural(len(side.reruns), "new seed")
        parts.append(_inside(f"{side.name}: {interval_text(side.mean)} over {seeds}{gain}"))
    parts += [_inside(f"! {text}", "yellow") for text in line.changes]
    parts += [_inside(f"· {text}", "dim") for text in line.caveats]
    if line.commands:
        parts.append(_inside(f"Again: {' && '.join(line.commands)}", "dim"))
    return parts


def _launch(found: History, line: LaunchLine) -> list[RenderableType]:
    now = ", the baseline now" if line is found.launches[-1] else ""
    when, who = date_text(line.launched_at), line.who or "someone unnamed"
    source = f"round {line.round}, decision {line.decision}"
    expected = f"{interval_text(line.expected)} expected at {line.max_train_steps} steps"
    parts: list[RenderableType] = [
        _inside(f"Launch {line.number}{now}: {source}; {when}, by {who}", "bold"),
        _inside(f"{found.metric} {expected}", deeper=True),
        _inside(f"{'Set' if line.parent is None else 'Changed'}: {line.changed}", deeper=True),
    ]
    return [*parts, *([_inside(f"Why: {line.why}", deeper=True)] if line.why else [])]


def shown(text: str) -> str:
    """The text on one line, without control characters, which could drive a terminal."""
    spaced = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def _text(text: str, style: str = "") -> Text:
    return Text(shown(text), style=style)


def _inside(text: str, style: str = "", *, deeper: bool = False) -> Padding:
    return Padding(_text(text, style), (0, 0, 0, 4 if deeper else 2), expand=False)
