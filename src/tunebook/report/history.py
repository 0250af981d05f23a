"""The book read back as a notebook: rounds, launches, caveats, evidence, lineage (D5 D6)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tunebook.deciding.broken_baseline import never_judged_in, unjudged_text
from tunebook.deciding.launch_account import RATE, account, next_level
from tunebook.domain.decision import Decision, Estimand, Launch, Side
from tunebook.domain.design import studies
from tunebook.domain.environment import Environment, code_changes, other_changes
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import counts_text, date_text, percent, plural, value_text
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.domain.trial import Configuration, Value
from tunebook.report.in_a_line import best_trial, verdict_label
from tunebook.report.loop import decision_of, standing
from tunebook.report.protocol.methods import again
from tunebook.report.sealed import contamination, sealing_lines
from tunebook.report.verdict import level_note


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLine:
    """One round of the notebook.

    Attributes:
        number, goal, note: of the plan; studies: their names.
        planned_at: Unix time.
        trials: search trials by status; reruns: fresh-seed ones by status.
        exploration, exploitation: search trials that results did not choose, and those they did.
        seconds: compute of the search.
        best: the best objective of the search, of trial `best_trial`, at `best_config`; None
            where no trial is complete.
        verdict, decision: of its newest decision, None where there is none; `label` is the verdict
            with its reason, `sentence` says it, `level_note` where the confidence of its gain
            comes from, `evidence` has every side that was rerun, judged by its `estimand`.
        launch: number of the launch that followed, None where none did.
        caveats: what the decision leans on without having measured it.
        changes: how the training code, versions or hardware changed while it ran.
        commands: of the shell, which do it again; `now`: the step that it waits for.
    """

    number: int
    goal: str
    note: str
    studies: tuple[str, ...]
    planned_at: float
    trials: Mapping[str, int]
    reruns: Mapping[str, int]
    exploration: int
    exploitation: int
    seconds: float
    best: float | None
    best_trial: str
    best_config: Configuration = field(default_factory=dict)
    verdict: str | None
    decision: int | None
    label: str = ""
    sentence: str
    level_note: str = ""
    evidence: tuple[Side, ...]
    estimand: Estimand = Estimand.MEAN
    launch: int | None
    caveats: tuple[str, ...]
    changes: tuple[str, ...]
    commands: tuple[str, ...]
    now: str

    @property
    def counts(self) -> str:
        """`60 complete, 4 infeasible`."""
        return counts_text(Counter(self.trials).elements())


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchLine:
    """One baseline of the lineage: what it changed, on which evidence, by whom and why."""

    number: int
    parent: int | None
    round: int
    decision: int
    launched_at: float
    who: str
    why: str
    config: Configuration
    changed: str
    expected: Interval
    max_train_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The whole notebook.

    Attributes:
        book: the workload's name; metric: of the objective.
        exploration, exploitation, reruns: how all trials divide.
        rounds, launches: oldest first.
        test_set: (what, text) of sealed metrics and of every look.
        contaminated: what was planned or decided after a look.
        account: sentences on false launches: what was granted to each decision, and what is left.
        stands_at: the step of the playbook's loop, and `next` the command that takes it.
    """

    book: str
    metric: str
    exploration: int
    exploitation: int
    reruns: int
    rounds: tuple[RoundLine, ...]
    launches: tuple[LaunchLine, ...]
    test_set: tuple[tuple[str, str], ...]
    contaminated: tuple[str, ...]
    account: tuple[str, ...]
    stands_at: str
    next: str

    @property
    def division(self) -> str:
        """How the trials divide, in one sentence."""
        searched = self.exploration + self.exploitation
        share = f" ({percent(self.exploration / searched)})" if searched else ""
        return (
            f"{plural(searched, 'search trial')}: {self.exploration} of exploration{share}, whose "
            f"points no result chose, and {self.exploitation} of exploitation. "
            f"{plural(self.reruns, 'rerun')} with new seeds are the evidence of decisions."
        )


def history(record: BookRecord) -> History:
    """Read a book back, oldest round first."""
    rounds = tuple(_round(record, found) for found in record.rounds)
    newest = standing(record, record.rounds[-1].number) if record.rounds else None
    return History(
        book=record.setting.name,
        metric=record.objective.metric,
        exploration=sum(r.exploration for r in rounds),
        exploitation=sum(r.exploitation for r in rounds),
        reruns=sum(sum(r.reruns.values()) for r in rounds),
        rounds=rounds,
        launches=lineage(record),
        test_set=sealing_lines(record),
        contaminated=contamination(record),
        account=_account(record),
        stands_at=str(newest.step) if newest else "plan",
        next=newest.command if newest else "tunebook init",
    )


