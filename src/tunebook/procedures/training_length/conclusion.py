"""Training length: the answer, its findings, its picture, and what to run next (E1 E3 E4 E5)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.charts.picture import Picture
from tunebook.checks.charts import Drawn
from tunebook.domain.decision import Change
from tunebook.domain.design import Round
from tunebook.domain.finding import Finding, NotApplicable, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import (
    digits,
    estimate_text,
    percent,
    range_text,
    round_steps,
    round_to,
    steps_text,
)
from tunebook.domain.record import Proposal
from tunebook.domain.space import Float, Scale
from tunebook.procedures.steps.stages import Conclusion, Done, DoneStage, finding
from tunebook.procedures.training_length import chart as pictures
from tunebook.procedures.training_length import plans
from tunebook.procedures.training_length.length_choice import Budget, LengthChoice
from tunebook.procedures.training_length.plans import TrainingLengthAsked
from tunebook.procedures.training_length.results import Fit, LengthReading, best_values
from tunebook.procedures.training_length.scaling_law import LengthLaw
from tunebook.procedures.training_length.transfer import transfers

STEPS = "max_train_steps"
TRIALS = 16
AROUND = 4.0
"""From the best learning rate to either end of the proposed round's range."""


def conclude(
    asked: TrainingLengthAsked, done: Done, found: LengthReading, *, finished: bool
) -> Conclusion:
    """What the stages that are done say; the answer itself only once `finished`."""
    choice = found.choice if isinstance(found.choice, LengthChoice) else None
    findings = tuple(_findings(asked, done, found, finished=finished))
    verdict = next((f for f in findings if f.check == "E4"), None)
    return Conclusion(
        sentence=verdict.sentence if verdict else _waiting(done, found),
        findings=findings,
        pictures=Drawn(lambda: _pictures(asked, done, found)),
        proposal=_proposal(asked, done, choice) if finished and choice else None,
        answer=_answer(asked, found, choice if finished else None),
    )


def _pictures(asked: TrainingLengthAsked, done: Done, found: LengthReading) -> Iterator[Picture]:
    table = next((s.table for s in done.values()), None)
    if isinstance(found.choice, LengthChoice) and table is not None:
        yield pictures.draw_lengths(
            found.choice, {n: v.tolist() for n, v in found.measured.items()},
            metric=table.objective.metric, sign=table.objective.sign,
            least=asked.least_improvement,
        )  # fmt: skip


def _waiting(done: Done, found: LengthReading) -> str:
    if not done:
        return "Nothing has run yet."
    lengths = ", ".join(str(n) for n in found.measured) or "none"
    return f"Not known yet. Lengths with new seeds so far: {lengths}."


def _findings(
    asked: TrainingLengthAsked, done: Done, found: LengthReading, *, finished: bool
) -> Iterator[Finding]:
    if found.fits:
        yield _fit(asked, found.fits)
    lost = [s for n, s in done.items() if n.startswith("tune at") and not _any_result(s)]
    if lost:
        yield _lost(lost[0])
    if finished and isinstance(found.choice, NotApplicable):
        told = found.choice
        said = f"Not enough evidence on training length: {told.reason}. It takes {told.needs}."
        yield finding("E4", Severity.WARNING, STEPS, said)
    if finished and isinstance(found.choice, LengthChoice):
        yield _verdict(asked, done, found, found.choice)
        yield _carried(asked, found)
    edges = {n: side for n, side in found.tuned.items() if side and found.moves[n] == plans.MOVES}
    if edges:
        shown = ", ".join(f"{n} ({side})" for n, side in edges.items())
        yield finding(
            "E1", Severity.WARNING, asked.rate,
            f"The best learning rate still lies at the edge after {plans.MOVES} moved ranges, at "
            f"lengths {shown}: training there may reach more than was measured. Widen "
            "learning_rates.",
        )  # fmt: skip
    if finished and found.checkpoints is not None and found.checkpoints.trials:
        yield _checkpoints(found)


