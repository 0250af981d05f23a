"""What a person sees while a round runs."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tunebook.execution.progress import Progress, TerminalProgress, block, parts

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
    console.print(block(progress, title))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 120])
def test_the_block_fits_and_says_everything(width):
    lines = drawn(MIDWAY, width, "Does Nesterov momentum beat Adam here? " * 4)
    said = "\n".join(lines)
    assert len(lines) == 4
    assert max(map(len, lines)) <= width
    for part in ("20/64", "4 running", "1 min 15 s left", "0.02135 (trial 3.17)"):
        assert part in said
    assert "3 infeasible, last: diverged (trial 3.9)" in said


def test_what_is_not_known_yet_is_not_shown():
    fresh = Progress(total=8, done=0, running=2, infeasible=0, failed=0, elapsed_s=3.0)
    said = "\n".join(drawn(fresh, 60))
    assert "0/8" in said
    assert "3 s so far" in said
    assert "best" not in said
    assert "infeasible" not in said


def test_without_a_terminal_lines_are_few_and_the_last_is_always_said():
    stream = io.StringIO()
    with TerminalProgress("The question?", stream=stream) as show:
        for done in range(0, 201):
            show(replace(MIDWAY, total=201, done=done))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "The question?"
    assert 10 <= len(lines) <= 13
    assert lines[-1].startswith("200/201 trials done")
    assert "\x1b" not in stream.getvalue()


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
