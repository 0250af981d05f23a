"""From a round to a verdict: candidates, fresh seeds, looks, decision, launch (D1 D3 D5 A5)."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tunebook.analysis.comparison import Judgement, SideEvidence, judge
from tunebook.book.caveats import caveats
from tunebook.execution import Executor
from tunebook.execution.code import TrainingCode
from tunebook.execution.kept import KeptExecutor, executor_for
from tunebook.execution.progress import TerminalProgress
from tunebook.execution.scheduler import run_trials
from tunebook.report.wording import plural, seconds_text
from tunebook.search.assignment import rerun_trials
from tunebook.store import Store, StoredRound
from tunebook.store.table import table
from tunebook.words.decision import Decision, Launch, Setting, Side, Verdict
from tunebook.words.design import Objective, Round, studies
from tunebook.words.errors import DesignError, EvidenceError
from tunebook.words.space import Choice, leaves, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import RERUN_FROM, Configuration, Purpose, Status, TrialRecord

LOOKS = (4, 6, 9, 13, 20, 30, 45, 68, 102, 153, 230, 345, 518, 777, 1166)
"""Reruns a side at which the evidence is looked at.

Look k may spend error_rate / (k (k + 1)) (the sum over all k is error_rate, so looking on for
as long as one likes keeps the rate: a union bound). bench/claims/comparison.py measures it. The
last lies beyond any number of reruns that a decision asks for (`analysis/rerun_count.py`).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reruns:
    """How a decision may gather evidence; `code` None judges what is there."""

    code: TrainingCode | None
    max_reruns: int
    workers: int | None
    executor: Executor | None
    error_rate: float
    show: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration to rerun: the best of one side, or the baseline."""

    name: str
    config: Configuration
    selected_by: str = ""


def decide(
    store: Store, setting: Setting, objective: Objective, number: int, reruns: Reruns
) -> Decision:
    """Judge a round on fresh-seed reruns alone, adding them a few at a time; see BookRound."""
    stored = store.rounds()[number - 1]
    earlier = [d for d in store.decisions() if d.round == number]
    if earlier and earlier[-1].verdict is not Verdict.MORE_EVIDENCE:
        return earlier[-1]
    launches = store.launches()
    baseline = launches[-1] if launches else None
    sides = candidates(stored.plan, table(store, number), baseline)
    most = reruns.max_reruns // len(sides)
    if reruns.code is not None and most < LOOKS[0]:
        raise DesignError(
            f"a verdict takes at least {LOOKS[0]} reruns of each of the {len(sides)} sides, "
            f"{LOOKS[0] * len(sides)} in all; max_reruns is {reruns.max_reruns}",
            next_step=f"give max_reruns={LOOKS[0] * len(sides)} or more",
        )
    given = reruns.executor or executor_for(reruns.workers)
    # Workers are kept from look to look: importing a framework takes longer than many reruns.
    with KeptExecutor(given) as kept:
        reruns = replace(reruns, executor=kept)
        judged = _look_until_clear(store, setting, objective, stored, sides, reruns, most)
    decision = _decision(
        stored, sides, judged, baseline, reruns.error_rate, len(store.decisions()) + 1
    )
    if earlier and replace(
        decision, number=earlier[-1].number, decided_at=earlier[-1].decided_at, corrects=None
    ) == replace(earlier[-1], corrects=None):
        return earlier[-1]
    decision = replace(decision, corrects=earlier[-1].number if earlier else None)
    store.add_decision(decision)
    return decision


def candidates(plan: Round, trials: TrialTable, baseline: Launch | None) -> tuple[Candidate, ...]:
    """The best complete trial of each scientific value, then the baseline.

    Raises:
        EvidenceError: trials have not ended, or none is complete.
    """
    waiting = sum(not s.ended for s in trials.status)
    if waiting or not len(trials):
        raise EvidenceError(
            f"a decision follows a finished round; {waiting or plan.trials} of {plan.trials} "
            "trials have not ended",
            next_step="run the round first: round.run(train)",
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
        Candidate(name=n, config=trials.config[i], selected_by=trials.name[i])
        for n, i in best.items()
    ]
    if baseline is not None:
        config = {**_fixed(plan, baseline.config), **baseline.config}
        found.append(Candidate(name="baseline", config=config))
    return tuple(found)


def _side(plan: Round, config: Configuration) -> str:
    settled = [
        f"{name}={spell(config[name])}"
        for name, axis in plan.scientific.items()
        if name in config and all(isinstance(leaf, Choice) for leaf in leaves(axis))
    ]
    return ", ".join(settled) or "best"


def _fixed(plan: Round, baseline: Configuration) -> Configuration:
    """Hyperparameters that this round holds fixed and the baseline does not name."""
    for study in studies(plan):
        if all(baseline.get(k, v) == v for k, v in study.branch.conditions.items()):
            return {k: v for k, v in study.fixed.items() if k not in baseline}
    return {}


def _look_until_clear(
    store: Store,
    setting: Setting,
    objective: Objective,
    stored: StoredRound,
    sides: Sequence[Candidate],
    reruns: Reruns,
    most: int,
) -> tuple[Judgement, dict[str, list[TrialRecord]]]:
    """Rerun up to each look in turn; stop once the verdict is clear or `most` is spent."""
    if reruns.code is not None and reruns.show:
        _say_cost(store, stored, len(sides), most)
    looks = [n for n in LOOKS if n <= most] if reruns.code else list(LOOKS)
    last: tuple[Judgement, dict[str, list[TrialRecord]]] | None = None
    for n in looks:
        if reruns.code is not None:
            _rerun(store, stored, sides, n, reruns)
        evidence = {side.name: _ended(store, stored.number, side)[:n] for side in sides}
        if min(len(e) for e in evidence.values()) < n:
            break
        # Reruns of candidates that a longer search has replaced spent looks of their own.
        k = LOOKS.index(n) + 1 + _stale_looks(store, stored.number, sides)
        share = reruns.error_rate / (k * (k + 1))
        judged = _judge(store, objective, setting, stored.plan, sides, evidence, share)
        last = judged, evidence
        if judged.verdict is not Verdict.MORE_EVIDENCE:
            break
    if last is None:
        raise EvidenceError(
            f"a verdict takes at least {LOOKS[0]} fresh-seed reruns of each side; "
            f"{min(len(_ended(store, stored.number, s)) for s in sides)} are there",
            next_step="let them run: round.decide(train), or `tunebook decide` without --no-run",
        )
    return last


def _judge(
    store: Store,
    objective: Objective,
    setting: Setting,
    plan: Round,
    sides: Sequence[Candidate],
    evidence: dict[str, list[TrialRecord]],
    share: float,
) -> Judgement:
    reruns = table(store, evidence[sides[0].name][0].round, reruns=True)
    value = dict(zip(reruns.name, reruns.value, strict=True))

    def of(side: Candidate) -> SideEvidence:
        records = evidence[side.name]
        complete = [float(value[t.name]) for t in records if t.status is Status.COMPLETE]
        return SideEvidence(
            name=side.name, values=tuple(complete), infeasible=len(records) - len(complete)
        )

    has_baseline = sides[-1].name == "baseline"
    return judge(
        [of(s) for s in sides if s.name != "baseline"],
        of(sides[-1]) if has_baseline else None,
        objective=objective,
        least_improvement=plan.least_improvement if has_baseline else 0.0,
        chance=setting.chance,
        error_rate=share,
    )


def _rerun(
    store: Store, stored: StoredRound, sides: Sequence[Candidate], n: int, reruns: Reruns
) -> None:
    """Bring every side to n ended reruns, all sides on the same fresh seeds."""
    assert reruns.code is not None
    known = [t for t in store.trials(stored.number) if t.purpose is Purpose.RERUN]
    free = max([t.number + 1 for t in known], default=RERUN_FROM)
    for side in sides:
        have = [t for t in known if _is_rerun_of(t, side)]
        # A failed rerun (machine lost) is no evidence; another seed takes its place.
        lost = sum(t.status is Status.FAILED for t in have)
        wanted = range(len(have), n + lost)
        added = rerun_trials(stored.plan, stored.number, side.name, side.config, wanted, free)
        store.add_trials(added)
        free += len(added)
    with (
        TerminalProgress("fresh-seed reruns") if reruns.show else contextlib.nullcontext() as show
    ):
        summary = run_trials(
            store,
            stored.number,
            reruns.code,
            purpose=Purpose.RERUN,
            executor=reruns.executor,
            on_progress=show,
        )
    if summary.stopped == "interrupted":
        print("Stopped. The reruns so far are kept; decide again to go on.", file=sys.stderr)
        raise KeyboardInterrupt


def _is_rerun_of(trial: TrialRecord, side: Candidate) -> bool:
    return trial.study == f"rerun:{side.name}" and dict(trial.config) == dict(side.config)


def _ended(store: Store, number: int, side: Candidate) -> list[TrialRecord]:
    return [
        t
        for t in store.trials(number)
        if t.purpose is Purpose.RERUN
        and _is_rerun_of(t, side)
        and t.status in (Status.COMPLETE, Status.INFEASIBLE)
    ]


def _stale_looks(store: Store, number: int, sides: Sequence[Candidate]) -> int:
    stale: dict[tuple[str, str], int] = {}
    for t in store.trials(number):
        if t.purpose is Purpose.RERUN and not any(_is_rerun_of(t, s) for s in sides):
            key = (t.study, repr(sorted(t.config.items())))
            stale[key] = stale.get(key, 0) + 1
    return sum(max(1, sum(n <= count for n in LOOKS)) for count in stale.values())


def _say_cost(store: Store, stored: StoredRound, sides: int, most: int) -> None:
    seconds = [t.seconds for t in store.trials(stored.number) if t.status is Status.COMPLETE]
    each = float(np.median(seconds)) if seconds else float("nan")
    print(
        f"Deciding round {stored.number}: {plural(sides, 'side')}, at most {sides * most} reruns "
        f"with fresh seeds, {seconds_text(each)} each, {seconds_text(each * sides * most)} of "
        "compute at most.",
        file=sys.stderr,
    )


def _decision(
    stored: StoredRound,
    sides: Sequence[Candidate],
    judged: tuple[Judgement, dict[str, list[TrialRecord]]],
    baseline: Launch | None,
    error_rate: float,
    number: int,
) -> Decision:
    judgement, evidence = judged
    return Decision(
        number=number,
        round=stored.number,
        verdict=judgement.verdict,
        sentence=judgement.sentence,
        config=next(s.config for s in sides if s.name == judgement.best),
        sides=tuple(
            Side(
                name=side.name,
                config=side.config,
                selected_by=side.selected_by,
                reruns=tuple(t.name for t in evidence[side.name]),
                mean=judgement.mean[side.name],
                gain=judgement.gain.get(side.name),
            )
            for side in sides
        ),
        least_improvement=stored.plan.least_improvement if baseline else 0.0,
        error_rate=error_rate,
        caveats=caveats(stored.plan, baseline),
        baseline=baseline.number if baseline else None,
        max_train_steps=stored.plan.max_train_steps,
        decided_at=time.time(),
    )


def launch_of(
    decision: Decision, launches: Sequence[Launch], who: str, why: str, now: float
) -> Launch:
    """The launch that carries a decision out.

    Raises:
        EvidenceError: the verdict is not adopt, or the baseline has changed since.
    """
    if decision.verdict is not Verdict.ADOPT:
        raise EvidenceError(
            f"a launch needs the verdict adopt; decision {decision.number} says "
            f'"{decision.verdict}": {decision.sentence}',
            next_step="keep the baseline, or gather more evidence: round.decide(train, "
            "max_reruns=...)",
        )
    parent = launches[-1].number if launches else None
    if decision.baseline != parent:
        raise EvidenceError(
            f"decision {decision.number} compared with launch {decision.baseline}, and launch "
            f"{parent} is the baseline now",
            next_step="decide the round again, against the new baseline",
        )
    chosen = next(s for s in decision.sides if dict(s.config) == dict(decision.config))
    return Launch(
        number=len(launches),
        decision=decision.number,
        parent=parent,
        config=decision.config,
        expected=chosen.mean,
        max_train_steps=decision.max_train_steps,
        who=who,
        why=why or decision.sentence,
        launched_at=now,
    )