def _fit(asked: TrainingLengthAsked, fits: tuple[Fit, ...]) -> Finding:
    """E1: the first length, and whether it can be trusted."""
    last = fits[-1]
    if not last.reported:
        said = (
            f'Training reports no "{asked.loss}", so a first length can\'t be read off it; growth '
            "begins without. Say what training calls its training-set metric: loss=..."
        )
        return finding("E1", Severity.WARNING, STEPS, said)
    assert asked.fitted is not None  # a first length is read off by it
    if last.steps is None or last.rate is None:
        said = (
            f"No learning rate fits the training set ({asked.loss} at {spell(asked.fitted)}) "
            f"within {last.within} steps, without regularisation: growth begins without a first "
            "length."
        )
        return finding("E1", Severity.NOTE, STEPS, said)
    numbers: dict[str, Number] = {"first max_train_steps": last.steps, "learning rate": last.rate}
    said = (
        f"The fastest trial fits the training set ({asked.loss} at {spell(asked.fitted)}) in "
        f"{last.steps} steps, at {asked.rate} {digits(last.rate, 3)}: a first max_train_steps."
    )
    if last.edge:
        said += (
            f" Don't trust it: that rate is at the {last.edge} end of what was tried, after "
            f"{last.moves} moved ranges. Widen learning_rates."
        )
        return finding("E1", Severity.WARNING, STEPS, said, numbers=numbers)
    return finding("E1", Severity.NOTE, STEPS, said, numbers=numbers)


def _any_result(stage: DoneStage) -> bool:
    return bool(stage.table.complete.any())


def _lost(stage: DoneStage) -> Finding:
    causes = sorted({str(c) for c in stage.table.cause if c})
    why = f" ({', '.join(causes)})" if causes else ""
    steps = stage.plan.max_train_steps
    return finding(
        "E5", Severity.PROBLEM, STEPS,
        f"No trial of {steps} steps has a result{why}, so that nothing can be said of lengths. "
        "Look at what one printed (tunebook logs); a schedule whose warm-up and decay are longer "
        "than training fails like this: give a larger shortest=.",
    )  # fmt: skip


def _verdict(
    asked: TrainingLengthAsked, done: Done, found: LengthReading, choice: LengthChoice
) -> Finding:
    """E4, with the length to take and what more would bring."""
    objective = next(iter(done.values())).table.objective
    budget, at = asked.max_train_steps, choice.shortest
    numbers: dict[str, Number] = {"shortest sufficient length": at, "verdict": str(choice.says)}
    least = f"{spell(asked.least_improvement)} in {objective.metric}"
    # A law of growth says nothing of what has levelled out.
    more, bring = ({}, "") if choice.says is Budget.SATURATED else _ahead(found)
    numbers |= more
    if choice.says is Budget.COMPUTE_BOUND:
        said = (
            f"Compute-bound: every part of {budget} steps pays. Within {least} of the best takes "
            f"{_steps(choice)}. {bring}"
        )
        return finding("E4", Severity.WARNING, STEPS, said.strip(), numbers=numbers)
    if choice.says is Budget.SATURATED:
        grown = max(n for n in choice.lengths)
        stopped = (
            f" Growth ended at {grown}: doubling up to {budget} would bring "
            f"{digits(max(found.left, 0.0))} at most."
            if grown < budget and found.left is not None
            else ""
        )
        take = _proposed(asked, choice)
        said = (
            f"Not compute-bound: {_steps(choice)} come within {least} of the best that up to "
            f"{grown} reach; max_train_steps={take} is enough.{stopped}"
        )
        return finding(
            "E4", Severity.NOTE, STEPS, said, numbers=numbers,
            remedy=Remedy(kind=RemedyKind.TRAIN_SHORTER, values={STEPS: take},
                   because=f"more than that brings less than {least}")
            if take < budget else None,
        )  # fmt: skip
    said = (
        f"Not enough evidence whether the whole budget pays: {_steps(choice)} come within {least} "
        f"of the best, with {choice.seeds} seeds. More seeds, or a larger least_improvement, "
        "would tell."
    )
    return finding("E4", Severity.WARNING, STEPS, said, numbers=numbers)


def _ahead(found: LengthReading) -> tuple[dict[str, Number], str]:
    """What twice the budget would bring, where a law can be told."""
    if isinstance(found.law, LengthLaw):
        gain = found.law.forecast[2.0]
        strays = ", from which it strays already" if found.law.strays else ""
        said = (
            f"By its power law so far{strays}, twice as long would bring {estimate_text(gain)}; "
            "real training often departs from such a law, and only that length can show it."
        )
        return {"gain of twice the budget": gain}, said
    if isinstance(found.law, NotApplicable):
        return {}, f"What still longer training brings can't be told: {found.law.reason}."
    return {}, ""


