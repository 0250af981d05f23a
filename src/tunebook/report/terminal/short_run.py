"""What a short test run saw, for a terminal (A1 I1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunebook.domain.environment import Tried
from tunebook.domain.finding import Finding
from tunebook.domain.formats.numbers import (
    config_text,
    number,
    percent,
    plural,
    round_to,
    seconds_text,
)
from tunebook.report.terminal.lines import indented, inside
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable


def tried_renderable(tried: Tried, of: str = "Tried") -> Renderable:
    """One configuration: what it reported, what a step costs, how a whole trial would divide."""
    head = f"{of} {config_text(tried.config)}"
    if tried.fault:
        first, _, rest = tried.fault.partition("\n")
        said = [inside(f"It does not train: {first}", "red")]
        return Group(Text(head), *said, *([indented(Text(rest, style="dim"))] if rest else []))
    lines = [
        f"{plural(tried.steps, 'step')} of {tried.max_train_steps} trained; "
        f"memory {number(round(tried.memory_mb))} MB"
        + (
            f", {number(round(tried.accelerator_mb))} MB of the GPU"
            if tried.accelerator_mb is not None
            else ""
        ),
        "reported " + "; ".join(_metric_text(n, ends) for n, ends in tried.metrics.items()),
        _pace_text(tried),
    ]
    whole = _whole_text(tried)
    return Group(Text(head), *(inside(line) for line in [*lines, *([whole] if whole else [])]))


def warnings_renderable(warnings: Sequence[Finding]) -> Renderable:
    """What to mend before the round is run."""
    if not warnings:
        return Text("Nothing speaks against running it.", style="green")
    return Group(
        *(Text(f"▲ {w.severity} {w.check}: {w.sentence}", style="yellow") for w in warnings)
    )


def _metric_text(name: str, ends: tuple[float, float]) -> str:
    first, last = ends
    return f"{name} {number(first)}" + ("" if first == last else f", then {number(last)}")


def _pace_text(tried: Tried) -> str:
    if tried.step_s is None:
        return "too few steps were seen to say how long one takes"
    parts = [_speed_text(tried, tried.step_s)]
    if tried.evaluation_s is not None:
        parts.append(f"an evaluation takes {_short_text(tried.evaluation_s)}")
    else:
        parts.append(
            "evaluations are timed as a part of training, since it never calls trial.evaluate_at"
        )
    if tried.checkpoint_s is not None:
        parts.append(f"a checkpoint {_short_text(tried.checkpoint_s)}")
    threads = f"{plural(tried.threads, 'thread')}, as run gives each trial"
    return (
        ", ".join([*parts, f"the start of a worker {seconds_text(tried.start_s)}"])
        + f" ({threads})"
    )


def _speed_text(tried: Tried, step_s: float) -> str:
    """Steps a second; where a step is too fast to be timed, how many there are at least."""
    if tried.resolved:
        return f"{_per_second(step_s)} steps a second"
    if tried.step_most_s:
        return f"more than {_per_second(tried.step_most_s)} steps a second"
    return "a step is too fast to be timed"


def _per_second(step_s: float) -> str:
    return number(round_to(1 / step_s))


def _whole_text(tried: Tried) -> str:
    if tried.trial_s is None:
        return ""
    said = f"a trial would take {seconds_text(tried.trial_s)}, once its worker has started"
    if tried.evaluation_share is not None and tried.resolved:
        said += f"; evaluating is {percent(tried.evaluation_share)} of training and evaluating"
    return said


def _short_text(seconds: float) -> str:
    return seconds_text(seconds) if seconds >= 1 else f"{number(1000 * seconds)} ms"
