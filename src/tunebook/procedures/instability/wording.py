"""Instability: the sentence of each finding (H1 to H5)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.domain.errors import nearest
from tunebook.domain.finding import Finding, Interval, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import digits, percent
from tunebook.domain.trial import Cause
from tunebook.procedures.instability.gradient_norms import TOO_MANY
from tunebook.procedures.instability.plans import (
    FIRST,
    LOOK,
    TIMES_UNSTABLE,
    InstabilityArguments,
    warmups,
)
from tunebook.procedures.instability.results import ClipTry, InstabilityReading, WarmupTry
from tunebook.procedures.instability.stable_rates import RateReading, Stability
from tunebook.procedures.steps.stages import Done, finding


def findings_of(
    args: InstabilityArguments, done: Done, found: InstabilityReading
) -> Iterator[Finding]:
    """What is known, in the playbook's order."""
    if FIRST in done:
        yield from _not_reported(args, done, found)
    if found.best is not None and found.above:
        yield _held_back(args, found)
    if found.look is not None:
        yield _first_steps(found.look, done[LOOK].plan.max_train_steps)
    if found.warmups:
        yield _warmup(args, found)
    if found.above:
        yield from _clipping(args, found)
    if found.unstable is not None:
        yield _remedies(found)


def _not_reported(
    args: InstabilityArguments, done: Done, found: InstabilityReading
) -> Iterator[Finding]:
    """Metrics that the procedure reads and that no trial reported."""
    table = done[FIRST].table
    trial = table.name[0]
    if table.cause[0] not in (None, Cause.DIVERGED, Cause.CHANCE) and not table.curves:
        yield finding(
            "H1", Severity.PROBLEM, "",
            f"The first trial reported nothing: {table.cause[0]}. What it printed: tunebook logs "
            f"{trial}. Once it trains, run it with another question.",
            trials=(trial,),
        )  # fmt: skip
        return
    if args.loss not in found.reported:
        close = nearest(args.loss, found.reported)
        yield finding(
            "H1", Severity.PROBLEM, args.loss,
            f'Not enough evidence: training does not report "{args.loss}", the loss that shows '
            f"instability; it reports {', '.join(sorted(found.reported)) or 'nothing'}.{close} "
            f'Report it: trial.report(step, {{"{args.loss}": loss}}). Or run it with loss="..." '
            "and another question.",
            trials=(trial,),
        )  # fmt: skip
    elif args.norms not in found.reported:
        yield finding(
            "H4", Severity.NOTE, args.norms,
            f'Not enough evidence for a clipping threshold: training does not report '
            f'"{args.norms}".{nearest(args.norms, found.reported)} Add a line before gradients '
            f'are clipped: trial.report(step, {{"{args.norms}": '
            "tb.gradient_norm(model.parameters())}); for JAX, tb.gradient_norm(gradients).",
            trials=(trial,),
        )  # fmt: skip