def _account(record: BookRecord) -> tuple[str, ...]:
    """Which level each decision was granted, and what comes next; empty before there is one."""
    unjudged = never_judged_in(record)
    lines = account(record.rerun_plans, record.decisions, unjudged)
    crashed = unjudged_text([p.round for p in record.rerun_plans if p.number in unjudged])
    note = (crashed,) if crashed else ()
    if not lines:
        return note
    granted = ", ".join(
        f"{percent(line.level, 2)} to round {line.round}{' (adopted)' if line.adopted else ''}"
        for line in lines
    )
    return (
        f"Of all launches of this book at most {percent(RATE, 2)} are expected to bring no more "
        f"than the least improvement. {plural(len(lines), 'decision')} against a baseline so far, "
        f"{sum(line.adopted for line in lines)} adopted.",
        f"Level of each decision, fixed before its first rerun: {granted}. The level is the "
        "chance to adopt a change that brings the least improvement or less.",
        f"The next decision gets {percent(next_level(lines), 2)}. Levels fall from decision to "
        "decision; they are higher after one that adopts than after one that does not.",
        *note,
    )


def _round(record: BookRecord, found: RoundRecord) -> RoundLine:
    decision = decision_of(record, found.number)
    best = best_trial(found.table)
    return RoundLine(
        number=found.number,
        goal=found.plan.goal,
        note=found.plan.note,
        studies=tuple(s.name for s in studies(found.plan) if s.name),
        planned_at=found.created_at,
        trials=dict(Counter(str(s) for s in found.table.status)),
        reruns=dict(Counter(str(s) for s in found.reruns.status)),
        exploration=len(found.table) - found.exploitation,
        exploitation=found.exploitation,
        seconds=float(np.nansum(found.table.seconds)),
        best=best.value if best else None,
        best_trial=best.trial if best else "",
        best_config=found.table.config[found.table.name.index(best.trial)] if best else {},
        verdict=str(decision.verdict) if decision else None,
        decision=decision.number if decision else None,
        label=verdict_label(decision) if decision else "",
        sentence=decision.sentence if decision else "",
        level_note=level_note(decision) if decision else "",
        evidence=decision.sides if decision else (),
        estimand=decision.estimand if decision else Estimand.MEAN,
        launch=_launched(record, decision),
        caveats=decision.caveats if decision else (),
        changes=changes_texts(found.environments),
        commands=again(record, found, decision),
        now=str(standing(record, found.number).step),
    )


def _launched(record: BookRecord, decision: Decision | None) -> int | None:
    if decision is None:
        return None
    return next((x.number for x in record.launches if x.decision == decision.number), None)


def changes_texts(environments: tuple[Environment, ...]) -> tuple[str, ...]:
    """What changed from one run of a round to the next: its code first, each with its date."""
    said = []
    for before, after in itertools.pairwise(environments):
        code, other = code_changes(before, after), other_changes(before, after)
        when = date_text(after.began_at)
        what = "its reruns" if after.reruns and not before.reruns else "later trials"
        if code:
            said.append(f"The training code changed before {what} ({when}): {'; '.join(code)}.")
        if other:
            said.append(f"What it ran on changed before {what} ({when}): {'; '.join(other)}.")
    return tuple(said)


def lineage(record: BookRecord) -> tuple[LaunchLine, ...]:
    """Every baseline, launch 0 first, with what it changed against the one that it replaced."""
    by_number = {x.number: x for x in record.launches}
    rounds = {d.number: d.round for d in record.decisions}
    return tuple(
        LaunchLine(
            number=x.number,
            parent=x.parent,
            round=rounds.get(x.decision, 0),
            decision=x.decision,
            launched_at=x.launched_at,
            who=x.who,
            why=x.why,
            config=x.config,
            changed=changed(x, by_number.get(x.parent) if x.parent is not None else None),
            expected=x.expected,
            max_train_steps=x.max_train_steps,
        )
        for x in record.launches
    )


def changed(launch: Launch, parent: Launch | None) -> str:
    """What a launch sets anew, `learning_rate 1e-3 to 0.0213`; all of it for the first."""
    if parent is None:
        return ", ".join(f"{k} {value_text(v)}" for k, v in launch.config.items())
    changes = [
        _difference(name, parent.config.get(name), launch.config.get(name))
        for name in dict.fromkeys([*parent.config, *launch.config])
        if parent.config.get(name) != launch.config.get(name)
    ]
    if parent.max_train_steps != launch.max_train_steps:
        changes.append(f"steps {parent.max_train_steps} to {launch.max_train_steps}")
    return ", ".join(changes) or "nothing"


def _difference(name: str, before: Value | None, after: Value | None) -> str:
    if before is None:
        return f"{name} {value_text(after)} added"
    if after is None:
        return f"{name} {value_text(before)} dropped"
    return f"{name} {value_text(before)} to {value_text(after)}"