def _steps(choice: LengthChoice) -> str:
    low, high = choice.shortest.low, min(choice.shortest.high, choice.lengths[-1])
    begins = _whole(low) if low > 0 else f"less than {choice.lengths[0]:,}"
    return f"{_whole(choice.shortest.estimate)} steps ({begins} to {_whole(high)})"


def _whole(steps: float) -> str:
    """To three digits."""
    return f"{steps_text(steps)}"


def _proposed(asked: TrainingLengthAsked, choice: LengthChoice) -> int:
    """The length to take: what suffices, round_steps; the whole budget where that pays."""
    if choice.says is not Budget.SATURATED:
        return asked.max_train_steps
    return min(round_steps(choice.shortest.estimate, up=True), asked.max_train_steps)


def _carried(asked: TrainingLengthAsked, found: LengthReading) -> Finding:
    """E5: what was tuned at one length and kept, what was tuned at each, and how the rate went."""
    again = (asked.rate, *plans.reopened(asked))
    kept = [f"{n} ({transfers(n)})" for n in asked.reopen if n not in again]
    parts = [f"{' and '.join(again)} tuned anew at each length"]
    if kept:
        parts.append(f"carried over from the first: {', '.join(kept)}")
    numbers: dict[str, Number] = {}
    drift = found.drift
    if drift is not None and not asked.reopen:
        numbers["power of the length in the best learning rate"] = drift.power
        parts.append(f"the best rate at {drift.length} steps is about {digits(drift.rate)}")
    said = "; ".join(parts)
    return finding("E5", Severity.NOTE, STEPS, said[0].upper() + said[1:] + ".", numbers=numbers)


def _checkpoints(found: LengthReading) -> Finding:
    assert found.checkpoints is not None
    early, late = found.checkpoints.early, found.checkpoints.late
    return finding(
        "E3", Severity.NOTE, STEPS,
        f"Of {found.checkpoints.trials} trainings with new seeds, {percent(late)} were best in "
        f"their last quarter and {percent(early)} in their first tenth.",
        numbers={"best in the last quarter": late, "best in the first tenth": early},
    )  # fmt: skip


def _proposal(asked: TrainingLengthAsked, done: Done, choice: LengthChoice) -> Proposal | None:
    """A round of the chosen length, its learning rate tuned once more."""
    steps = _proposed(asked, choice)
    values = best_values(asked, done, steps)
    if not values or choice.says is Budget.OPEN:
        return None
    rate = float(values[asked.rate])
    low, high = round_to(rate / AROUND), round_to(AROUND * rate)
    plan = Round(
        goal=f"Which {asked.rate} is best at {steps} steps?",
        nuisance={asked.rate: Float(low, high, Scale.LOG)},
        fixed={k: v for k, v in {**asked.fixed, **values}.items() if k != asked.rate},
        trials=TRIALS,
        max_train_steps=steps,
        least_improvement=asked.least_improvement,
        note=f"Proposed by the procedure {asked.procedure}.",
    )
    changes = [
        Change(
            key=f"nuisance.{asked.rate}", before=f"{asked.fixed[asked.rate]}",
            after=f"{range_text(low, high, 3)}, log",
            because=f"the best at this length lies near {digits(rate, 3)}", check="E5",
        )
    ]  # fmt: skip
    if steps != asked.max_train_steps:
        changes.insert(
            0,
            Change(
                key=STEPS, before=str(asked.max_train_steps), after=str(steps),
                because=f"it comes within {spell(asked.least_improvement)} of the "
                f"best", check="E4",
            ),
        )  # fmt: skip
    return Proposal(plan=plan, changes=tuple(changes))


def _answer(
    asked: TrainingLengthAsked, found: LengthReading, choice: LengthChoice | None
) -> dict[str, float | str | None]:
    fitted = next((f.steps for f in found.fits if f.steps is not None), None)
    levelled = choice is None or choice.says is Budget.SATURATED
    law = found.law if isinstance(found.law, LengthLaw) and not levelled else None
    at = choice.shortest if choice else None
    return {
        "verdict": str(choice.says) if choice else None,
        "max_train_steps": _proposed(asked, choice) if choice else None,
        "shortest": at.estimate if at else None,
        "shortest_low": at.low if at else None,
        "shortest_high": at.high if at and math.isfinite(at.high) else None,
        "first_max_train_steps": fitted,
        "gain_of_twice_the_budget": law.forecast[2.0].estimate if law else None,
    }
