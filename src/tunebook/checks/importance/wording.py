"""What C10 says of each study: what matters most, what can be fixed, what goes together (C10)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunebook.checks.importance.bound import bound_of
from tunebook.checks.importance.result import (
    HyperparameterReading,
    PairReading,
    StudyReading,
    Verdict,
)
from tunebook.checks.importance.subsets import LITTLE, LITTLE_NEAR
from tunebook.domain.finding import (
    Finding,
    Interval,
    Number,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.domain.formats.numbers import in_words, percent, percent_interval, round_to
from tunebook.domain.roles import fix_instead, is_batch_size, is_length
from tunebook.domain.space import Branch, spell
from tunebook.domain.table import TrialTable

MOST_PAIRS = 5
"""Interactions that have a finding of their own; further ones are counted."""
VAGUE, NOTHING = 0.5, 0.005
"""Upper end of a share that may be most of all, and an estimate that reads as 0 %."""
MOST_TIMES = 20
"""Times the trials beyond which no number is promised."""


def findings_of(table: TrialTable, studies: Sequence[StudyReading]) -> tuple[Finding, ...]:
    """All findings, study by study."""
    found: list[Finding] = []
    for study in studies:
        branch = table.branches[study.study]
        if study.needs:
            continue
        own = [
            *_matters(table, study, branch),
            *_little(table, study, branch),
            *_together(table, study, branch),
            *_open(table, study, branch),
        ]
        found += [replace(f, study=study.study) for f in own]
    thin = [s for s in studies if s.needs]
    return (*found, _thin(table, thin, len(studies))) if thin else tuple(found)


def _finding(
    severity: Severity, subject: str, sentence: str, numbers: Mapping[str, Number], **more: Any
) -> Finding:
    return Finding(
        check="C10", severity=severity, subject=subject, sentence=sentence, numbers=numbers, **more
    )


def _thin(table: TrialTable, thin: Sequence[StudyReading], of: int) -> Finding:
    """All studies with too few trials in one note."""
    most = max(thin, key=lambda s: s.configurations)
    where = f" in {', '.join(s.study for s in thin)}"
    if len(thin) == 1:
        where = _with(most, table.branches[most.study])
    elif len(thin) > 3:
        where = f" in {len(thin)} of {of} studies"
    tried = f"{most.configurations} configurations"
    return _finding(
        Severity.NOTE,
        thin[0].study if len(thin) == 1 else "the round",
        f"Not enough evidence on what matters{where}: "
        f"{'it has' if len(thin) == 1 else 'the largest has'} {tried} "
        f"in {most.trials} trials that ended; {most.needs} with different results are needed.",
        {"configurations": most.configurations, "trials": most.trials, "needs": most.needs},
        settled=False,
    )


def _with(study: StudyReading, branch: Branch) -> str:
    """` with optimizer=adam`, or ` without rho`: studies that a file's empty cells make."""
    return f" {'with ' * bool(branch.conditions)}{study.study}" if study.study else ""


def _where(study: StudyReading, branch: Branch) -> str:
    """`With optimizer=adam, `, at the head of a sentence."""
    said = _with(study, branch).strip()
    return f"{said[0].upper()}{said[1:]}, " if said else ""


def _numbers(own: HyperparameterReading) -> dict[str, Number]:
    """The numbers of a finding; a share that is not known has its upper end alone."""
    if own.verdict is Verdict.MATTERS and _vague(own.total):
        numbers: dict[str, Number] = {"total_at_most": own.total.high}
    else:
        numbers = {"first_order": own.first, "total": own.total}
    numbers["p_value"] = own.p_value
    if own.better_total is not None:
        numbers["total_better_half"] = own.better_total
    if own.complete_total != own.total and math.isfinite(own.complete_total.estimate):
        numbers |= {
            "first_order_complete": own.complete_first,
            "total_complete": own.complete_total,
        }
    return numbers


def _matters(table: TrialTable, study: StudyReading, branch: Branch) -> Iterable[Finding]:
    told = [h for h in study.hyperparameters if h.verdict is Verdict.MATTERS]
    metric = table.objective.metric
    if not told:
        yield _nothing(table, study, branch)
        return
    told.sort(key=lambda h: (_vague(h.total), -h.total.estimate))
    first, rest = told[0], told[1:]
    of = f" drawn from {study.ended}" if study.ended > study.trials else ""
    counted = f"{study.trials} trials{of}"
    counted += " (infeasible ones rank last)" * bool(study.infeasible)
    after = f" After it: {_listed(rest)}." if rest and not _vague(first.total) else ""
    after += _first_near(told) + " Take it as exploratory." * table.adaptive
    most = " most" * (len(study.hyperparameters) > 1 and not _vague(first.total))
    yield _finding(
        Severity.NOTE,
        first.subject,
        f"{first.subject} matters{most}{_how_much(first, metric)} over {counted}"
        f"{_by_itself(first)}.{after}{_next(first.hyperparameter)}",
        _numbers(first),
        trials=study.best,
    )
    for own in rest:
        yield _finding(
            Severity.PASS,
            own.subject,
            f"{own.subject} matters{_how_much(own, metric)}; {_kept(own.hyperparameter)}.",
            _numbers(own),
        )


