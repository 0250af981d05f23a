"""Instability: the round to run next, which compares what helped with what stands (H3 H4)."""

from __future__ import annotations

from tunebook.domain.decision import Change
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, range_text, round_to
from tunebook.domain.record import Proposal
from tunebook.domain.space import Axis, Choice, Float, Per, Scale
from tunebook.procedures.instability.plans import InstabilityArguments
from tunebook.procedures.instability.results import InstabilityReading

TRIALS = 16
"""Of each arm."""
BELOW = 4.0
"""From the best learning rate down: the optimum may move either way."""
ROOM = 2.0
"""From the highest rate that held, up."""


def propose(args: InstabilityArguments, found: InstabilityReading) -> Proposal | None:
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
