"""What must hold between the numbers of any report, as functions of a table and its findings.

A rule returns a `Fault` for each place that breaks it, so that a test can name them all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.domain.finding import (
    Examination,
    Finding,
    Interval,
    PairwiseDifference,
    RemedyKind,
    Severity,
)
from tunebook.domain.table import TrialTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule that a report breaks, and where."""

    rule: str
    finding: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.finding}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a rule reads.

    Attributes:
        table: trials of the round or sweep.
        examination: what the checks say of it.
        carried: the same trials with those of earlier rounds, where some count as well.
    """

    table: TrialTable
    examination: Examination
    carried: TrialTable | None = None

    @property
    def findings(self) -> Sequence[Finding]:
        return self.examination.findings


Rule = Callable[[Report], Iterator[Fault]]


def faults(report: Report) -> list[Fault]:
    """Every fault of a report, by all rules."""
    return [fault for rule in RULES for fault in rule(report)]


# 1. An estimate lies in its interval.


def estimates_lie_in_their_intervals(report: Report) -> Iterator[Fault]:
    for finding in report.findings:
        for name, value in finding.numbers.items():
            if isinstance(value, Interval) and not _ordered(value.low, value.estimate, value.high):
                yield _fault("interval", finding, f"{name} = {value}")
            if isinstance(value, tuple):
                for pair in value:
                    unknown = math.isnan(pair.difference) and math.isinf(pair.high - pair.low)
                    if not unknown and not _ordered(pair.low, pair.difference, pair.high):
                        yield _fault("interval", finding, f"{name}: {pair}")


NUMBER = r"[-−]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|∞)"
SPOKEN = re.compile(
    rf"(?<![\w.])(?P<estimate>{NUMBER})(?P<unit> ?%| s| ms)? \((?:95 % (?:CI|interval),? )?"
    rf"(?P<low>{NUMBER}) ?%? to (?P<high>{NUMBER})(?: ?%| s| ms)?\)"
)


def spoken_estimates_lie_in_their_intervals(report: Report) -> Iterator[Fault]:
    for finding in report.findings:
        for said in SPOKEN.finditer(finding.sentence):
            low, estimate, high = (_read(said[part]) for part in ("low", "estimate", "high"))
            slack = max(_last_digit(said[part]) for part in ("low", "estimate", "high"))
            if not low - slack <= estimate <= high + slack:
                yield _fault("spoken interval", finding, said[0])


# 2. A part is at most the whole.

PARTS = {
    "B2": [("unread", "trials")],
    "C2": [("good_region", "trials")],
    "C3": [("infeasible", "trials")],
    "C4": [("overfitting", "good_trials"), ("good_trials", "trials")],
    "C5": [
        ("within_resolution_of_the_best", "trials"),
        ("unsteady", "trials"),
        ("compared_trials", "good_trials"),
    ],
    "C6": [
        ("improving", "good_trials"),
        ("best_in_last_quarter", "good_trials"),
        ("best_in_first_tenth", "good_trials"),
    ],
    "C7": [("saturated", "good_trials")],
    "C10": [("first_order", "total")],
    "I1": [("irregular", "trials"), ("rare_at_first", "trials")],
}
SHARES = ("first_order", "total", "total_better_half", "interaction", "share", "share_inside",
          "share_outside", "share_of_best_near_edge", "right", "right_alone", "p_value",
          "p_value_low", "p_value_high")  # fmt: skip


def parts_are_at_most_the_whole(report: Report) -> Iterator[Fault]:
    for finding in report.findings:
        numbers = finding.numbers
        for part, whole in PARTS.get(finding.check, ()):
            if part in numbers and whole in numbers:
                some, of = _estimate(numbers[part]), _estimate(numbers[whole])
                if some > of * (1 + 1e-9):
                    yield _fault("part of a whole", finding, f"{part} {some} > {whole} {of}")
        for name in SHARES:
            for bound in _bounds(numbers.get(name)):
                if not -1e-9 <= bound <= 1 + 1e-9:
                    yield _fault("share", finding, f"{name} = {numbers[name]}")
    yield from _first_orders_sum_to_at_most_one(report)


def _first_orders_sum_to_at_most_one(report: Report) -> Iterator[Fault]:
    by_study: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.check == "C10" and "first_order" in finding.numbers:
            by_study.setdefault(_condition(finding.subject), []).append(finding)
    for study, own in by_study.items():
        total = sum(_estimate(f.numbers["first_order"]) for f in own)
        if total > 1 + 1e-6:
            yield _fault(
                "part of a whole", own[0], f"first orders in {study!r} sum to {total:.3f}"
            )


# 3. A gain does not pass the metric's bound.

GAINS = {
    "C1": ("expected_gain", "gain"),
    "C2": ("expected_gain", "distance_from_best"),
    "C6": ("gain_of_half_again",),
}
FLOOR_ZERO = frozenset({"error", "err", "errors", "mse", "rmse", "mae", "wer", "cer"})
AT_MOST_ONE = frozenset({"accuracy", "acc", "auc", "auroc", "f1", "top1"})


def gains_keep_to_the_bound(report: Report) -> Iterator[Fault]:
    for finding in report.findings:
        for name in GAINS.get(finding.check, ()):
            value = finding.numbers.get(name)
            start = room_left(report.table, finding.subject)
            if math.isfinite(start) and "mean_at_the_end" in finding.numbers:
                start = _to_the_bound(report.table, finding.numbers["mean_at_the_end"])
            for bound in _bounds(value):
                if math.isfinite(start) and bound > start * (1 + 1e-6) + 1e-12:
                    yield _fault("bound", finding, f"{name} = {value}, where {start:.4g} is left")
        if finding.check == "C2" and {"expected_gain", "distance_from_best"} <= set(
            finding.numbers
        ):
            gain, left = (finding.numbers[n] for n in ("expected_gain", "distance_from_best"))
            if _estimate(gain) > _estimate(left) * (1 + 1e-6) + 1e-12:
                yield _fault("gain", finding, f"{gain} of {left} that there is")


def room_left(table: TrialTable, subject: str = "") -> float:
    """How far the best trial is from the metric's bound; infinite where none is known.

    Of the study that the subject names, else of the study that has the most room left.
    """
    condition = _condition(subject)
    named = [s for s in table.branches if condition and condition in s] or [*table.branches]
    best = [
        float(np.nanmin(own.losses)) for own in map(table.of_study, named) if own.complete.any()
    ]
    return max(
        (_to_the_bound(table, table.objective.sign * loss) for loss in best), default=math.inf
    )


def _to_the_bound(table: TrialTable, value: float) -> float:
    words = set(re.split(r"[^a-z0-9]+", table.objective.metric.lower()))
    lowest, highest = np.nanmin(table.value), np.nanmax(table.value)
    if table.objective.sign > 0 and words & FLOOR_ZERO and lowest >= 0:
        return value
    if table.objective.sign < 0 and words & AT_MOST_ONE and lowest >= 0 and highest <= 1:
        return 1 - value
    return math.inf


# 4. A count in a sentence is the table's.

SOME_OF = re.compile(r"(?<!step )(?<![\d.])(\d+) of (?:the |its |all )?(\d+)(?![\d.]*\d| ?%)")
ALL_TRIALS = re.compile(r"(?:All|over the|of all|among the) (\d+) trials")
BEST_TRIALS = re.compile(r"of (?:the|its) (?:best )?(\d+) best trials|of its best (\d+) trials")


def counts_are_the_tables(report: Report) -> Iterator[Fault]:
    for finding in report.findings:
        largest = max(natural_counts(report, ""), default=0)
        for some, of in SOME_OF.findall(finding.sentence):
            if int(some) > int(of) or int(of) > largest:
                yield _fault("count", finding, f"{some} of {of}; the table has {largest}")
        counts = natural_counts(report, finding.subject)
        for said in ALL_TRIALS.findall(finding.sentence):
            if int(said) not in counts:
                yield _fault("count", finding, f"{said} trials; the table has {sorted(counts)}")
        for said in BEST_TRIALS.findall(finding.sentence):
            number = int(next(filter(None, said)))
            if finding.numbers.get("good_trials", number) != number:
                yield _fault("count", finding, f"{number} best trials, {finding.numbers}")


def natural_counts(report: Report, subject: str) -> set[int]:
    """Numbers of trials that a finding on this subject may name."""
    condition = _condition(subject) or subject
    tables = [report.table] + ([report.carried] if report.carried is not None else [])
    counts: set[int] = set()
    for table in tables:
        studies = [s for s in table.branches if condition and condition in s]
        rows = [np.array([s == t for t in table.study]) for s in studies]
        every = [np.array([s == t for t in table.study]) for s in table.branches]
        for own in rows or [np.ones(len(table), dtype=bool), *every]:
            kinds = [own, own & table.complete, own & table.infeasible, own & table.counted]
            counts |= {int(kind.sum()) for kind in kinds}
    if report.carried is not None and len(report.carried) > len(report.table):
        # Each earlier round may leave out its best trial of each study.
        rounds = len(set(report.carried.carried)) * max(1, len(report.carried.branches))
        counts |= {c - k for c in counts for k in range(rounds + 1)}
    return counts


# 5. No two findings of a report exclude each other.


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two kinds of findings that can't both be true."""

    name: str
    one: Callable[[Finding], bool]
    other: Callable[[Finding], bool]
    same: Callable[[Finding], object] = lambda finding: finding.subject


