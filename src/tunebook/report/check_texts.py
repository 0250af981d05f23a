"""A finding in words for readers: its check's, its numbers' and its remedy's."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.checks import SPECS
from tunebook.checks.spec import CheckSpec
from tunebook.domain.finding import Finding, Interval, Number, RemedyKind
from tunebook.domain.formats.numbers import interval_text, value_text
from tunebook.domain.trial import Value
from tunebook.report.procedure_methods import PROCEDURE_CHECKS

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
    return SPECS.get(check) or PROCEDURE_CHECKS.get(check, UNKNOWN)


def numbers_texts(finding: Finding) -> list[tuple[str, str]]:
    """The finding's numbers as (name, text) pairs; pairs of values one line each."""
    lines: list[tuple[str, str]] = []
    labels = {**NUMBER_LABELS, **check_text(finding.check).labels}
    for name, content in finding.numbers.items():
        label = labels.get(name, name)
        if isinstance(content, tuple):
            shown = sorted(content, key=lambda p: not p.told_apart)[:MOST_PAIRS]
            lines += [
                (
                    f"{value_text(p.a)} minus {value_text(p.b)}",
                    interval_text(Interval(p.difference, p.low, p.high))
                    + (", significant" if p.told_apart else ", no significant difference"),
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
        text = _more_trials(finding.numbers.get("trials"), int(values.pop("trials")), where)
    elif "combination" in values and values.pop("in_place_of", ""):
        text = f"Search {values.pop('combination')} in place of {subject}"
    elif subject and remedy.subject not in values:
        text += f" of {subject}" if remedy.kind in _OF else f", {subject}"
    elif where:
        text += f" with {where}"
    text += f": {_values_text(values)}" if values else ""
    return f"{text}, because {remedy.because}" if remedy.because else text


def _more_trials(had: Number | None, wanted: int, where: str) -> str:
    """`Run 12 more trials with norm=none, 24 in all`."""
    under = f" with {where}" if where else ""
    if isinstance(had, int) and had < wanted:
        return f"Run {wanted - had} more trials{under}, {wanted} in all"
    return f"Run more trials{under}, {wanted} in all"


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


NUMBER_LABELS = {
    "with_enough_evaluations": "best trials with enough evaluations",
    "mean_at_the_end": "mean of the best trials at the end",
    "steps_apart": "median steps between evaluations",
    "irregular": "trials with uneven evaluation steps",
    "rare_at_first": "trials with few evaluations at first",
    "share_of_the_time": "evaluations' share of the time",
    "flatters_by": "a trial looks better by",
    "within_resolution_of_the_best": "trials that noise can't separate from the best",
    "unsteady": "unsteady trials",
    "scientific_hyperparameters": "scientific hyperparameters",
    "fewest_trials_of_a_combination": "fewest trials of a combination",
    "most_trials_of_a_combination": "most trials of a combination",
    "last_step": "last step",
    "earliest_last_step": "earliest last step",
    "latest_last_step": "latest last step",
    "at_chance": "trials at chance",
    "best_in_first_tenth": "best trials done in the first tenth of training",
    "best_in_last_quarter": "best trials still improving in the last quarter",
    "between_seeds": "between seeds",
    "carried_over": "trials carried over",
    "compared_trials": "best trials compared",
    "distance_from_best": "distance from the best",
    "ended_worse_than_begun": "curves that ended worse than they began",
    "ends_ahead": "ends ahead",
    "evaluate_every": "evaluate every (steps)",
    "evaluation_s": "an evaluation (s)",
    "expected_gain": "expected gain",
    "fewest_examples": "fewest examples",
    "first_max_train_steps": "first max_train_steps",
    "first_order": "share by itself",
    "first_order_complete": "share by itself, complete trials",
    "floor_from": "floor from",
    "from_round": "from round",
    "gain_of_half_again": "gain of half as many steps again",
    "gain_of_twice_the_budget": "gain of twice the budget",
    "gain_per_doubling": "gain per doubling",
    "gain_per_doubling_of_the_longer": "gain per doubling, longer trials",
    "good_region": "about as good as the best",
    "good_trials": "best trials",
    "high_seeds": "seeds, high end",
    "in_a_pile": "trials with one and the same value",
    "in_place_of": "in place of",
    "largest_that_fits": "largest that fits",
    "late_part": "share of training that was read",
    "late_noise": "noise of late evaluations",
    "learning_rate_power": "power of the learning rate",
    "least_time": "least time",
    "level_evaluations": "evaluations on the level end",
    "longer_from": "longer from",
    "low_seeds": "seeds, low end",
    "median_best_step": "median step of the best",
    "median_late_gain": "median gain late in training",
    "median_rise": "median rise after the best",
    "middle_of_best": "middle of the best",
    "not_judged": "not judged",
    "overfitting_in_any": "overfitting in any",
    "p_value": "p-value",
    "p_value_high": "p-value, high end",
    "p_value_low": "p-value, low end",
    "perfect_slope": "slope of perfect scaling",
    "perfect_until": "perfect scaling until",
    "period_evaluations": "period (evaluations)",
    "period_steps": "period (steps)",
    "range_of_the_best": "range of the best trials",
    "range_of_the_values": "range of all values",
    "right_alone": "right alone",
    "share_inside": "share inside",
    "share_of_best_near_edge": "share of the best near the edge",
    "share_outside": "share outside",
    "shortest_high": "shortest, high end",
    "shortest_low": "shortest, low end",
    "step_s": "a step (s)",
    "steps_saved": "steps saved",
    "total": "share of the rank variance",
    "total_at_most": "share of the rank variance, at most",
    "total_better_half": "share among the better half",
    "total_complete": "share, complete trials",
    "worse_by": "worse by",
}
"""Names of a finding's numbers, for people; a check's own `labels` come first."""
VALUE_LABELS = {
    "objective": "",
    "batch_size": "a batch size that is",
    "evaluate_every": "evaluate every",
    "validation_set": "a validation set that is",
}
MOST_PAIRS = 12
"""Pairs of values that are written; significant ones first."""
SCALE_WORDS = {"near_one": "log of 1 − x"}
_OF = (RemedyKind.WIDEN, RemedyKind.SHRINK)


def _number_text(content: Number) -> str:
    if isinstance(content, Interval):
        share = f", {100 * content.confidence:.4g} %" if content.confidence != 0.95 else ""
        return interval_text(content) + share
    return value_text(content) if not isinstance(content, tuple) else ""
