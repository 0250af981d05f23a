"""From a round to a verdict: candidates, fresh seeds, looks, decision (A5 D1 D3 D5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tunebook.book.decisions.candidates import comparisons, sides_of
from tunebook.book.decisions.caveats import caveats, held_caveats, validation_caveat
from tunebook.book.decisions.cost import say_cost
from tunebook.book.decisions.crashed_reruns import (
    changed_code_caveat,
    crashed_again,
    refuse_again,
    refuse_broken_baseline,
    set_pending,
)
from tunebook.book.decisions.fresh_reruns import Looks, Reruns, is_rerun_of
from tunebook.book.decisions.open_problems import problem_caveats, say_problems
from tunebook.book.decisions.refusals import (
    refuse_estimand,
    refuse_flattering,
    refuse_same,
    refuse_unreachable,
    refuse_without_chance,
)
from tunebook.book.decisions.rerun_plans import extended_plan, new_plan, question, standing_plan
from tunebook.book.repeated_rounds import with_repeats
from tunebook.checks.variance_sources import check as variance_sources
from tunebook.checks.variance_sources.check import VarianceSourcesResult
from tunebook.deciding.candidate_wording import MOST_NAMED, compared_text
from tunebook.deciding.comparison import Judgement, conclude
from tunebook.deciding.rerun_evidence import FIRST_ADOPT, Question, Reading, SideEvidence
from tunebook.deciding.wording import against_baseline
from tunebook.domain.decision import (
    BASELINE,
    CaveatKind,
    Comparison,
    Decision,
    Launch,
    OpenProblem,
    RerunPlan,
    Side,
    Verdict,
)
from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError, EvidenceError
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.json_text import alike
from tunebook.domain.formats.numbers import plural
from tunebook.domain.space import Choice, leaves, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration
from tunebook.execution import RunOptions
from tunebook.execution.reuse import ReusedExecutor, executor_for
from tunebook.planning.baseline_gaps import completed
from tunebook.statistics.curves.lengths import length_caveat
from tunebook.store import Store, StoredRound
from tunebook.store.setting import setting_of
from tunebook.store.table import table


def decide(
    store: Store,
    number: int,
    reruns: Reruns,
    problems: Callable[[], tuple[OpenProblem, ...]] = tuple,
) -> Decision:
    """Judge a round on new-seed reruns alone, adding them a few at a time; see `tunebook.Round`.

    Args:
        store: of the book.
        number: of the round.
        reruns: how evidence may be gathered.
        problems: reads the findings of severity problem that are open.
    """
    setting, objective = setting_of(store)
    stored = store.round(number)
    earlier = [d for d in store.decisions() if d.round == number]
    if earlier and earlier[-1].verdict is not Verdict.MORE_EVIDENCE:
        refuse_again(reruns.again, earlier[-1])
        return earlier[-1]
    refuse_again(reruns.again, None)
    launches = store.launches()
    baseline = launches[-1] if launches else None
    trials = table(store, number)
    sides = refuse_same(candidates(stored.plan, trials, baseline, number))
    refuse_flattering(reruns.infeasible_as, sides, trials)
    if reruns.code is not None:
        refuse_without_chance(setting, baseline, number)
        refuse_unreachable(stored.plan.least_improvement, objective, setting, baseline, trials)
    most = reruns.max_reruns // len(sides)
    open_ = problems()
    if reruns.show:
        say_problems(open_, number)
    plan = _prepared(store, stored, sides, baseline, reruns, most, judged=bool(earlier))
    least = stored.plan.least_improvement
    examples = reruns.validation_examples or plan.validation_examples
    asked = question(objective, least, setting, plan, examples)
    options = RunOptions(workers=reruns.workers, executor=reruns.executor, kept=reruns.kept)
    # Workers are kept from look to look: importing a framework takes longer than many reruns.
    with ReusedExecutor(executor_for(options)) as kept:
        work = Looks(store, stored, sides, asked, replace(reruns, executor=kept), most)
        with work.progress():
            readings = work.through(plan)
            if reruns.code is not None and most > plan.looks[-1] and work.open(readings):
                plan = extended_plan(store, plan, most=most, examples=examples)
                readings = work.through(plan)
    refuse_broken_baseline(store.trials(number), plan.baseline)
    decision = _decision(store, stored, sides, readings, asked, baseline, plan, open_)
    if earlier:
        known = earlier[-1]
        again = replace(decision, number=known.number, decided_at=known.decided_at)
        if alike(replace(again, corrects=known.corrects), known):
            return known
        decision = replace(decision, corrects=known.number)
    store.add(decision)
    return decision


def _prepared(
    store: Store,
    stored: StoredRound,
    sides: Sequence[Side],
    baseline: Launch | None,
    reruns: Reruns,
    most: int,
    *,
    judged: bool,
) -> RerunPlan:
    """The plan of the reruns, with those pending that crashed and are to be trained again."""
    trials = store.trials(stored.number)
    own = [t for t in trials if any(is_rerun_of(t, side) for side in sides)]
    anew = crashed_again(store, own, reruns.code, again=reruns.again, judged=judged)
    left = {t.key for t in anew}
    number = baseline.number if baseline else None
    refuse_broken_baseline([t for t in trials if t.key not in left], number)
    plan = _plan(store, stored, sides, baseline, reruns, most)
    set_pending(store, anew)
    return plan


def _plan(
    store: Store,
    stored: StoredRound,
    sides: Sequence[Side],
    baseline: Launch | None,
    reruns: Reruns,
    most: int,
) -> RerunPlan:
    """The plan that stands for these sides, or a new one where reruns may be made."""
    chosen = tuple((s.name, s.config) for s in sides if s.name != BASELINE)
    number = baseline.number if baseline else None
    plan = standing_plan(store, stored.number, chosen, number)
    refuse_estimand(
        reruns.estimand, reruns.infeasible_as, reruns.paired, plan, first=baseline is None
    )
    if plan is None and reruns.code is None:
        raise EvidenceError(
            f"an adoption takes at least {FIRST_ADOPT} reruns with new seeds of each arm; none "
            f"of these {plural(len(sides), 'arm')} was rerun",
            next_step="let them run: round.decide(train), or `tunebook decide` without --no-run",
        )
    if reruns.code is not None and most < FIRST_ADOPT:
        raise DesignError(
            f"an adoption takes at least {FIRST_ADOPT} reruns of each of the {len(sides)} arms, "
            f"{FIRST_ADOPT * len(sides)} in all; max_reruns is {reruns.max_reruns}",
            next_step=f"give --max-reruns {FIRST_ADOPT * len(sides)}, max_reruns=..., or more",
        )
    if plan is not None:
        return plan
    plan = new_plan(store, stored.number, chosen, number, most=most, reruns=reruns)
    if reruns.show:
        say_cost(store, stored, plan, len(sides), most, reruns.workers)
    return plan


def candidates(
    plan: Round, trials: TrialTable, baseline: Launch | None, number: int
) -> tuple[Side, ...]:
    """The best complete trial of each scientific value, then the baseline.

    Raises:
        EvidenceError: trials have not ended, or none is complete.
    """
    waiting = sum(not s.ended for s in trials.status) + max(0, plan.trials - len(trials))
    if waiting or not len(trials):
        raise EvidenceError(
            f"a decision follows a finished round; {waiting} of {plan.trials} "
            "trials have not ended",
            next_step=f"run the round first: tunebook run --round {number}, or round.run(train)",
        )
    if not trials.complete.any():
        raise EvidenceError(
            "a decision compares complete trials; every trial of this round is infeasible",
            next_step="look at the causes (check C3), and move or shrink the space",
        )
    best: dict[str, int] = {}
    order = np.argsort(trials.losses, kind="stable")
    for i in order[: int(trials.complete.sum())]:
        best.setdefault(_side(plan, trials.config[i]), int(i))
    found = [
        Side(name=n, config=trials.config[i], selected_by=trials.name[i]) for n, i in best.items()
    ]
    if baseline is not None:
        found.append(Side(name=BASELINE, config=completed(plan, baseline.config)))
    return tuple(found)


def _side(plan: Round, config: Configuration) -> str:
    settled = [
        f"{name}={spell(config[name])}"
        for name, axis in plan.scientific.items()
        if name in config and all(isinstance(leaf, Choice) for leaf in leaves(axis))
    ]
    return ", ".join(settled) or "best"


def _decision(
    store: Store,
    stored: StoredRound,
    sides: Sequence[Side],
    readings: Mapping[str, Reading],
    asked: Question,
    baseline: Launch | None,
    plan: RerunPlan,
    problems: tuple[OpenProblem, ...],
) -> Decision:
    judged = conclude(list(readings.values()), asked)
    pairs = comparisons(store, stored.number, sides, readings, asked)
    arms = sides_of(store.trials(stored.number), sides, readings, judged, asked)
    best = next(s for s in arms if s.name == judged.best)
    texts = {
        CaveatKind.PROBLEM: problem_caveats(problems),
        CaveatKind.FIXED: held_caveats(stored.plan),
        CaveatKind.OTHER: (
            *caveats(
                stored,
                baseline,
                judged_sides(readings),
                store.looks(),
                asked,
                sources=_sources(store, stored),
                trained=length_caveat(table(store, stored.number)),
            ),
            *changed_code_caveat(store, stored.number),
            *validation_caveat(best, arms[-1], asked),
        ),
    }
    return Decision(
        number=len(store.decisions()) + 1,
        round=stored.number,
        verdict=judged.verdict,
        sentence=_answer(readings, judged, pairs, asked),
        config=best.config,
        sides=arms,
        least_improvement=stored.plan.least_improvement if baseline else 0.0,
        error_rate=plan.level,
        caveats=tuple(text for own in texts.values() for text in own),
        caveat_kinds=tuple(kind for kind, own in texts.items() for _ in own),
        baseline=baseline.number if baseline else None,
        max_train_steps=stored.plan.max_train_steps,
        decided_at=time.time(),
        plan=plan.number,
        estimand=plan.estimand,
        comparisons=pairs,
        problems=problems,
    )


def _answer(
    readings: Mapping[str, Reading],
    judged: Judgement,
    pairs: Sequence[Comparison],
    asked: Question,
) -> str:
    """The verdict, then the other candidates, then the candidates compared with each other."""
    pairwise = compared_text(tuple(readings), pairs, asked.objective.metric, asked.estimand)
    others = [
        against_baseline(r, asked)
        for r in readings.values()
        if r.side.name != judged.best and len(readings) <= MOST_NAMED
    ]
    return " ".join(text for text in (judged.sentence, *others, pairwise) if text)


def _sources(store: Store, stored: StoredRound) -> VarianceSourcesResult | None:
    """What is known of the sources of variation; None where the reruns alone are."""
    found = variance_sources.check(with_repeats(store, stored.number))
    return None if isinstance(found, NotApplicable) else found


def judged_sides(readings: Mapping[str, Reading]) -> tuple[SideEvidence, ...]:
    """What each side was judged on: the candidates, then the baseline at its longest."""
    longest = max(readings.values(), key=lambda r: r.side.reruns).baseline
    return (*(r.side for r in readings.values()), *([longest] if longest else []))