def _vague(share: Interval) -> bool:
    """True of an interval that leaves open how large the share is, or even that there is one.

    So it is where hyperparameters vary together, and each could stand for the other, and where
    one matters among the better half alone.
    """
    return share.low <= 0 and (share.high > VAGUE or share.estimate < NOTHING)


def _how_much(own: HyperparameterReading, metric: str) -> str:
    if _vague(own.total):
        return (
            f", but how much is not known (up to {percent(own.total.high)} of the rank variance "
            f"of {metric})"
        )
    return f": it explains {percent_interval(own.total)} of the rank variance of {metric}"


def _by_itself(own: HyperparameterReading) -> str:
    alone = percent(own.first.estimate)
    same = _vague(own.total) or alone == percent(own.total.estimate)
    return "" if same else f", {alone} by itself"


def _next(name: str) -> str:
    """` Keep tuning it.`: the one that matters most is not fixed, nor are the others by that."""
    return f" {fix_instead([name]) or f'Keep tuning {name}.'}"


def _kept(name: str) -> str:
    """What to do with one that matters: tune it, unless it is none to be tuned (A4 B9)."""
    if is_length(name):
        return "as a training length does: fix it, longer rather than shorter (B9)"
    if is_batch_size(name):
        return "fix it for time or cost, and tune the others under it (A4)"
    return "keep tuning it"


def _nothing(table: TrialTable, study: StudyReading, branch: Branch) -> Finding:
    """No effect was shown: none is there to matter, or the trials are too few to show it."""
    metric = table.objective.metric
    own = [h for h in study.hyperparameters if h.verdict is Verdict.OPEN]
    shares = {h.subject: h.total for h in study.hyperparameters}
    numbers: dict[str, Number] = {n: s for n, s in shares.items() if math.isfinite(s.estimate)}
    seen, bound = bound_of(table, study)
    numbers |= bound
    if not own:
        little = [h for h in study.hyperparameters if h.verdict is Verdict.LITTLE]
        only = "" if len(little) == len(study.hyperparameters) else " that could be judged"
        return _finding(
            Severity.PASS,
            study.study or "the round",
            f"Nothing that was tuned matters much for {metric}{_with(study, branch)}: no "
            f"hyperparameter{only} has more than a small effect, in {study.trials} trials.{seen}",
            numbers,
        )
    most = max(own, key=lambda h: (h.total.estimate, h.total.high))
    shown = (
        f"{most.subject} may explain {percent_interval(most.total)} of its rank variance"
        if most.total.estimate >= NOTHING
        else f"{most.subject} may explain 0 to {percent(most.total.high)} of its rank variance"
    )
    return _finding(
        Severity.NOTE,
        study.study or "the round",
        f"Not enough evidence ({study.trials} trials) on what matters for {metric}"
        f"{_with(study, branch)}: {shown}, which chance alone could produce.{seen} "
        f"{_takes(study, own)}",
        numbers,
        settled=False,
    )


def _listed(told: Sequence[HyperparameterReading]) -> str:
    return ", ".join(
        f"{h.hyperparameter} ({'open' if _vague(h.total) else percent(h.total.estimate)})"
        for h in told
    )


def _first_near(told: Sequence[HyperparameterReading]) -> str:
    """What matters most among the better half, where that is something else."""
    near = [
        (h.better_total.estimate, h.hyperparameter)
        for h in told
        if h.better_total and not _vague(h.better_total)
    ]
    most, name = max(near, default=(0.0, told[0].hyperparameter))
    if name == told[0].hyperparameter:
        return ""
    return f" Among the better half, {name} matters most ({percent(most)})."


