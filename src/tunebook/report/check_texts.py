"""A finding in words for readers: its check's, its numbers' and its remedy's."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.checks import SPECS
from tunebook.checks.spec import OTHER_FINDINGS, CheckSpec
from tunebook.domain.finding import Finding, Interval, Number, RemedyKind
from tunebook.domain.formats.numbers import in_words, interval_text, percent, value_text
from tunebook.domain.trial import Value

UNKNOWN = CheckSpec(id="", title="Check", question="", method="")

REMEDY_LABELS = {
    RemedyKind.WIDEN: "Widen the range",
    RemedyKind.MORE_TRIALS: "Run more trials",
    RemedyKind.TRAIN_LONGER: "Train longer",
    RemedyKind.TRAIN_SHORTER: "Train shorter",
    RemedyKind.SHRINK: "Shrink the range",
    RemedyKind.REPARAMETRISE: "Reparametrise",
    RemedyKind.FIX: "Fix it",
    RemedyKind.ADD: "Add hyperparameters",
    RemedyKind.INSPECT: "Inspect the training code",
    RemedyKind.CORRECT: "Correct the objective",
    RemedyKind.STATE: "State what is not known",
}


def check_text(check: str) -> CheckSpec:
    """Title, question and method of an id of a check or a procedure; `UNKNOWN` for another."""
    return SPECS.get(check) or OTHER_FINDINGS.get(check, UNKNOWN)


def numbers_texts(finding: Finding) -> list[tuple[str, str]]:
    """The finding's numbers as (name, text) pairs; pairs of values one line each."""
    lines: list[tuple[str, str]] = []
    labels = check_text(finding.check).labels
    for name, content in finding.numbers.items():
        label = labels.get(name, name)
        if isinstance(content, tuple):
            shown = sorted(content, key=lambda p: not p.significant)[:MOST_PAIRS]
            lines += [
                (
                    f"{value_text(p.a)} minus {value_text(p.b)}",
                    interval_text(Interval(p.difference, p.low, p.high))
                    + (", significant" if p.significant else ", no significant difference"),
                )
                for p in shown
            ]
            more = len(content) - len(shown)
            lines += [("and more pairs", str(more))] * bool(more)
        else:
            lines.append((label, _number_text(content)))
    return lines


def remedy_text(finding: Finding) -> str:
    """The remedy in one line: what to do, to what, by how much, because."""
    remedy = finding.remedy
    if remedy is None:
        return ""
    where = ", ".join(f"{k}={value_text(v)}" for k, v in remedy.conditions.items())
    subject = f"{remedy.subject}[{where}]" if where and remedy.subject else remedy.subject
    values = dict(remedy.values)
    text = REMEDY_LABELS[remedy.kind]
    if remedy.kind is RemedyKind.FIX and "value" in values:
        text = f"Fix {subject or 'it'} at {value_text(values.pop('value'))}"
    elif remedy.kind is RemedyKind.MORE_TRIALS and "trials" in values:
        under = f" with {where}" if where else f" {finding.study or ''}".rstrip()
        had, wanted = finding.numbers.get("trials"), int(values.pop("trials"))
        missing = values.pop("more", wanted - had if isinstance(had, int) else 0)
        text = _more_trials(int(missing), wanted, under)
    elif "combination" in values and values.pop("in_place_of", ""):
        text = f"Search {values.pop('combination')} in place of {subject}"
    elif remedy.kind is RemedyKind.ADD and values.keys() <= WAYS.keys():
        text = f"Try {in_words([WAYS[name] for name in values], 'or')}"
        values = {}
    elif subject and remedy.subject not in values:
        text += f" of {subject}" if remedy.kind in _OF else f", {subject}"
    elif where:
        text += f" with {where}"
    text += f": {_values_text(values)}" if values else ""
    return f"{text}, because {remedy.because}" if remedy.because else text


def _more_trials(more: int, wanted: int, under: str) -> str:
    """`Run 12 more trials with norm=none, 24 in all`."""
    return f"Run {f'{more} ' if more > 0 else ''}more trials{under}, {wanted} in all"


def _values_text(values: Mapping[str, Value]) -> str:
    """`1e-3 to 0.316, log` for a range; else each value under its name."""
    left = dict(values)
    parts = []
    if "low" in left and "high" in left:
        parts.append(f"{value_text(left.pop('low'))} to {value_text(left.pop('high'))}")
        scale = left.pop("scale", "linear")
        parts += [] if scale == "linear" else [SCALE_WORDS.get(str(scale), str(scale))]
    if "hyperparameters" in left:
        parts.append(str(left.pop("hyperparameters")))
    parts += [
        f"{VALUE_LABELS.get(name, name)} {value_text(value)}".strip()
        for name, value in left.items()
    ]
    return ", ".join(parts)


VALUE_LABELS = {"objective": "", "evaluate_every": "evaluate every"}
WAYS = {
    "schedule": "a learning rate that decays",
    "averaging": "Polyak averaging of the weights",
    "batch_size": "a larger batch",
    "validation_set": "more validation data",
}
"""What steadies a curve, none of which need be a hyperparameter (C5)."""
MOST_PAIRS = 12
"""Pairs of values that are written; significant ones first."""
SCALE_WORDS = {"near_one": "log of 1 − x"}
_OF = (RemedyKind.WIDEN, RemedyKind.SHRINK)


def _number_text(content: Number) -> str:
    if isinstance(content, Interval):
        share = f", {percent(content.confidence, 2)}" if content.confidence != 0.95 else ""
        return interval_text(content) + share
    return value_text(content) if not isinstance(content, tuple) else ""