def _held_back(args: InstabilityArguments, found: InstabilityReading) -> Finding:
    """H1: is training unstable just above the best learning rate?"""
    best = found.best
    assert best is not None
    rate = found.above[0].rate
    numbers: dict[str, Number] = {
        "best learning rate, and those about as good": Interval(
            rate, min(best.low, rate), max(best.high, rate)
        ),
        **{f"failing seeds at {r.setting}": f"{r.failed} of {r.known}" for r in found.judged},
    }
    edge = f" The best is at the {best.edge} edge of all that was swept." if best.edge else ""
    if found.unstable is not None:
        numbers["unstable learning rate"] = found.unstable
        bad = next(
            r
            for r in (*found.above, *found.judged)
            if r.says is Stability.UNSTABLE and r.rate == found.unstable
        )
        names = f"{args.called('warmup_steps')}, {args.called('clip_norm')}"
        when = "early in training" if 2 * bad.early > bad.failed else "later in training"
        return finding(
            "H1", Severity.PROBLEM, args.rate,
            f"Instability holds this workload back: the best learning rate is {digits(rate, 3)}, "
            f"and at {digits(bad.rate, 3)} ({bad.setting}) {bad.told}, {when}.{edge}",
            numbers=numbers, trials=tuple(r.trial for r in bad.runs if r.fate.fails),
            remedy=Remedy(
                kind=RemedyKind.ADD, values={"hyperparameters": names},
                because="higher rates may then train better",
            ),
        )  # fmt: skip
    undecided = [r for r in found.judged if r.says is Stability.OPEN]
    if undecided or found.look is None:
        told = "; ".join(f"at {digits(r.rate, 3)} ({r.setting}) {r.told}" for r in undecided)
        return finding(
            "H1", Severity.NOTE, args.rate,
            f"Not enough evidence whether instability holds this workload back: the best learning "
            f"rate is {digits(rate, 3)}; {told or 'the first steps have not been trained'}.{edge}",
            numbers=numbers,
        )  # fmt: skip
    told = "; ".join(f"at {digits(r.rate, 3)} ({r.setting}) {r.told}" for r in found.judged)
    return finding(
        "H1", Severity.PASS, args.rate,
        "Instability does not hold this workload back: the best learning rate is "
        f"{digits(rate, 3)}, and {told}. It needs neither warm-up nor clipping to be "
        f"stable.{edge}",
        numbers=numbers,
    )  # fmt: skip


def _first_steps(look: RateReading, steps: int) -> Finding:
    """H2: what happens in the first steps at twice the best rate?"""
    severity = {
        Stability.UNSTABLE: Severity.PROBLEM,
        Stability.STABLE: Severity.PASS,
        Stability.OPEN: Severity.NOTE,
    }[look.says]
    rises = [r.at for r in look.runs if r.fate.fails and r.at is not None]
    first = f", first at step {min(rises)}" if rises else ""
    return finding(
        "H2", severity, "",
        f"In the first {steps} steps at {digits(look.rate, 3)}, evaluated at every one, "
        f"{look.told}{first}.",
        trials=tuple(r.trial for r in look.runs if r.fate.fails),
    )  # fmt: skip


def _warmup(args: InstabilityArguments, found: InstabilityReading) -> Finding:
    """H3: the shortest warm-up that makes a far higher rate train, or why there is none."""
    name = args.called("warmup_steps")
    tries = "; ".join(_tried(w) for w in found.warmups)
    if any(w.unread for w in found.warmups):
        return finding(
            "H3", Severity.PROBLEM, name,
            f'Not enough evidence for a warm-up: training never read "{name}". Multiply the '
            f'learning rate by min(1, (step + 1) / trial.config["{name}"]) where that is above 0.',
        )  # fmt: skip
    one = next((w for w in found.warmups if w.holds), None)
    if one is None or one.holds is None:
        longest = warmups(args.max_train_steps)[-1]
        last = found.warmups[-1]
        more = last.times != TIMES_UNSTABLE[-1] or last.next_length is not None
        return finding(
            "H3", Severity.NOTE if more else Severity.WARNING, name,
            f"No warm-up of up to {longest} steps, a tenth of the training, makes it train at "
            f"the rates that were tried: {tries}." + (" More are to come." if more else ""),
        )  # fmt: skip
    length, whole = one.holds
    higher = "; ".join(_tried(w) for w in found.warmups if w.times > one.times)
    return finding(
        "H3", Severity.WARNING, name,
        f"A warm-up of {length} steps trains at {digits(one.rate, 3)}, "
        f"{f'{spell(one.times)} times ' if one.times != 1 else ''}the unstable learning rate: "
        f"over {args.max_train_steps + length} steps {whole.told}."
        + _means(whole, found.above[0])
        + (f" Higher peaks do not train: {higher}." if higher else ""),
        numbers={"warm-up steps": length, "peak learning rate": one.rate},
        remedy=Remedy(
            kind=RemedyKind.FIX, subject=name, values={"value": length},
            because="it is the shortest that was found to hold there",
        ),
    )  # fmt: skip


