"""Instability: the answer with its findings, the round to run next, what is left (H1 to H5)."""

from __future__ import annotations

from tunebook.domain.decision import Change
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, range_text, round_to
from tunebook.domain.record import Proposal
from tunebook.domain.space import Axis, Choice, Float, Per, Scale
from tunebook.procedures.instability.plans import InstabilityArguments
from tunebook.procedures.instability.results import InstabilityReading
from tunebook.procedures.instability.stable_rates import Stability
from tunebook.procedures.instability.wording import findings_of
from tunebook.procedures.steps.stages import Conclusion, Done
from tunebook.procedures.steps.tuned_sweep import sweeps_in

TRIALS = 16
"""Of each arm."""
BELOW = 4.0
"""From the best learning rate down: the optimum may move either way."""
ROOM = 2.0
"""From the highest rate that held, up."""
WAYS = (
    "Residual connections and normalisation: x + Norm(f(x)), with the normalisation as the last "
    "operation before the sum.",
    "Initialisation: residual branches that begin at zero; a smaller scale of the weights.",
    "Another optimizer: Adam where it is momentum, or the other way round.",
)
"""The playbook's remedies that no procedure can carry out in a person's model (H5)."""


def conclude(args: InstabilityArguments, done: Done, found: InstabilityReading) -> Conclusion:
    """What the finished stages show."""
    findings = tuple(findings_of(args, done, found))
    held_back = next((f.sentence for f in findings if f.check == "H1"), None)
    return Conclusion(
        sentence=held_back or _waiting(args, done, found),
        findings=findings,
        proposal=_proposal(args, found),
        left=() if found.unstable is None else _left(found),
        answer=_answer(found),
    )


def _waiting(args: InstabilityArguments, done: Done, found: InstabilityReading) -> str:
    if sweeps_in(done, "sweep") and found.best is None:
        return (
            "Not enough evidence: fewer than five of the swept learning rates trained to an end. "
            f"The sweep went from {range_text(*args.learning_rates, 3)}; "
            "run it with lower ones, and a question of its own."
        )
    if not done:
        return "Nothing has run yet."
    return "Not known yet: the rates just above the best have not been trained."


def _left(found: InstabilityReading) -> tuple[str, ...]:
    ways = list(WAYS)
    if not any(w.holds for w in found.warmups):
        ways.append("A warm-up longer than a tenth of the steps, with more steps in all.")
    stable = [r.rate for r in found.above if r.says is Stability.STABLE]
    if stable:
        ways.append(
            f"As the last: stay at the learning rate that is stable, {digits(max(stable), 3)}."
        )
    return tuple(ways)


def _answer(found: InstabilityReading) -> dict[str, float | str | None]:
    verdict = None
    if found.unstable is not None:
        verdict = "unstable"
    elif found.judged:
        stable = all(r.says is Stability.STABLE for r in found.judged)
        verdict = "stable" if stable else "not enough evidence"
    warmup = next((w for w in found.warmups if w.holds), None)
    clip = next((c for c in found.clips if c.holds), None)
    return {
        "verdict": verdict,
        "best_learning_rate": found.base,
        "unstable_learning_rate": found.unstable,
        "warmup_steps": float(warmup.holds[0]) if warmup and warmup.holds else None,
        "warmup_learning_rate": warmup.rate if warmup else None,
        "clipping_threshold": found.norms.threshold.estimate if found.norms else None,
        "clip_norm_that_holds": clip.threshold if clip else None,
    }


def _proposal(args: InstabilityArguments, found: InstabilityReading) -> Proposal | None:
    """A round over the remedies that held, on and off, its learning rate tuned anew.

    None where nothing held, or nothing was unstable.
    """
    if found.unstable is None or found.base is None:
        return None
    scientific: dict[str, Axis | Per] = {}
    changes: list[Change] = []
    steps, highest = args.max_train_steps, found.base
    one = next((w for w in found.warmups if w.holds), None)
    if one is not None and one.holds is not None:
        name, length = args.called("warmup_steps"), one.holds[0]
        off = args.fixed[name]
        scientific[name] = Choice((off, length))
        steps, highest = steps + length, max(highest, one.rate)
        changes.append(_change(name, off, length, f"it trains at {digits(one.rate, 3)}", "H3"))
    clip = next((c for c in found.clips if c.holds), None)
    if clip is not None:
        name = args.called("clip_norm")
        off, threshold = args.fixed[name], round_to(clip.threshold, 3)
        scientific[name] = Choice((off, threshold))
        highest = max(highest, found.unstable)
        changes.append(
            _change(name, off, threshold, f"{digits(found.unstable, 3)} trains with it", "H4")
        )
    if not scientific:
        return None
    low, high = round_to(found.base / BELOW), round_to(ROOM * highest)
    rates = Float(low, high, Scale.LOG)
    do, what = "Does" if len(scientific) == 1 else "Do", " and ".join(scientific)
    plan = args.proposed(
        f"{do} {what} pay, with the learning rate tuned for each?",
        scientific=scientific,
        nuisance={args.rate: rates},
        fixed={k: v for k, v in args.fixed.items() if k not in {*scientific, args.rate}},
        trials=TRIALS * 2 ** len(scientific),
        max_train_steps=steps,
    )
    span = f"{range_text(rates.low, rates.high, 3)}, log"
    moved = Change(
        key=f"nuisance.{args.rate}", before=f"{args.fixed[args.rate]}", after=span,
        because="a remedy moves the best learning rate", check="H3",
    )  # fmt: skip
    return Proposal(plan=plan, changes=(*changes, moved))


def _change(name: str, before: object, after: float, because: str, check: str) -> Change:
    return Change(
        key=f"scientific.{name}", before=f"{before}", after=f"{before}, {spell(after)}",
        because=because, check=check,
    )  # fmt: skip
