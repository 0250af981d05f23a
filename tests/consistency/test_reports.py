"""Numbers of a report that contradict each other, over real and random tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consistency.alarms import passes_without_an_alarm
from consistency.rules import Report, faults
from consistency.sources import (
    PUBLISHED,
    QUICK_PUBLISHED,
    SWEEPS,
    demo_book,
    families,
    odd_table,
    published_report,
    report_of,
    round_report,
)
from sizes import some_slow
from tunebook.auditing import audit as audit_sweep
from tunebook.domain.finding import Interval

ODD = 60
MANY_ODD = 600


def consistent(report: Report) -> None:
    broken = faults(report)
    assert not broken, "\n".join(map(str, broken))


@pytest.fixture(scope="module")
def demo_reports(tmp_path_factory):
    return [round_report(r) for r in demo_book(tmp_path_factory.mktemp("demo")).rounds]


def test_rounds_of_the_demo(demo_reports):
    assert len(demo_reports) == 4 and any(r.carried is not None for r in demo_reports)
    for report in demo_reports:
        consistent(report)


@pytest.mark.parametrize("name", QUICK_PUBLISHED)
def test_published_sweeps(shared_data, name):
    consistent(published_report(shared_data, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in PUBLISHED if n not in QUICK_PUBLISHED])
def test_large_published_sweeps(shared_data, name):
    consistent(published_report(shared_data, name))


@pytest.mark.parametrize("name", SWEEPS)
def test_sweeps_as_people_have_them(shared_cases, name):
    read = audit_sweep(shared_cases / "sweeps" / f"{name}.csv", objective=SWEEPS[name])
    consistent(Report(table=read.table, examination=read.examination))


@pytest.mark.parametrize("trials", some_slow([16, 64], [16]))
def test_simulated_rounds(trials):
    for _, table in families(1, trials):
        consistent(report_of(table))


@pytest.mark.parametrize("part", range(4))
def test_small_odd_rounds(part):
    for rng in np.random.default_rng(7).spawn(ODD)[part::4]:
        consistent(report_of(odd_table(rng)))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_many_odd_rounds(part):
    for rng in np.random.default_rng(8).spawn(MANY_ODD)[part::20]:
        consistent(report_of(odd_table(rng)))


def possible_alarms(tables) -> None:
    broken = [f for table in tables for f in passes_without_an_alarm(report_of(table))]
    assert not broken, "\n".join(map(str, broken))


def test_a_pass_could_have_been_an_alarm():
    possible_alarms(odd_table(rng) for rng in np.random.default_rng(9).spawn(10))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_every_pass_could_have_been_an_alarm(part):
    tables = [odd_table(rng) for rng in np.random.default_rng(10).spawn(36)]
    tables += [table for _, table in list(families(2, 16))[:4]]
    possible_alarms(tables[part::6])


def test_rules_find_what_is_broken(demo_reports):
    """The rules themselves: a report with one number changed is no longer consistent."""
    report = next(r for r in demo_reports if r.carried is not None)

    def changed(check, **numbers):
        findings = list(report.findings)
        at = next(
            i
            for i, f in enumerate(findings)
            if f.check == check and set(numbers) <= set(f.numbers)
        )
        findings[at] = replace(findings[at], numbers={**findings[at].numbers, **numbers})
        examination = replace(report.examination, findings=findings)
        return {f.rule for f in faults(replace(report, examination=examination))}

    assert "interval" in changed("C10", total=Interval(0.5, 0.6, 0.7))
    assert "part of a whole" in changed("C10", first_order=Interval(2.0, 0.0, 2.0))
    assert "share" in changed("C10", total=Interval(1.5, 1.0, 1.6))
    assert "bound" in changed("C2", expected_gain=Interval(0.1, 0.0, 9.0))
    kept = next(
        f for r in demo_reports for f in r.findings if f.check == "C1" and f.severity == "pass"
    )
    both = replace(report.examination, findings=[kept, replace(kept, severity="warning")])
    assert any(f.rule == "excluding pair" for f in faults(replace(report, examination=both)))