def _little(table: TrialTable, study: StudyReading, branch: Branch) -> Iterable[Finding]:
    metric = table.objective.metric
    for own in study.hyperparameters:
        if own.verdict is not Verdict.LITTLE:
            continue
        share = (
            f"at most {percent(own.upper[0])} of the rank variance of {metric}, "
            f"{percent(own.upper[1])} among the better half"
        )
        settled = is_length(own.hyperparameter) or is_batch_size(own.hyperparameter)
        at = None if settled else own.fixed_at  # where to fix those is for B9 and A4
        if at is None:
            yield _finding(
                Severity.PASS,
                own.subject,
                f"{own.subject} matters little: {share}.",
                _numbers(own),
            )
            continue
        yield _finding(
            Severity.NOTE,
            own.subject,
            f"{own.subject} matters little ({share}): fix it at {spell(at)} in the next round, "
            "and spend its trials on what matters.",
            _numbers(own),
            trials=study.best,
            remedy=Remedy(
                kind=RemedyKind.FIX,
                subject=own.hyperparameter,
                conditions=branch.conditions,
                values={"value": at},
                because=f"it matters little: {share}",
            ),
        )


def _together(table: TrialTable, study: StudyReading, branch: Branch) -> Iterable[Finding]:
    told = [p for p in study.pairs if p.told]
    for place, pair in enumerate(told[:MOST_PAIRS]):
        more = len(told) - MOST_PAIRS
        also = f" So do {more} further pairs." if more > 0 and place == MOST_PAIRS - 1 else ""
        yield _finding(
            Severity.NOTE,
            subject_name(f"{pair.a} and {pair.b}", branch.conditions),
            f"{_where(study, branch)}{pair.a} and {pair.b} interact: the best value of one "
            f"depends on the other. That explains {percent_interval(pair.share)} of the rank "
            f"variance of {table.objective.metric} over {_among(study, pair)}. "
            f"{_paired(pair)}.{also}",
            _pair_numbers(pair),
            trials=study.best,
        )


def _paired(pair: PairReading) -> str:
    for name, other in ((pair.a, pair.b), (pair.b, pair.a)):
        if is_length(name) or is_batch_size(name):
            return f"Fix {name} first, and tune {other} anew whenever it changes"
    return "Tune them together, and fix neither alone"


def _among(study: StudyReading, pair: PairReading) -> str:
    if not study.infeasible:
        return "the trials"
    return "the complete trials" if pair.among_complete else "all trials, infeasible ones last"


def _pair_numbers(pair: PairReading) -> dict[str, Number]:
    return {"a": pair.a, "b": pair.b, "interaction": pair.share, "p_value": pair.p_value}


def _open(table: TrialTable, study: StudyReading, branch: Branch) -> Iterable[Finding]:
    own = [h for h in study.hyperparameters if h.verdict is Verdict.OPEN]
    if own and any(h.verdict is not Verdict.OPEN for h in study.hyperparameters):
        most = max(own, key=lambda h: h.total.high)
        names = [h.hyperparameter for h in own]
        yield _finding(
            Severity.NOTE,
            study.study or "the round",
            f"Not enough evidence on whether {in_words(names)} matter{'s' * (len(own) == 1)}"
            f"{_with(study, branch)} (up to {percent(most.total.high)} of the rank variance of "
            f"{table.objective.metric}). {_takes(study, own)}",
            {h.subject: h.total for h in own if math.isfinite(h.total.estimate)},
            settled=False,
        )
    unseen = [h for h in study.hyperparameters if h.verdict is Verdict.UNSEEN]
    if unseen:
        yield _finding(
            Severity.NOTE,
            study.study or "the round",
            "Not judged: " + "; ".join(f"{h.subject} {h.why}" for h in unseen) + ".",
            {},
            settled=False,
        )


def _takes(study: StudyReading, own: Sequence[HyperparameterReading]) -> str:
    """What would tell: widths fall as one over the trials where the effect is about nothing.

    More trials are no way for a batch size or a training length, which are not searched.
    """
    settled = fix_instead([h.hyperparameter for h in own])
    own = [h for h in own if not (is_length(h.hyperparameter) or is_batch_size(h.hyperparameter))]
    if not own:
        return settled
    return " ".join(filter(None, (f"{_trials_needed(study, own)}.", settled)))


def _trials_needed(study: StudyReading, own: Sequence[HyperparameterReading]) -> str:
    times = max(max(h.upper[0] / LITTLE, h.upper[1] / LITTLE_NEAR, 1.0) for h in own)
    it = "it" if len(own) == 1 else "them"
    if study.better == 0 or times > MOST_TIMES:
        return f"Keep varying {it}; only many times the {study.trials} trials would show it"
    wanted = max(int(round_to(math.ceil(study.trials * times))), study.trials + 1)
    return f"Keep varying {it}; about {wanted} trials in all would show it"