def _clipping(args: InstabilityArguments, found: InstabilityReading) -> Iterator[Finding]:
    """H4: the threshold, and whether clipping at it makes the unstable rate train."""
    norms, name = found.norms, args.called("clip_norm")
    if norms is None:
        if args.norms in found.reported:
            yield finding(
                "H4", Severity.NOTE, args.norms,
                "Not enough evidence for a clipping threshold: fewer than 100 finite gradient "
                "norms at the best learning rate.",
            )  # fmt: skip
        return
    threshold = norms.threshold
    numbers: dict[str, Number] = {
        "90th percentile": threshold,
        "median norm": norms.median,
        "largest norm": norms.largest,
    }
    told = (
        f"The 90th percentile of {norms.count} gradient norms at the best learning rate is "
        f"{digits(threshold.estimate, 3)}"
    )
    if found.unstable is None:
        yield finding(
            "H4", Severity.PASS, name,
            f"{told}: the threshold, if you ever want clipping; stability does not need it.",
            numbers=numbers,
        )  # fmt: skip
        return
    if any(c.unread for c in found.clips):
        yield finding(
            "H4", Severity.PROBLEM, name,
            f'{told}. Whether it helps is not known: training never read "{name}". Clip gradients '
            f'at trial.config["{name}"] where that is above 0.',
            numbers=numbers,
        )  # fmt: skip
        return
    yield _tried_clips(found, name, told, numbers, threshold.estimate)


def _tried_clips(
    found: InstabilityReading, name: str, told: str, numbers: dict[str, Number], begin: float
) -> Finding:
    """The threshold with what clipping did at the unstable rate; `begin` where none held."""
    assert found.unstable is not None
    holds = next((c for c in found.clips if c.holds), None)
    tries = "; ".join(_clip_told(c) for c in found.clips)
    chosen = holds.threshold if holds else begin
    much = holds is not None and holds.clipped > TOO_MANY
    if holds is not None and not math.isnan(holds.clipped):
        numbers["updates clipped"] = holds.clipped
    return finding(
        "H4", Severity.WARNING, name,
        f"{told}, the threshold to begin with. At the unstable rate {digits(found.unstable, 3)}: "
        f"{tries or 'clipping has not been tried yet'}."
        + (_means(holds.reading, found.above[0]) if holds else "")
        + (" More than half of the updates are clipped: lower the rate instead." if much else ""),
        numbers=numbers,
        remedy=Remedy(
            kind=RemedyKind.FIX, subject=name, values={"value": chosen},
            because="training holds with it" if holds else "it is where to begin",
        ),
    )  # fmt: skip


def _remedies(found: InstabilityReading) -> Finding:
    """H5: which remedies were tried, and which are left."""
    tried = [
        f"{name} ({'helps' if any(one.holds for one in tries) else 'does not help'})"
        for name, tries in (("warm-up", found.warmups), ("clipping", found.clips))
        if any(not one.unread for one in tries)
    ]
    return finding(
        "H5", Severity.NOTE, "",
        f"Tried: {', '.join(tried) or 'nothing yet'}. Left: placement of residual connections and "
        "normalisation, initialisation, another optimizer, and last a lower learning rate.",
    )  # fmt: skip


def _tried(one: WarmupTry) -> str:
    """`at 10 times (1.2) 5 of 5 seeds fail with 40 steps of warm-up`."""
    where = f"at {spell(one.times)} times ({digits(one.rate, 3)})"
    if one.wholes:
        length, reading = one.wholes[-1]
        return f"{where} {length} steps pass a short run, and over the whole {reading.told}"
    length, reading = one.lengths[-1]
    return f"{where} {reading.told} with {length} steps of warm-up"


def _clip_told(one: ClipTry) -> str:
    share = "" if math.isnan(one.clipped) else f", {percent(one.clipped)} of updates clipped"
    return f"clipped at {digits(one.threshold, 3)} {one.reading.told}{share}"


def _means(with_it: RateReading, without: RateReading) -> str:
    """The objective with a remedy and at the best rate without: measured, not decided."""
    if not with_it.values or not without.values:
        return ""
    a, b = (sum(v) / len(v) for v in (with_it.values, without.values))
    return (
        f" Its objective is {digits(a, 4)} on average, {digits(b, 4)} at the best rate without "
        "it; the proposed round decides."
    )
