"""Instability: the answer, its findings, its pictures, and what to run next (H1 to H5)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.charts.picture import Picture
from tunebook.checks.charts import Drawn
from tunebook.domain.finding import Finding
from tunebook.domain.formats.numbers import digits, range_text
from tunebook.procedures.instability import chart as pictures
from tunebook.procedures.instability.plans import InstabilityAsked
from tunebook.procedures.instability.proposal import propose
from tunebook.procedures.instability.results import InstabilityReading
from tunebook.procedures.instability.stable_rates import Stability
from tunebook.procedures.instability.wording import (
    clipping,
    first_steps,
    held_back,
    not_reported,
    remedies,
    warmup,
)
from tunebook.procedures.steps.stages import Conclusion, Done

WAYS = (
    "Residual connections and normalisation: x + Norm(f(x)), with the normalisation as the last "
    "operation before the sum.",
    "Initialisation: residual branches that begin at zero; a smaller scale of the weights.",
    "Another optimizer: Adam where it is momentum, or the other way round.",
)
"""The playbook's remedies that no procedure can carry out in a person's model (H5)."""


def conclude(asked: InstabilityAsked, done: Done, found: InstabilityReading) -> Conclusion:
    """What the stages that are done say."""
    findings = tuple(_findings(asked, done, found))
    return Conclusion(
        sentence=_sentence(asked, done, found, findings),
        findings=findings,
        pictures=Drawn(lambda: _pictures(asked, found)),
        proposal=propose(asked, found),
        left=() if found.unstable is None else _left(found),
        answer=_answer(found),
    )


def _pictures(asked: InstabilityAsked, found: InstabilityReading) -> Iterator[Picture]:
    yield from pictures.draw_all(found.judged and found.above, found.look, found.norms)
    lengths = [(w.times, n, r) for w in found.warmups for n, r in w.lengths]
    yield from pictures.draw_warmups(lengths, metric=asked.loss)


def _findings(asked: InstabilityAsked, done: Done, found: InstabilityReading) -> Iterator[Finding]:
    if "first trial" in done:
        yield from not_reported(asked, done, found)
    if found.best is not None and found.above:
        yield held_back(asked, found)
    if found.look is not None:
        yield first_steps(found.look, done["first steps"].plan.max_train_steps)
    if found.warmups:
        yield warmup(asked, found)
    if found.above:
        yield from clipping(asked, found)
    if found.unstable is not None:
        yield remedies(found)


def _sentence(
    asked: InstabilityAsked,
    done: Done,
    found: InstabilityReading,
    findings: tuple[Finding, ...],
) -> str:
    first = next((f for f in findings if f.check == "H1"), None)
    if first is not None:
        return first.sentence
    if any(name.startswith("sweep") for name in done) and found.best is None:
        return (
            "Not enough evidence: fewer than five of the swept learning rates trained to an end. "
            "The sweep went from "
            f"{range_text(asked.learning_rates[0], asked.learning_rates[1], 3)}; ask again with "
            "lower ones, and a question of its own."
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
    if found.judged:
        says = [r.says for r in found.judged]
        verdict = (
            "unstable"
            if found.unstable is not None
            else "stable"
            if all(s is Stability.STABLE for s in says)
            else "not enough evidence"
        )
    holds = next((w for w in found.warmups if w.holds), None)
    clip = next((c for c in found.clips if c.reading.says is Stability.STABLE), None)
    return {
        "verdict": verdict,
        "best_learning_rate": found.base,
        "unstable_learning_rate": found.unstable,
        "warmup_steps": float(holds.holds[0]) if holds and holds.holds else None,
        "warmup_learning_rate": holds.rate if holds else None,
        "clipping_threshold": found.norms.threshold.estimate if found.norms else None,
        "clip_norm_that_holds": clip.threshold if clip else None,
    }
