"""Instability: the answer with its findings, and what is left to try (H1 to H5)."""

from __future__ import annotations

from tunebook.domain.formats.numbers import digits, range_text
from tunebook.procedures.instability.plans import InstabilityArguments
from tunebook.procedures.instability.proposal import propose
from tunebook.procedures.instability.results import InstabilityReading
from tunebook.procedures.instability.stable_rates import Stability
from tunebook.procedures.instability.wording import findings_of
from tunebook.procedures.steps.stages import Conclusion, Done
from tunebook.procedures.steps.tuned_sweep import sweeps_in

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
        proposal=propose(args, found),
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
