"""Throughput: the sentence of each finding (A3)."""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.domain.finding import Finding, Interval, NotApplicable, Number, Severity
from tunebook.domain.formats.names import spell
from tunebook.domain.formats.numbers import percent
from tunebook.procedures.steps.stages import finding
from tunebook.procedures.throughput.plans import ThroughputArguments
from tunebook.procedures.throughput.results import Fate, SizeReading, ThroughputReading
from tunebook.procedures.throughput.saturation import Throughput
from tunebook.statistics.step_times import StepTime

MENDS = {
    Fate.SILENT: "trained and reported nothing: is an epoch shorter than the batch? Give "
    "examples=, the size of the training set, so that no larger batch is tried",
    Fate.SLOW: "took longer than time_limit_s: raise it, or give largest=",
    Fate.LOST: "was not trained: its worker was lost, or it was cancelled",
    Fate.FAILED: "failed, and not for lack of memory as far as is known: correct that",
}
KILLED = (
    "was killed; whether it lacked memory is not known: give a memory limit below the machine's "
    "to find out"
)


def findings_of(args: ThroughputArguments, found: ThroughputReading) -> Iterator[Finding]:
    """Which sizes fit, how throughput grows, and what the times can't show."""
    unread = [b for b, s in found.sizes.items() if s.unread]
    if unread:
        yield finding(
            "A3", Severity.PROBLEM, args.size,
            f'Training never read "{args.size}", so every size is the same to it. Read it from '
            f'trial.config["{args.size}"], or give the name that training uses: '
            f'names={{"batch_size": "..."}}.',
            trials=tuple(found.sizes[b].trial for b in unread),
        )  # fmt: skip
        return
    if found.doubled:
        yield _ended(args, found)
    if isinstance(found.found, Throughput):
        yield _throughput(args, found, found.found)
        if found.found.vague:
            yield _vague(args, found, found.found)
    lacking = {b: s for b in found.fitting if not (s := found.sizes[b]).known_time}
    if found.found is not None and lacking:
        yield _untimed(args, lacking)


def _ended(args: ThroughputArguments, found: ThroughputReading) -> Finding:
    """Up to which size training fits, and why no further."""
    fitting = found.fitting
    upto = f"Batch sizes {args.smallest} to {fitting[-1]} fit" if fitting else ""
    numbers: dict[str, Number] = {"largest that fits": fitting[-1]} if fitting else {}
    last = next(((b, s) for b, s in found.sizes.items() if s.fate is not Fate.FITS), None)
    if last is None:
        why, double = f"{fitting[-1]} is the largest size allowed", 2 * fitting[-1]
        if args.examples and args.examples < double <= args.largest:
            why = f"an epoch has {args.examples:,} examples, fewer than {double:,}"
        said = f"{upto}; {why}, and it still fits into memory."
        return finding("A3", Severity.NOTE, args.size, said, numbers=numbers)
    size, reading = last
    shown = reading.detail.rstrip(".")
    if reading.fate is not Fate.MEMORY:
        mend = KILLED if "SIGKILL" in reading.detail else MENDS[reading.fate]
        start = f"{upto}; the doubling ended at" if upto else "No size could be timed: the first,"
        severity = Severity.WARNING if upto else Severity.PROBLEM
        said = (
            f"{start} {size}, which {mend} ({shown}). Then run it again with another `question`."
        )
        numbers = {}
    elif upto:
        severity, said = Severity.NOTE, f"{upto}; {size} does not fit into memory ({shown})."
    else:
        less = max(1, args.smallest // 8)
        way = f"give smallest={less}, " if less < args.smallest else "train a smaller model, "
        severity = Severity.PROBLEM
        said = (
            f"The first batch size, {size}, does not fit into memory ({shown}): {way}"
            "give a higher limit, or use a machine with more."
        )
    return finding("A3", severity, args.size, said, numbers=numbers, trials=(reading.trial,))


def _throughput(
    args: ThroughputArguments, reading: ThroughputReading, found: Throughput
) -> Finding:
    numbers: dict[str, Number] = {f"seconds a step at {b}": s for b, s in found.times.items()}
    if found.knee is not None:
        numbers["throughput doubles up to"] = found.knee
    mixed = [
        str(b)
        for b in found.batch_sizes
        if isinstance(t := reading.sizes[b].time, StepTime) and not t.separated
    ]
    said = throughput_text(found)
    if mixed:
        said += (
            f" At {', '.join(mixed)} a step's time includes evaluations: training reports at its "
            "own distances, not where trial.evaluate_at(step) says."
        )
    severity = Severity.WARNING if found.knee is None and found.sure else Severity.NOTE
    return finding("A3", severity, args.size, said, numbers=numbers)


def throughput_text(found: Throughput) -> str:
    """Where throughput stops doubling, with a bottleneck where it never doubled."""
    first, last = found.batch_sizes[0], found.batch_sizes[-1]
    if not found.sure:
        return (
            "Not enough evidence where throughput stops doubling: step times this imprecise only "
            f"place it between batch size {found.knee_from or first} and {found.knee_to or first}."
        )
    if found.knee is None:
        return (
            f"Throughput does not double even from batch size {first} on (a doubling there brings "
            f"{_times(found.gains[0])}): something other than the number of steps takes the time, "
            "such as loading data, the host, or a device that is full already."
        )
    if found.knee == last:
        return f"Throughput still grows at batch size {last}, the largest that was measured."
    after = found.gains[found.batch_sizes.index(found.knee)]
    return (
        f"Throughput doubles with the batch size up to {found.knee}, and no longer beyond (the "
        f"next doubling brings {_times(after)})."
    )


def _vague(args: ThroughputArguments, found: ThroughputReading, through: Throughput) -> Finding:
    off = [
        f"{size} (to {percent(time.off)})"
        for size in through.vague
        if (time := found.sizes[size].known_time)
    ]
    return finding(
        "A3", Severity.WARNING, args.size,
        f"Step times vary too much to be trusted to {percent(args.precision)}, at batch sizes "
        f"{', '.join(off)}. Stop other work on the machine, and run it again with another "
        f"`question` and longer trials: trial_s={spell(4 * args.trial_s)}, "
        f"max_train_steps={4 * args.max_train_steps}.",
    )  # fmt: skip


def _untimed(args: ThroughputArguments, lacking: dict[int, SizeReading]) -> Finding:
    first = next(iter(lacking.values())).time
    why = first.reason if isinstance(first, NotApplicable) else "evaluations hide the steps' time"
    return finding(
        "A3", Severity.WARNING, args.size,
        f"Not enough evidence for a step's time at batch sizes {', '.join(map(str, lacking))}: "
        f"{why}. Report where trial.evaluate_at(step) says so, or give more steps, "
        f"max_train_steps={4 * args.max_train_steps}.",
    )  # fmt: skip


def _times(gain: Interval) -> str:
    return f"{gain.estimate:.2f} times, {gain.low:.2f} to {gain.high:.2f}"