def _passes(check: str) -> Callable[[Finding], bool]:
    return lambda f: f.check == check and f.severity is Severity.PASS


def _alarms(check: str) -> Callable[[Finding], bool]:
    return lambda f: f.check == check and f.severity in (Severity.WARNING, Severity.PROBLEM)


def _remedy(kind: RemedyKind, check: str = "") -> Callable[[Finding], bool]:
    return lambda f: f.remedy is not None and f.remedy.kind is kind and check in ("", f.check)


def _pairs(finding: Finding, told: bool) -> bool:
    return any(
        pair.significant is told
        for value in finding.numbers.values()
        if isinstance(value, tuple)
        for pair in value
        if isinstance(pair, PairwiseDifference)
    )


def _anything(finding: Finding) -> object:
    return None


EXCLUDING = (
    Pair(name="C1: cut off, and not cut off", one=_alarms("C1"), other=_passes("C1")),
    Pair(name="C2: dense enough, and too sparse", one=_passes("C2"),
         other=_remedy(RemedyKind.MORE_TRIALS, "C2")),
    Pair(name="C6 and C7: train longer, and train shorter",
         one=lambda f: f.check == "C6" and _remedy(RemedyKind.TRAIN_LONGER)(f),
         other=lambda f: f.check == "C7" and _remedy(RemedyKind.TRAIN_SHORTER)(f),
         same=_anything),
    Pair(name="C6: longer training would help, and would not", one=_alarms("C6"),
         other=_passes("C6"), same=_anything),
    Pair(name="C7: too long, and not too long", one=_alarms("C7"), other=_passes("C7"),
         same=_anything),
    Pair(name="C4: overfitting, and none", one=_alarms("C4"), other=_passes("C4")),
    Pair(name="C8: a bug, and none", one=_alarms("C8"), other=_passes("C8")),
    Pair(name="C10: can be fixed, and interacts",
         one=_remedy(RemedyKind.FIX, "C10"), other=lambda f: "interaction" in f.numbers,
         same=lambda f: (f.remedy.subject if f.remedy else f.numbers.get("a"))),
    Pair(name="C10: matters, and can be fixed",
         one=_remedy(RemedyKind.FIX, "C10"),
         other=lambda f: f.check == "C10" and not f.remedy and "first_order" in f.numbers),
    Pair(name="C9: values differ, and the best can't be named by any pair",
         one=lambda f: f.check == "C9" and _pairs(f, True) and f.severity is Severity.NOTE
         and not _pairs(f, False) and "not enough evidence" in f.sentence.lower(),
         other=lambda f: f.check == "C9" and _pairs(f, True)),
    Pair(name="D2: measured, and not measured", one=lambda f: f.check == "D2"
         and isinstance(f.numbers.get("trial"), Interval),
         other=lambda f: f.check == "D2" and f.numbers.get("trial") == "not measured",
         same=_anything),
)  # fmt: skip


