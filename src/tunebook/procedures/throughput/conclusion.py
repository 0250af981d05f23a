"""Throughput: the answer, its findings and its picture (A3)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tunebook.charts.picture import Picture
from tunebook.checks.charts import Drawn
from tunebook.domain.finding import Finding, NotApplicable, Number, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import percent
from tunebook.procedures.steps.stages import Conclusion, finding
from tunebook.procedures.throughput import chart as pictures
from tunebook.procedures.throughput.plans import ThroughputAsked
from tunebook.procedures.throughput.results import (
    Fate,
    SizeReading,
    ThroughputReading,
)
from tunebook.procedures.throughput.saturation import Throughput
from tunebook.statistics.step_times import StepTime

MENDS = {
    Fate.SILENT: "trained and reported nothing: is an epoch shorter than the batch? Give "
    "examples=, the size of the training set, so that no larger batch is tried",
    Fate.SLOW: "took longer than time_limit_s: raise it, or give largest=",
    Fate.LOST: "was not trained: its worker was lost, or it was cancelled. Ask again",
    Fate.FAILED: "failed, and not for want of memory as far as is known: mend that",
}


def conclude(asked: ThroughputAsked, found: ThroughputReading) -> Conclusion:
    """What the stages that are done say."""
    findings = tuple(_findings(asked, found))
    return Conclusion(
        sentence=_sentence(findings, found),
        findings=findings,
        pictures=Drawn(lambda: _pictures(found)),
        answer=_answer(found),
    )


def _pictures(found: ThroughputReading) -> Iterator[Picture]:
    if isinstance(found.found, Throughput):
        ends = next((b for b, s in found.sizes.items() if s.fate is Fate.MEMORY), None)
        yield pictures.draw_throughput(found.found, ends)


def _sentence(findings: tuple[Finding, ...], found: ThroughputReading) -> str:
    if not found.sizes:
        return "Nothing has run yet."
    if found.found is None and not any(f.severity is Severity.PROBLEM for f in findings):
        return f"Not known yet: batch sizes up to {max(found.sizes)} were tried."
    return " ".join(f.sentence for f in findings[:2])


def _findings(asked: ThroughputAsked, found: ThroughputReading) -> Iterator[Finding]:
    unread = [b for b, s in found.sizes.items() if s.unread]
    if unread:
        yield _finding(
            Severity.PROBLEM, asked,
            f'Training never read "{asked.size}", so every size is the same to it. Read it from '
            f'trial.config["{asked.size}"], or say what training calls it: '
            f'names={{"batch_size": "..."}}.',
            trials=tuple(found.sizes[b].trial for b in unread),
        )  # fmt: skip
        return
    if found.doubled:
        yield from _ended(asked, found)
    if isinstance(found.found, Throughput):
        yield _throughput(asked, found, found.found)
        if found.found.vague:
            yield _vague(asked, found, found.found)
    if found.found is not None:
        yield from _untimed(asked, found)


def _ended(asked: ThroughputAsked, found: ThroughputReading) -> Iterator[Finding]:
    """Up to which size training fits, and why no further."""
    fitting = found.fitting
    last = next(((b, s) for b, s in found.sizes.items() if s.fate is not Fate.FITS), None)
    upto = f"Batch sizes {asked.smallest} to {fitting[-1]} fit" if fitting else ""
    if last is None:
        why = f"{fitting[-1]} is the largest that was asked for"
        if (
            asked.examples
            and fitting[-1] * 2 > asked.examples
            and fitting[-1] * 2 <= asked.largest
        ):
            why = f"an epoch has {asked.examples:,} examples, fewer than {fitting[-1] * 2:,}"
        yield _finding(
            Severity.NOTE, asked, f"{upto}; {why}, and memory has not ended there.",
            numbers={"largest that fits": fitting[-1]},
        )  # fmt: skip
        return
    size, reading = last
    shown = reading.detail.rstrip(".")
    if reading.fate is Fate.MEMORY and fitting:
        yield _finding(
            Severity.NOTE, asked, f"{upto}; at {size} memory ends ({shown}).",
            numbers={"largest that fits": fitting[-1]}, trials=(reading.trial,),
        )  # fmt: skip
    elif reading.fate is Fate.MEMORY:
        less = max(1, asked.smallest // 8)
        way = f"give smallest={less}, " if less < asked.smallest else "train a smaller model, "
        yield _finding(
            Severity.PROBLEM, asked,
            f"Memory ends at the first batch size, {size} ({shown}): {way}a higher memory limit, "
            "or a machine with more.",
            trials=(reading.trial,),
        )  # fmt: skip
    else:
        yield _failed(asked, size, reading, upto)


def _failed(asked: ThroughputAsked, size: int, reading: SizeReading, upto: str) -> Finding:
    shown = reading.detail.rstrip(".")
    mend = MENDS[reading.fate]
    if "SIGKILL" in reading.detail:
        mend = (
            "was killed; whether for want of memory is not known: give a memory limit below the "
        )
        mend += "machine's, and it is told"
    start = f"{upto}; the doubling ended at" if upto else "Nothing could be timed: the first size,"
    severity = Severity.WARNING if upto else Severity.PROBLEM
    return _finding(
        severity, asked,
        f"{start} {size}, which {mend} ({shown}). Then ask with a question of its own.",
        trials=(reading.trial,),
    )  # fmt: skip


def _throughput(asked: ThroughputAsked, reading: ThroughputReading, found: Throughput) -> Finding:
    numbers: dict[str, Number] = {
        f"seconds a step at {b}": s for b, s in zip(found.batch_sizes, found.step_s, strict=True)
    }
    if found.knee is not None:
        numbers["throughput doubles up to"] = found.knee
    severity = Severity.WARNING if found.knee is None and found.sure else Severity.NOTE
    mixed = [
        str(b)
        for b in found.batch_sizes
        if isinstance(t := reading.sizes[b].time, StepTime) and not t.separated
    ]
    said = found.sentence
    if mixed:
        said += (
            f" At {', '.join(mixed)} evaluations are in a step's time: training reports at "
            "distances of its own, not where trial.evaluate_at(step) says."
        )
    return _finding(severity, asked, said, numbers=numbers)


def _vague(asked: ThroughputAsked, found: ThroughputReading, through: Throughput) -> Finding:
    off = {}
    for size in through.vague:
        time = found.sizes[size].time
        assert isinstance(time, StepTime)
        off[size] = f"{size} (to {percent(time.off)})"
    return _finding(
        Severity.WARNING, asked,
        f"Step times vary too much to be trusted to {percent(asked.precision)}, at batch sizes "
        f"{', '.join(off.values())}: leave nothing else running on the machine, and ask again "
        f"with a question of its own and longer trials, trial_s={spell(4 * asked.trial_s)}, "
        f"max_train_steps={4 * asked.max_train_steps}.",
    )  # fmt: skip


def _untimed(asked: ThroughputAsked, found: ThroughputReading) -> Iterator[Finding]:
    lacking = {b: t for b in found.fitting if not _known(t := found.sizes[b].time)}
    if not lacking:
        return
    shown = ", ".join(map(str, lacking))
    first = next(iter(lacking.values()))
    why = first.reason if isinstance(first, NotApplicable) else "evaluations hide the steps' time"
    yield _finding(
        Severity.WARNING, asked,
        f"Not enough evidence for a step's time at batch sizes {shown}: {why}. Report where "
        "trial.evaluate_at(step) says so, or give more steps, "
        f"max_train_steps={4 * asked.max_train_steps}.",
    )  # fmt: skip


def _known(time: object) -> bool:
    return isinstance(time, StepTime) and time.seconds.estimate > 0 and math.isfinite(time.off)


def _finding(
    severity: Severity,
    asked: ThroughputAsked,
    sentence: str,
    *,
    numbers: dict[str, Number] | None = None,
    trials: tuple[str, ...] = (),
) -> Finding:
    return finding("A3", severity, asked.size, sentence, numbers=numbers, trials=trials)


def _answer(found: ThroughputReading) -> dict[str, float | str | None]:
    through = found.found if isinstance(found.found, Throughput) else None
    times = zip(through.batch_sizes, through.step_s, strict=True) if through else ()
    return {
        "largest_that_fits": found.fitting[-1] if found.doubled and found.fitting else None,
        "doubles_up_to": through.knee if through else None,
        **{f"step_s_{b}": s.estimate for b, s in times},
    }
