"""Training length: the sentence of each finding (E1 E3 E4 E5)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.domain.finding import Finding, NotApplicable, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, estimate_text, percent, round_steps, steps_text
from tunebook.procedures.steps.stages import Done, DoneStage, finding
from tunebook.procedures.steps.tuned_sweep import MOVES
from tunebook.procedures.training_length import plans
from tunebook.procedures.training_length.length_choice import Budget, LengthChoice
from tunebook.procedures.training_length.plans import TrainingLengthArguments
from tunebook.procedures.training_length.results import Fit, LengthReading
from tunebook.procedures.training_length.scaling_law import LengthLaw
from tunebook.procedures.training_length.transfer import transfers

STEPS = "max_train_steps"


def findings_of(
    args: TrainingLengthArguments, done: Done, found: LengthReading, *, finished: bool
) -> Iterator[Finding]:
    """What is known; the verdict and what rests on it only once `finished`."""
    if found.fits:
        yield _fit(args, found.fits[-1])
    lost = [d for s, d in done.items() if s.kind == "tune" and not d.table.complete.any()]
    if lost:
        yield _lost(lost[0])
    if finished and isinstance(found.choice, NotApplicable):
        said = f"Not enough evidence on training length: {found.choice.reason}. "
        said += f"It needs {found.choice.needs}."
        yield finding("E4", Severity.WARNING, STEPS, said)
    if finished and isinstance(found.choice, LengthChoice):
        yield _verdict(args, found, found.choice)
        yield _carried(args, found)
    edges = {n: side for n, side in found.tuned.items() if side and found.moves[n] == MOVES}
    if edges:
        shown = ", ".join(f"{n} ({side})" for n, side in edges.items())
        yield finding(
            "E1", Severity.WARNING, args.rate,
            f"The best learning rate still lies at the edge after {MOVES} moved ranges, at "
            f"lengths {shown}: training there may reach more than was measured. Widen "
            "learning_rates.",
        )  # fmt: skip
    if finished and found.checkpoints is not None and found.checkpoints.trials:
        early, late = found.checkpoints.early, found.checkpoints.late
        yield finding(
            "E3", Severity.NOTE, STEPS,
            f"Of {found.checkpoints.trials} trainings with new seeds, {percent(late)} were best "
            f"in their last quarter and {percent(early)} in their first tenth.",
            numbers={"best in the last quarter": late, "best in the first tenth": early},
        )  # fmt: skip


def _fit(args: TrainingLengthArguments, last: Fit) -> Finding:
    """E1: the first length, and whether it can be trusted."""
    severity, numbers = Severity.NOTE, dict[str, Number]()
    assert args.fitted is not None  # a first length is read off by it
    if not last.reported:
        severity = Severity.WARNING
        said = (
            f'Training does not report "{args.loss}", which would show a first length; growth '
            "begins without it. Give the name of the training-set metric: loss=..."
        )
    elif last.steps is None or last.rate is None:
        said = (
            f"No learning rate fits the training set ({args.loss} at {spell(args.fitted)}) within "
            f"{last.within} steps, without regularisation: growth begins without a first length."
        )
    else:
        numbers = {"first max_train_steps": last.steps, "learning rate": last.rate}
        said = (
            f"The fastest trial fits the training set ({args.loss} at {spell(args.fitted)}) in "
            f"{last.steps} steps, at {args.rate} {digits(last.rate, 3)}: a first max_train_steps."
        )
        if last.edge:
            severity = Severity.WARNING
            said += (
                f" Don't trust it: that rate is at the {last.edge} end of what was tried, after "
                f"{last.moves} moved ranges. Widen learning_rates."
            )
    return finding("E1", severity, STEPS, said, numbers=numbers)


def _lost(stage: DoneStage) -> Finding:
    causes = sorted({str(c) for c in stage.table.cause if c})
    why = f" ({', '.join(causes)})" if causes else ""
    return finding(
        "E5", Severity.PROBLEM, STEPS,
        f"No trial of {stage.plan.max_train_steps} steps has a result{why}, so lengths can't be "
        "compared. Look at what one printed (tunebook logs). A schedule whose warm-up and decay "
        "are longer than training fails like this: give a larger shortest=.",
    )  # fmt: skip


def _verdict(args: TrainingLengthArguments, found: LengthReading, choice: LengthChoice) -> Finding:
    """E4, with the length to take and what more would bring."""
    assert found.objective is not None
    budget, at = args.max_train_steps, choice.shortest
    numbers: dict[str, Number] = {"shortest sufficient length": at, "verdict": str(choice.says)}
    least = f"{spell(args.least_improvement)} in {found.objective.metric}"
    # A law of growth shows nothing of what has levelled out.
    more, bring = ({}, "") if choice.says is Budget.SATURATED else _ahead(found)
    numbers |= more
    if choice.says is Budget.COMPUTE_BOUND:
        said = (
            f"Compute-bound: every part of {budget} steps pays. Within {least} of the best takes"
        )
        said = f"{said} {_steps(choice)}. {bring}".strip()
        return finding("E4", Severity.WARNING, STEPS, said, numbers=numbers)
    if choice.says is Budget.SATURATED:
        grown = max(choice.lengths)
        stopped = ""
        if grown < budget and found.left is not None:
            stopped = (
                f" Growth ended at {grown}: doubling up to {budget} would bring "
                f"{digits(max(found.left, 0.0))} at most."
            )
        take = length_to_take(args, choice)
        remedy = Remedy(
            kind=RemedyKind.TRAIN_SHORTER, values={STEPS: take},
            because=f"more than that brings less than {least}",
        )  # fmt: skip
        return finding(
            "E4", Severity.NOTE, STEPS,
            f"Not compute-bound: {_steps(choice)} come within {least} of the best that up to "
            f"{grown} reach; max_train_steps={take} is enough.{stopped}",
            numbers=numbers, remedy=remedy if take < budget else None,
        )  # fmt: skip
    return finding(
        "E4", Severity.WARNING, STEPS,
        f"Not enough evidence whether the whole budget pays: {_steps(choice)} come within {least} "
        f"of the best, with {choice.seeds} seeds. More seeds, or a larger least_improvement, "
        "would show it.",
        numbers=numbers,
    )  # fmt: skip


def _ahead(found: LengthReading) -> tuple[dict[str, Number], str]:
    """What twice the budget would bring, where a law fits."""
    if isinstance(found.law, LengthLaw):
        gain = found.law.forecast[2.0]
        strays = ", from which it strays already" if found.law.strays else ""
        said = (
            f"By its power law so far{strays}, twice as long would bring {estimate_text(gain)}. "
            "Real training often departs from such a law, and only that length can show it."
        )
        return {"gain of twice the budget": gain}, said
    if isinstance(found.law, NotApplicable):
        return {}, f"What still longer training brings is not known: {found.law.reason}."
    return {}, ""


def _steps(choice: LengthChoice) -> str:
    low, high = choice.shortest.low, min(choice.shortest.high, choice.lengths[-1])
    begins = steps_text(low) if low > 0 else f"less than {choice.lengths[0]:,}"
    return f"{steps_text(choice.shortest.estimate)} steps ({begins} to {steps_text(high)})"


def length_to_take(args: TrainingLengthArguments, choice: LengthChoice) -> int:
    """What suffices, rounded; the whole budget where that pays."""
    if choice.says is not Budget.SATURATED:
        return args.max_train_steps
    return min(round_steps(choice.shortest.estimate, up=True), args.max_train_steps)


def _carried(args: TrainingLengthArguments, found: LengthReading) -> Finding:
    """E5: what was tuned at one length and kept, what at each, and how the rate moved."""
    again = (args.rate, *plans.reopened(args))
    kept = [f"{n} ({transfers(n)})" for n in args.reopen if n not in again]
    parts = [f"{' and '.join(again)} tuned at each length"]
    if kept:
        parts.append(f"carried over from the first: {', '.join(kept)}")
    numbers: dict[str, Number] = {}
    if found.drift is not None and not args.reopen:
        numbers["power of the length in the best learning rate"] = found.drift.power
        parts.append(
            f"the best rate at {found.drift.length} steps is about {digits(found.drift.rate)}"
        )
    said = "; ".join(parts)
    return finding("E5", Severity.NOTE, STEPS, said[0].upper() + said[1:] + ".", numbers=numbers)
