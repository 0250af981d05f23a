"""The tuning protocol of a round, written: what to print beside its result (D8)."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass

import numpy as np

from tunebook.deciding.broken_baseline import never_judged_in
from tunebook.deciding.launch_account import MOST, account, next_level
from tunebook.domain.decision import Decision, Estimand, RerunPlan
from tunebook.domain.design import Round, Study, studies
from tunebook.domain.environment import SHORT
from tunebook.domain.formats.codec import RoundFile, write_round_file
from tunebook.domain.formats.numbers import (
    axis_text,
    better,
    counts_text,
    date_text,
    number,
    percent,
    plural,
    reduced_text,
    seconds_text,
    value_text,
)
from tunebook.domain.program import MARK, Program
from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.domain.space import Choice, Per
from tunebook.statistics.curves.lengths import trained_text

AGAIN = "again"
"""The folder that round files are exported to, to do a round again."""
FROM_COMMANDS = "The first command writes every round file to a folder of its own."
FROM_SCRIPT = (
    "No command of the shell does exactly this again: the training code has no import path, or a "
    "decision had an error rate of its own. Run the script that made the book."
)
SEARCHER_WORDS = {
    "halton": "quasi-random: Halton sequence, scrambled and shifted",
    "sobol": "quasi-random: Sobol sequence, scrambled",
    "random": "pseudo-random, uniform on each axis's scale",
    "grid": "grid",
    "by_hand": "configurations written by hand",
    "bayes": "Bayesian optimisation: each trial chosen by those before it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A round's protocol.

    Attributes:
        lines: (what, text) in reading order.
        ran: the same, of versions and hardware.
        spaces: for each study (name, trials, ((hyperparameter, role, range), ...)).
        file: name that an export gives the round file; toml: its text.
        commands: of the shell, which export the round files and do it all again; empty where
            none does the same.
    """

    lines: tuple[tuple[str, str], ...]
    ran: tuple[tuple[str, str], ...]
    spaces: tuple[tuple[str, int, tuple[tuple[str, str, str], ...]], ...]
    file: str
    toml: str
    commands: tuple[str, ...]

    @property
    def how(self) -> str:
        """What the commands do first, or why there are none."""
        return FROM_COMMANDS if self.commands else FROM_SCRIPT


def protocol(record: BookRecord, found: RoundRecord, decision: Decision | None) -> Protocol:
    """Write down how a round was done, so that someone else can do it again."""
    plan = found.plan
    file = f"round-{found.number}.toml"
    train = found.source.path if found.source else ""
    round_file = RoundFile(
        plan=plan,
        train=train,
        objective=record.objective,
        setting=record.setting,
        test_metrics=tuple(s.metric for s in record.seals),
    )
    return Protocol(
        lines=(*_search_lines(record, found), *_evidence_lines(decision), *_code_lines(found)),
        ran=_ran_lines(found),
        spaces=tuple(_space(plan, study) for study in studies(plan)),
        file=file,
        toml=write_round_file(round_file),
        commands=again(record, found, decision),
    )


def again(record: BookRecord, found: RoundRecord, decision: Decision | None) -> tuple[str, ...]:
    """Commands that do a round again, and before it what its baseline and its space stand on.

    Empty where no command does the same: the training code has no import path, or the error rate
    of a decision was another than the command's. The round files are exported first, into a
    folder of their own: a file of the same name in the current folder can be another plan.
    """
    book = shlex.quote(record.file)
    steps = [*_earlier(record, found), (found, decision)]
    if not all(_repeatable(record, *step) for step in steps):
        return ()
    launched = {launch.decision for launch in record.launches}
    commands = [f"tunebook export {AGAIN} --pictures none --book {book}"]
    for one, decided in steps:
        commands += _one_again(record, one.number, decided)
        if one is not found and decided is not None and decided.number in launched:
            commands.append("tunebook launch --book again.db")
    return tuple(commands)


def _repeatable(record: BookRecord, found: RoundRecord, decision: Decision | None) -> bool:
    """Whether the shell can run the same code, and decide at the same level."""
    if found.source is not None and not found.source.path:
        return False
    plans = () if decision is None else _plans_of(record, decision)
    if not plans:
        return True
    before = [p for p in record.rerun_plans if p.number < plans[0].number]
    numbers = {p.number for p in before}
    decided = [d for d in record.decisions if d.plan in numbers]
    usual = (
        MOST
        if plans[0].baseline is None
        else next_level(account(before, decided, never_judged_in(record)))
    )
    return math.isclose(plans[0].level, usual)


def _one_again(record: BookRecord, number: int, decision: Decision | None) -> list[str]:
    commands = [f"tunebook run {AGAIN}/round-{number}.toml --book again.db"]
    if decision is None:
        return [*commands, f"tunebook findings {number} --book again.db"]
    plans = _plans_of(record, decision)
    if not plans:  # a book from before there were plans: as many reruns as were made
        options = [f" --max-reruns {sum(len(s.reruns) for s in decision.sides)}"]
    else:
        options = [_options(p) for p in plans]
    return [*commands, *(f"tunebook decide{how} --book again.db" for how in options)]


def _plans_of(record: BookRecord, decision: Decision) -> tuple[RerunPlan, ...]:
    """The plan of a decision, after those that it extends: each was a command of its own."""
    own: list[RerunPlan] = []
    for plan in record.rerun_plans:
        if plan.round == decision.round and plan.number <= (decision.plan or 0):
            own = [*own, plan] if plan.extension else [plan]
    return tuple(own)