def no_findings_exclude_each_other(report: Report) -> Iterator[Fault]:
    for pair in EXCLUDING:
        for one in filter(pair.one, report.findings):
            for other in filter(pair.other, report.findings):
                if one is not other and pair.same(one) == pair.same(other):
                    yield _fault("excluding pair", one, f"{pair.name}: {other.sentence}")
    yield from _silent_checks_stay_silent(report)
    yield from _ranges_agree(report)
    yield from _nothing_passes_where_all_fail(report)


def _silent_checks_stay_silent(report: Report) -> Iterator[Fault]:
    silent = {n.check for n in report.examination.not_applicable}
    for finding in report.findings:
        if finding.check in silent and finding.severity is Severity.PASS:
            yield _fault("excluding pair", finding, "passes, and is not applicable")


def _ranges_agree(report: Report) -> Iterator[Fault]:
    """C1 does not widen the end of a range that C3 cuts off."""
    for wide in filter(_remedy(RemedyKind.WIDEN, "C1"), report.findings):
        for cut in filter(_remedy(RemedyKind.SHRINK, "C3"), report.findings):
            if wide.remedy.subject != cut.remedy.subject or not _meet(wide, cut):
                continue
            side = wide.numbers.get("side")
            if cut.numbers.get("side") not in (None, side):
                continue
            new, old = wide.remedy.values.get(side), cut.remedy.values.get(side)
            if new is None or old is None or new == old:
                continue
            if (new > old) == (side == "high"):
                yield _fault("excluding pair", wide, f"C3 cuts {side} at {old}")


