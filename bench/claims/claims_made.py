"""What each check claims of a table, in words that can be compared between two tables.

A claim is a word (or two) on a subject: ("C1", "lr") says {"cut off above"}. A check that speaks of
a subject without finding anything says so in a word of its own; one that does not speak of it, or
says that the evidence is not enough, has no entry. Where a claim of a part of a study can be held
against what the whole study knows, `whole` is asked, and the word ends in "wrongly".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tunebook.checks.failures.coordinates import Form
from tunebook.checks.failures.regions import (
    ENOUGH,
    FailingChoice,
    FailingCombination,
    FailingPlace,
    FailingRegion,
)
from tunebook.checks.importance.result import Verdict
from tunebook.checks.sampling.check import AS_GOOD, DENSE
from tunebook.domain.finding import Finding, NotApplicable, RemedyKind, Severity, subject_name

Results = Mapping[str, Any]
Words = Iterator[tuple[tuple[str, str], str]]
LENGTH = "training length"
ALARM = (Severity.WARNING, Severity.PROBLEM)


def claims_of(results: Results, whole: Results | None = None) -> dict[tuple[str, str], set[str]]:
    """Every claim of a table, by check and subject.

    Args:
        results: of every check on the table.
        whole: of every check on the study that the table was drawn from; else the table itself.
    """
    whole = whole or results
    said: dict[tuple[str, str], set[str]] = {}
    for check, read in READERS.items():
        own = results[check]
        if not isinstance(own, NotApplicable):
            for key, word in read(own, whole[check]):
                said.setdefault(key, set()).add(word)
    return said


def _design(own: Any, whole: Any) -> Words:
    faults = [f for f in own.findings if f.severity is not Severity.PASS]
    for f in faults:
        yield (f.check, f.subject or "the table"), "fault"
    searched = any(f.check in ("B9", "A4") for f in faults)
    yield ("B9", "lengths and batch sizes"), "searched" if searched else "none searched"
    for f in () if isinstance(whole, NotApplicable) else whole.findings:
        if f.severity is not Severity.PASS and not searched:
            yield (f.check, f.subject or "the table"), "none searched"


def _boundaries(own: Any, whole: Any) -> Words:
    del whole
    spoken = {f.subject for f in own.findings}
    for axis in own.axes:
        if axis.subject in spoken:
            sides = [{"low": "below", "high": "above"}[s.side] for s in axis.sides if s.alarm]
            for side in sides:
                yield ("C1", axis.subject), f"cut off {side}"
            if not sides:
                yield ("C1", axis.subject), "no sign of a cut-off"


def _sampling(own: Any, whole: Any) -> Words:
    best = {s.study: s.best for s in getattr(whole, "studies", ())}
    sign = own.objective.sign
    for study, finding in zip(own.studies, own.findings, strict=True):
        key = ("C2", finding.subject)
        dense = study.left is not None and study.left.high <= DENSE
        dense = dense and study.good_region >= AS_GOOD
        if finding.severity is not Severity.PASS:
            continue
        yield key, "sampled densely, or more would bring little"
        middle = float(study.median[study.budgets == 1][0])
        way = sign * (middle - best.get(study.study, study.best))
        if dense and sign * (study.best - best.get(study.study, study.best)) > DENSE * way > 0:
            yield key, "dense, wrongly"


def _feasibility(own: Any, whole: Any) -> Words:
    for study in own.studies:
        branch = own.table.branches[study.study]
        ways = dict(_failing_ways(study.place))
        nowhere = study.place is None and study.reading.seen >= ENOUGH
        for name in branch.axes if ways or nowhere else ():
            word = "fails by nothing" if nowhere else ways.get(name, "fails by something else")
            yield ("C3", subject_name(name, branch.conditions)), word
    stuck, known = _at_chance(own), _at_chance(whole)
    word = "some at chance" if stuck else "none at chance"
    if stuck and known and 2 * len(stuck & known) < len(stuck):
        word = "others at chance"
    yield ("C3", own.objective.metric), word


def _failing_ways(place: FailingPlace | None) -> Iterator[tuple[str, str]]:
    """Each hyperparameter that a place names, with the side on which trials fail."""
    if isinstance(place, FailingRegion):
        yield place.hyperparameter, _side(place.side == "high")
    if isinstance(place, FailingChoice):
        yield place.hyperparameter, f"fails at {place.value}"
    if isinstance(place, FailingCombination):
        found = place.combination
        for own, power in ((found.first, 1.0), (found.second, found.told)):
            falls = own.form is Form.LOG_OF_REST  # 1 - momentum falls as momentum rises
            yield own.hyperparameter, _side(((found.side == "high") == (power > 0)) != falls)


def _side(high: bool) -> str:
    return "fails above" if high else "fails below"


def _at_chance(result: Any) -> set[str]:
    """Names of the trials that end at a chance which nobody gave."""
    level = getattr(result, "at_chance", None)
    if level is None:
        return set()
    return {n for n, stuck in zip(result.table.name, level.stuck, strict=True) if stuck}


def _overfitting(own: Any, whole: Any) -> Words:
    del whole
    if any("Not enough evidence" in f.sentence for f in own.findings):
        return
    for r in own.readings:
        word = "most of the best overfit" if r.studies else "none overfits"
        if not r.studies and r.overfits.any():
            word = "some overfit, not most of the best"
        if np.isfinite(r.p_value).any():
            yield ("C4", r.metric), word


def _variance(own: Any, whole: Any) -> Words:
    if not own.good_range > 0:
        return
    (finding,) = own.findings
    hidden = bool(finding.trials)
    clear = own.resolution.high < own.good_range
    word = "noise hides the best" if hidden else "noise spares the best" if clear else "open"
    yield ("C5", finding.subject), word
    # What two readings of these trials resolve, by the noise that the whole study knows.
    known = getattr(whole, "noise", own.noise)
    times = own.resolution.estimate / own.noise.estimate if own.noise.estimate else 0.0
    if hidden and times * known.high < np.fmin(own.good_range, own.value_range):
        yield ("C5", finding.subject), "hides, wrongly"
    if clear and not hidden and times * known.low > own.good_range:
        yield ("C5", finding.subject), "spares, wrongly"


def _length(own: Any, whole: Any) -> Words:
    del whole
    for f in own.findings:
        if "Not enough evidence" in f.sentence or "not clear" in f.sentence or f.check == "B9":
            continue
        if f.check == "C7":
            yield ("C7", LENGTH), _done(f)
        elif f.remedy is not None:
            yield ("C6", LENGTH), "longer would help"
        elif f.severity is Severity.NOTE:
            yield ("C6", LENGTH), "longer is better, by little or not to the end"
        else:
            some = f.numbers.get("improving", 0)
            yield ("C6", LENGTH), "some still improve, not most" if some else "none still improves"


def _done(finding: Finding) -> str:
    if finding.severity is not Severity.PASS:
        return "done early"
    return "put to use" if finding.numbers["saturated"] else "put to use, none done early"


def _suspects(own: Any, whole: Any) -> Words:
    if any("Not enough evidence" in f.sentence for f in own.findings):
        return
    # Findings on when trials were evaluated come last.
    told = list(zip(own.findings, own.suspicions, strict=False))
    bug = any(f.severity in ALARM for f, _ in told)
    yield ("C8", "all curves"), "a bug" if bug else "no bug seen"
    seen = set()
    for f, s in told:
        key = ("C8", _curve_subject(s))
        seen.add(key)
        most = " in most of the best" if f.severity is Severity.PROBLEM else " in some"
        yield key, s.kind + (most if s.kind == "rising" else "")
    for s in getattr(whole, "suspicions", ()):
        if ("C8", _curve_subject(s)) not in seen:
            yield ("C8", _curve_subject(s)), "not seen"
    for f in own.findings:
        if f.check == "I1":
            even = f.severity is Severity.PASS
            yield ("I1", f.subject), "evaluated evenly" if even else "evaluated rarely or unevenly"


def _curve_subject(suspicion: Any) -> str:
    where = f" of {suspicion.study}" if suspicion.study else ""
    return f"{suspicion.metric}{where}, {suspicion.kind}"


def _isolation(own: Any, whole: Any) -> Words:
    del whole
    for h in own.hyperparameters:
        for p in h.pairs:
            if np.isfinite(p.difference):
                flip = str(p.b) < str(p.a)
                a, b = (p.b, p.a) if flip else (p.a, p.b)
                first = (own.objective.sign * p.difference < 0) != flip
                word = "the first is better" if first else "the second is better"
                yield (
                    ("C9", f"{h.name}: {a}, {b}"),
                    word if p.significant else "can't be told apart",
                )


def _sensitivity(own: Any, whole: Any) -> Words:
    spoken = set()
    for study in own.studies:
        told = [h for h in study.hyperparameters if h.verdict is Verdict.MATTERS]
        first = max(told, key=lambda h: h.total.estimate, default=None)
        for h in study.hyperparameters:
            if h.verdict in (Verdict.MATTERS, Verdict.LITTLE):
                spoken.add(h.subject)
                yield ("C10", h.subject), "matters most" if h is first else str(h.verdict)
            if first is not None and first.total.low > h.total.high:
                yield ("C10", h.subject), "matters less than another"
    fixed = {f.subject for f in own.findings if f.remedy and f.remedy.kind is RemedyKind.FIX}
    for f in own.findings:
        if "interaction" in f.numbers:
            yield ("C10", f.subject), "interact"
    for f in () if isinstance(whole, NotApplicable) else whole.findings:
        if "interaction" in f.numbers:
            a, b = str(f.numbers["a"]), str(f.numbers["b"])
            where = f.subject.removeprefix(f"{a} and {b}")
            pair = {a + where, b + where}
            if pair & fixed:
                yield ("C10", f.subject), "one may be fixed"
            elif pair <= spoken:
                yield ("C10", f.subject), "not told to interact"


def _order(own: Any, whole: Any) -> Words:
    del whole
    yield ("C11", "order of trials"), "chosen by results" if own.adaptive else "no sign of choice"


READERS: dict[str, Callable[[Any, Any], Words]] = {
    "B9": _design,
    "C1": _boundaries,
    "C2": _sampling,
    "C3": _feasibility,
    "C4": _overfitting,
    "C5": _variance,
    "C6": _length,
    "C8": _suspects,
    "C9": _isolation,
    "C10": _sensitivity,
    "C11": _order,
}