def _options(plan: RerunPlan) -> str:
    """What of a plan a person asked for."""
    estimand = "" if plan.estimand is Estimand.MEAN else f" --estimand {plan.estimand}"
    worst = "" if plan.infeasible_as is None else f" --infeasible-as {plan.infeasible_as!r}"
    paired = " --paired" if plan.paired else ""
    sides = len(plan.candidates) + (plan.baseline is not None)
    examples = plan.validation_examples
    size = "" if examples is None else f" --validation-examples {examples}"
    return f"{estimand}{worst}{paired}{size} --max-reruns {plan.looks[-1] * sides}"


def _earlier(record: BookRecord, found: RoundRecord) -> list[tuple[RoundRecord, Decision | None]]:
    """What a round stands on, in order, with what was decided: rounds whose trials it carries
    over, rounds whose decisions set its level and its baselines."""
    carried = set() if found.carried is None else {_round_of(n) for n in found.carried.name}
    steps: list[tuple[RoundRecord, Decision | None]] = []
    for earlier in record.rounds:
        if earlier.number >= found.number:
            break
        decision = next((d for d in reversed(record.decisions) if d.round == earlier.number), None)
        if decision is None and earlier.number not in carried:
            continue
        steps.append((earlier, decision))
    return steps


def _round_of(trial: str) -> int:
    """Number of the round in a trial's name, `2.17`; 0 where it has none."""
    head = trial.partition(".")[0]
    return int(head) if head.isdigit() else 0


def _search_lines(record: BookRecord, found: RoundRecord) -> list[tuple[str, str]]:
    plan, objective = found.plan, record.objective
    spent = float(np.nansum(found.table.seconds))
    lines = [
        (
            "Objective",
            f"{objective.metric}, {better(objective)}; "
            f"a trial counts with {reduced_text(objective)}",
        ),
        (
            "Search",
            f"{SEARCHER_WORDS.get(plan.searcher, plan.searcher)}; seed {plan.seed}, from which "
            "every point and every trial's seed follows",
        ),
        (
            "Trials",
            f"{plan.trials} planned; {counts_text(found.table.status)}"
            if len(found.table)
            else f"{plan.trials} planned, none started yet",
        ),
        (
            "Training",
            f"{trained_text(found.table) or f'max_train_steps {plan.max_train_steps}'}; "
            f"{plural(plan.evaluations, 'evaluation')} planned",
        ),
    ]
    if plan.time_limit_s is not None:
        lines.append(("Time limit", f"{seconds_text(plan.time_limit_s)} for each trial"))
    if plan.subject_to:
        rules = [f"{c.left} {c.relation} {_side(c.right)}" for c in plan.subject_to]
        lines.append(("Subject to", "; ".join(rules)))
    if plan.overrule:
        lines.append(("Rules overruled on purpose", ", ".join(plan.overrule)))
    again = (
        f"; {seconds_text(found.spent_twice_s)} of repeated work" if found.spent_twice_s else ""
    )
    lines.append(("Compute of the search", f"{seconds_text(spent)} of trial time{again}"))
    lines.append(("Planned", date_text(found.created_at)))
    if plan.note:
        lines.append(("Note", plan.note))
    return lines


def _evidence_lines(decision: Decision | None) -> list[tuple[str, str]]:
    if decision is None:
        return [("Decision", "none yet; the search alone decides nothing")]
    reruns = ", ".join(f"{len(s.reruns)} of {s.name}" for s in decision.sides)
    return [
        (
            "Decision",
            f"reruns with new seeds alone: {reruns}. Least improvement "
            f"{number(decision.least_improvement)}; level {percent(decision.error_rate, 2)}, the "
            "chance to adopt a change that brings no more than that",
        ),
        ("Decided", date_text(decision.decided_at)),
    ]


def _code_lines(found: RoundRecord) -> list[tuple[str, str]]:
    if found.source is None:
        return [("Training code", "not run yet")]
    path = found.source.path or "a function without an import path"
    if path.startswith(MARK):
        path = f"the command {Program.from_path(path)}"
    lines = [("Training code", f"{path}; SHA-256 of its source {found.source.sha256[:16]}")]
    if not found.environments:
        return lines
    newest = found.environments[-1]
    if newest.commit:
        edits = ", with edits that are not committed" if newest.edits_sha256 else ""
        lines.append(("Git commit", f"{newest.commit[:SHORT]}{edits}"))
    return lines


def _ran_lines(found: RoundRecord) -> tuple[tuple[str, str], ...]:
    if not found.environments:
        return ()
    newest = found.environments[-1]
    versions = ", ".join(f"{k} {v}" for k, v in newest.versions.items())
    hardware = "; ".join(f"{k}: {v}" for k, v in newest.hardware.items())
    return (("Ran with", versions), ("Ran on", hardware))


def _space(plan: Round, study: Study) -> tuple[str, int, tuple[tuple[str, str, str], ...]]:
    held = {**study.branch.conditions, **study.fixed}
    rows = [(name, str(plan.role(name)), value_text(value)) for name, value in held.items()]
    rows += [(n, str(plan.role(n)), axis_text(axis)) for n, axis in study.branch.axes.items()]
    order = ["scientific", "nuisance", "fixed"]
    rows.sort(key=lambda row: order.index(row[1]))
    return study.name, len(study.numbers), tuple(rows)


def fixed_texts(plan: Round) -> list[tuple[str, str]]:
    """(hyperparameter, value) of everything that a round held fixed."""
    return [(name, _held(value)) for name, value in plan.fixed.items()]


def _held(value: object) -> str:
    if isinstance(value, Per):
        return "; ".join(
            f"{value_text(axis.values[0])} under {value.on}={value_text(on)}"
            for on, axis in value.when
            if isinstance(axis, Choice)
        )
    return value_text(value)  # type: ignore[arg-type]


def _side(side: str | float) -> str:
    return side if isinstance(side, str) else number(side)