def _meet(one: Finding, other: Finding) -> bool:
    return all(
        other.remedy.conditions.get(name, value) == value
        for name, value in one.remedy.conditions.items()
    )


def _nothing_passes_where_all_fail(report: Report) -> Iterator[Fault]:
    if report.table.complete.any():
        return
    for finding in report.findings:
        if finding.severity is Severity.PASS and finding.check not in ("B9", "A4"):
            yield _fault("pass", finding, "no trial is complete")


# 6. What a finding shows are trials of the table.


def named_trials_exist(report: Report) -> Iterator[Fault]:
    names = set(report.table.name)
    for table in (report.carried,):
        names |= set(table.name) if table is not None else set()
    for finding in report.findings:
        strangers = [t for t in finding.trials if t not in names]
        if strangers:
            yield _fault("trials", finding, f"{strangers[:4]} are not in the table")


# 7. Carried trials are counted where they are read.


def carried_trials_are_counted_where_they_are(report: Report) -> Iterator[Fault]:
    for finding in report.findings:
        said = finding.numbers.get("carried_over")
        if said is None:
            continue
        if report.carried is None:
            yield _fault("carried over", finding, f"{said}, and nothing was carried")
            continue
        condition = _condition(finding.subject) or finding.subject
        table = report.carried
        studies = [s for s in table.branches if condition and condition in s] or [*table.branches]
        there = sum(
            bool(c) and s in studies for c, s in zip(table.carried, table.study, strict=True)
        )
        if int(said) > there:
            yield _fault("carried over", finding, f"{said} said, {there} were")


def what_lacks_evidence_is_marked(report: Report) -> Iterator[Fault]:
    """A finding that says so is marked as not settled, and a pass is always settled."""
    for finding in report.findings:
        said = finding.sentence.startswith("Not enough evidence")
        if (said and finding.settled) or finding.settled < (finding.severity is Severity.PASS):
            yield _fault("settled", finding, f"settled is {finding.settled}")


RULES: tuple[Rule, ...] = (
    what_lacks_evidence_is_marked,
    estimates_lie_in_their_intervals,
    spoken_estimates_lie_in_their_intervals,
    parts_are_at_most_the_whole,
    gains_keep_to_the_bound,
    counts_are_the_tables,
    no_findings_exclude_each_other,
    named_trials_exist,
    carried_trials_are_counted_where_they_are,
)


def _fault(rule: str, finding: Finding, detail: str) -> Fault:
    return Fault(rule=rule, finding=f"{finding.check} {finding.subject}", detail=detail)


def _ordered(low: float, estimate: float, high: float) -> bool:
    slack = 1e-9 * max(abs(v) for v in (low, estimate, high) if math.isfinite(v)) if any(
        math.isfinite(v) for v in (low, estimate, high)
    ) else 0.0  # fmt: skip
    return low - slack <= estimate <= high + slack


def _estimate(value: object) -> float:
    return value.estimate if isinstance(value, Interval) else float(value)


def _bounds(value: object) -> tuple[float, ...]:
    if isinstance(value, Interval):
        return (value.estimate, value.low, value.high)
    return (float(value),) if isinstance(value, int | float) else ()


def _condition(subject: str) -> str:
    """`optimizer=adam` of `learning_rate[optimizer=adam]` or of itself; else empty."""
    inner = re.search(r"\[(.+)\]$", subject)
    if inner:
        return inner[1]
    return subject if "=" in subject else ""


def _read(text: str) -> float:
    return float(text.replace("−", "-").replace("∞", "inf"))


def _last_digit(text: str) -> float:
    """One unit of the last digit that is shown: what rounding may move a number by."""
    mantissa, _, exponent = text.lstrip("-−").partition("e")
    if "∞" in text:
        return 0.0
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)
