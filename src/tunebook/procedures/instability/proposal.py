"""Instability: the round to run next, which compares what helped with what stands (H3 H4)."""

from __future__ import annotations

from tunebook.domain.decision import Change
from tunebook.domain.design import Round
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, range_text, round_to
from tunebook.domain.record import Proposal
from tunebook.domain.space import Axis, Choice, Float, Per, Scale
from tunebook.procedures.instability.plans import InstabilityAsked
from tunebook.procedures.instability.results import InstabilityReading
from tunebook.procedures.instability.stable_rates import Stability

TRIALS = 16
"""Of each side."""
BELOW = 4.0
"""From the best learning rate down: the optimum may move either way."""
ROOM = 2.0
"""From the highest rate that held, up."""


def propose(asked: InstabilityAsked, found: InstabilityReading) -> Proposal | None:
    """A round over the remedies that held, on and off, its learning rate tuned anew.

    None where nothing held, or nothing was unstable.
    """
    if found.unstable is None or found.base is None:
        return None
    scientific: dict[str, Axis | Per] = {}
    changes: list[Change] = []
    steps, highest = asked.max_train_steps, found.base
    one = next((w for w in found.warmups if w.holds), None)
    if one is not None and one.holds is not None:
        name, off, length = (
            asked.called("warmup_steps"),
            asked.set_to("warmup_steps"),
            one.holds[0],
        )
        scientific[name] = Choice((off, length))
        steps, highest = steps + length, max(highest, one.rate)
        changes.append(_change(name, off, length, f"it trains at {digits(one.rate, 3)}", "H3"))
    clip = next((c for c in found.clips if c.reading.says is Stability.STABLE), None)
    if clip is not None:
        name, off = asked.called("clip_norm"), asked.set_to("clip_norm")
        threshold = round_to(clip.threshold, 3)
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
    plan = Round(
        goal=f"{do} {what} pay, with the learning rate tuned anew for each?",
        scientific=scientific,
        nuisance={asked.rate: rates},
        fixed={k: v for k, v in asked.fixed.items() if k not in {*scientific, asked.rate}},
        trials=TRIALS * 2 ** len(scientific),
        max_train_steps=steps,
        note=f"Proposed by the procedure {asked.procedure}.",
    )
    span = f"{range_text(rates.low, rates.high, 3)}, log"
    changes.append(
        Change(
            key=f"nuisance.{asked.rate}",
            before=f"{asked.fixed[asked.rate]}",
            after=span,
            because="a remedy moves the best learning rate",
            check="H3",
        )
    )
    return Proposal(plan=plan, changes=tuple(changes))


def _change(name: str, before: object, after: float, because: str, check: str) -> Change:
    return Change(
        key=f"scientific.{name}", before=f"{before}", after=f"{before}, {spell(after)}",
        because=because, check=check,
    )  # fmt: skip
