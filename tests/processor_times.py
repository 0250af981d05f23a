"""The processor time of each test, its child processes included; wall-clock time depends on what else runs."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SLOW_TIMES = 3
"""A test of `make test-slow` may use so many times the limit."""

SHOWN = 10
"""Tests that the summary lists."""


_elsewhere: list[float] = []


def add(seconds: float) -> None:
    """Count processor time of what a server did for this process."""
    _elsewhere.append(seconds)


def used() -> float:
    """Seconds of processor time of this process, of its children that ended, and of servers."""
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + sum(_elsewhere)


class ProcessorTimes:
    """Measures each test where it runs, and fails one that is over the limit.

    A fixture that several tests share counts for the first of them. A test marked
    `processor_limit(seconds)` has a limit of its own; one of level 2 has none.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.began = 0.0
        self.start = used()
        """Before the first test: imports and collection count as well."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.began = used()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        report = yield
        if call.when == "teardown":
            seconds = used() - self.began
            report.user_properties = [*report.user_properties, ("processor_s", seconds)]
            limit = limit_of(item, self.limit_s)
            if report.passed and seconds > limit:
                report.outcome = "failed"
                report.longrepr = (
                    f"{item.nodeid} used {seconds:.1f} s of processor time; the limit is "
                    f"{limit:g} s. Next: make it smaller, or share what it prepares."
                )
        return report


def limit_of(item: pytest.Item, limit_s: float) -> float:
    """Seconds of processor time that a test may use."""
    own, level = item.get_closest_marker("processor_limit"), item.get_closest_marker("level")
    if level is not None and level.args[0] > 1:
        return float("inf")
    if own is not None:
        return float(own.args[0])
    return limit_s if item.get_closest_marker("slow") is None else SLOW_TIMES * limit_s


class ProcessorTable:
    """Gathers the times of all workers, lists the longest, and writes all to a file."""

    def __init__(self, file: str | None) -> None:
        self.file = Path(file) if file is not None else None
        self.seconds: dict[str, float] = defaultdict(float)
        if self.file is not None:
            self.file.unlink(missing_ok=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == "processor_s" and report.when == "teardown":
                self.seconds[report.nodeid] += float(value)  # type: ignore[arg-type]
                if self.file is not None:  # at once: a run may be stopped
                    with self.file.open("a", encoding="utf-8") as out:
                        out.write(f"{value:.3f}\t{report.nodeid}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        longest = sorted(self.seconds.items(), key=lambda entry: -entry[1])
        if self.file is not None:
            lines = [f"{seconds:.3f}\t{name}\n" for name, seconds in longest]
            self.file.write_text("".join(lines), "utf-8")
        if sum(self.seconds.values()) > 60:
            total = sum(self.seconds.values()) / 60
            terminalreporter.section(f"processor time: {total:.1f} minutes in tests")
            for name, seconds in longest[:SHOWN]:
                terminalreporter.line(f"{seconds:6.1f} s {name}")
