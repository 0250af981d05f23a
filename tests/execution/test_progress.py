"""What a person sees while a round runs."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tunebook.domain.doing import lines as terminals
from tunebook.domain.trial import Status
from tunebook.execution.counts import TrialCounts
from tunebook.execution.live_block import block
from tunebook.execution.progress import Progress, UnderWay, parts, plain_line
from tunebook.execution.shown_progress import TerminalProgress
from tunebook.store.ingest import Reported

MIDWAY = Progress(
    total=64,
    done=20,
    running=4,
    infeasible=3,
    failed=0,
    best=0.021349,
    best_trial="3.17",
    seconds_left=75.0,
    elapsed_s=60.0,
    last_cause="diverged",
    last_trial="3.9",
    metric="valid/error",
)


def drawn(progress: Progress, width: int, title: str = "") -> list[str]:
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(block(progress, title, width=width))
    return console.file.getvalue().splitlines()


UNDER_WAY = (
    UnderWay(name="3.21", steps=1000, elapsed_s=40, step=420, value=0.0312, seconds_left=55.0),
    UnderWay(name="3.22", steps=1000, elapsed_s=2),
)


@pytest.mark.parametrize("width", [40, 60, 160])
def test_the_block_fits_and_says_everything(width):
    lines = drawn(MIDWAY, width, "Does Nesterov momentum beat Adam here? " * 5)
    said = "\n".join(lines)
    assert len(lines) == 4 + (width == 40)
    assert max(map(len, lines)) <= width
    for part in ("20/64", "4 running", "1 min 15 s left", "0.02135 (trial 3.17)"):
        assert part in said
    assert "3 infeasible, last: diverged" in said


@pytest.mark.parametrize("width", [40, 80])
def test_trials_under_way_show_step_value_and_time_left(width):
    lines = drawn(replace(MIDWAY, trials=UNDER_WAY), width)
    (known,) = [line for line in lines if line.startswith("3.21")]
    (fresh,) = [line for line in lines if line.startswith("3.22")]
    assert all(part in known for part in ("420/1000", "0.0312", "55 s left"))
    assert fresh.strip() == "3.22"
    assert max(map(len, lines)) <= width
    line = plain_line(replace(MIDWAY, trials=UNDER_WAY))
    assert "3.21 at step 420/1000 valid/error 0.0312 55 s left" in line
    assert "3.22" not in line


def test_more_trials_than_lines_are_counted():
    many = tuple(replace(UNDER_WAY[0], name=f"3.{n}") for n in range(64))
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(block(replace(MIDWAY, trials=many), "Why?", width=80, height=24))
    lines = console.file.getvalue().splitlines()
    assert len(lines) < 24
    shown = sum(line.startswith("3.") for line in lines)
    assert f"and {64 - shown} more" in [line.strip() for line in lines]


def test_what_is_not_known_yet_is_not_shown():
    fresh = Progress(total=8, done=0, running=2, infeasible=0, failed=0, elapsed_s=3.0)
    said = "\n".join(drawn(fresh, 60))
    assert "0/8" in said
    assert "3 s so far" in said
    assert "best" not in said
    assert "infeasible" not in said


def test_without_a_terminal_a_line_comes_every_30_s_and_the_last_is_always_said(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(terminals.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    with TerminalProgress("The question?", stream=stream) as show:
        for done in range(0, 201):
            show(replace(MIDWAY, total=201, done=done))
            now[0] += 1.0
    lines = stream.getvalue().splitlines()
    assert lines[0] == "The question?"
    assert [line.partition("/")[0] for line in lines[1:]] == [
        "30",
        "60",
        "90",
        "120",
        "150",
        "180",
        "200",
    ]
    assert "\x1b" not in stream.getvalue()


def counted(seconds, unended, workers=2):
    counts = TrialCounts(objective=None, workers=workers, seconds=seconds)
    counts.statuses = dict.fromkeys(range(unended), Status.PENDING)
    return counts


def left(seconds_left, elapsed_s=10.0):
    return UnderWay(name="1.0", steps=100, elapsed_s=elapsed_s, seconds_left=seconds_left)


@pytest.mark.parametrize(
    ("seconds", "running", "unended", "expected"),
    [
        ([], [left(None), left(None)], 4, None),  # nothing was measured
        ([], [left(30.0), left(None)], 4, (30 + 30 + 2 * 40) / 2),  # one under way is known
        ([40.0], [left(None), left(None)], 4, (30 + 30 + 2 * 40) / 2),  # one has ended
        ([40.0], [left(90.0), left(None)], 2, 90.0),  # the slowest trial sets the end
        ([40.0], [left(None, elapsed_s=70.0)], 1, 0.0),  # later than expected
    ],
)
def test_the_time_left_of_a_round_comes_from_measured_speeds(seconds, running, unended, expected):
    found = counted(seconds, unended)._left(running)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_the_time_left_of_a_trial_comes_from_its_own_steps():
    seen = Reported(first=(0, 5.0), last=(40, 25.0), values={"loss": 0.5}, at=100.0)
    trial = SimpleNamespace(name="1.0", max_train_steps=100)
    found = UnderWay.of(trial, 30.0, seen, "loss", 104.0)
    assert (found.step, found.value) == (40, 0.5)
    assert found.seconds_left == pytest.approx(59 * 0.5 - 4)
    once = replace(seen, first=seen.last)
    assert UnderWay.of(trial, 30.0, once, "loss", 104.0).seconds_left is None
    assert UnderWay.of(trial, 30.0, None, "loss", 104.0).step is None


def test_a_round_that_stops_says_so():
    assert "stopping" in "\n".join(drawn(replace(MIDWAY, stopping="stopping"), 60))


@given(st.floats(0, 1e7))
def test_times_are_short_and_never_shown_as_less_than_they_are(seconds):
    sizes = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    *words, left = parts(replace(MIDWAY, seconds_left=seconds))[-1].split()
    assert left == "left"
    shown = sum(int(n) * sizes[u] for n, u in zip(words[::2], words[1::2], strict=True))
    assert len(words) in (2, 4)
    assert shown <= seconds + 1
    assert seconds - shown < max(1, seconds / 24)
