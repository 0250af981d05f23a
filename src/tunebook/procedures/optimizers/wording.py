"""Optimizers: the sentence of each finding (G1 G2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunebook.checks.included_optimizers.check import imitates_when, known
from tunebook.domain.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.domain.formats.numbers import digits, in_words, interval_text, plural
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.results import OptimizersReading, Tuned
from tunebook.procedures.optimizers.several_searches import SearchVerdict
from tunebook.procedures.optimizers.spaces import RATIO
from tunebook.procedures.steps.stages import Done, finding
from tunebook.procedures.steps.tuned_sweep import MOVES

TIMES = 10
"""As many seeds again as anyone would run: of more, no number is named."""
MANY = 4
"""Optimizers that a sentence names; of more it gives the number."""
MOST_PARTED = 6
"""Pairs that a sentence names."""
HALF = 0.5
ENOUGH = 12
"""Trials of each optimizer of which the 10 that C1 wants are likely to complete."""
TIMED, SLOWER = 1.0, 1.5
"""Seconds of a trial below which its start weighs too much, and how much longer is said."""


def findings_of(
    args: OptimizersArguments, done: Done, found: OptimizersReading
) -> Iterator[Finding]:
    """The verdict, what each budget reaches, and what weakens the answer."""
    yield from _judged(args, found)
    if len(found.curves) > 1:
        yield _by_budget(args, found)
    yield from _troubles(args, done, found)


def _judged(args: OptimizersArguments, found: OptimizersReading) -> Iterator[Finding]:
    """The verdict on new seeds, and each optimizer that lost to one it can imitate."""
    verdict = found.verdict
    if isinstance(verdict, NotApplicable):
        yield finding(
            "G1", Severity.WARNING, args.optimizer,
            f"Not enough evidence: {verdict.reason}. It needs {verdict.needs}.",
        )  # fmt: skip
    if not isinstance(verdict, SearchVerdict):
        return
    numbers: dict[str, Number] = {f"mean of {n}": verdict.mean[n] for n in verdict.order}
    numbers["pairs"] = verdict.pairs
    said = _verdict(args, found, verdict)
    yield finding("G1", Severity.NOTE, args.optimizer, said, numbers=numbers)
    for loser, winner, by in found.flagged:
        yield _flag(args, found.tuned[loser], winner, by, found.objective.metric)


def _flag(
    args: OptimizersArguments, loser: Tuned, winner: str, by: Interval, metric: str
) -> Finding:
    general, special = known(loser.optimizer), known(winner)
    assert general is not None and special is not None
    how = imitates_when(general, special)
    return finding(
        "G2", Severity.WARNING, f"{args.optimizer}={loser.optimizer}",
        f"{loser.optimizer} is worse than {winner} by {interval_text(by)} in {metric}, though it "
        f"can imitate it ({how}): its space leaves that out, or its trials were too few, so which "
        f"of the two is better is not decided. {_way(args, loser, general)}",
        numbers={"worse by": by}, trials=(loser.trial,) if loser.trial else (),
    )  # fmt: skip


def _way(args: OptimizersArguments, loser: Tuned, general: str) -> str:
    """What to do, by what its space was."""
    own = "and a question of its own"
    pinned = [
        n for n in args.spaces.get(loser.optimizer, {}) if args.called(n) in loser.space.held
    ]
    if pinned:
        held = "was held at one value" if len(pinned) == 1 else "were each held at one value"
        return f"{_named(pinned)} {held}: leave that out of spaces, {own}."
    open_ = args.called(RATIO) in loser.space.varied
    if OPTIMIZERS[general].inclusive and not open_:
        return f"Run it with inclusive=True, {own}: its space then includes both."
    return f"Its space includes both: run it with more trials than {args.trials}, {own}."


def _by_budget(args: OptimizersArguments, found: OptimizersReading) -> Finding:
    """Where bands do not meet, and where they do."""
    metric = found.objective.metric
    told = [
        f"{p.better} is ahead of {p.worse} "
        + (f"with {p.first} trials" if p.first == p.last else f"from {p.first} to {p.last} trials")
        for p in found.parted[:MOST_PARTED]
    ]
    more = len(found.parted) - len(told)
    if told:
        rest = f"; and {plural(more, 'more pair')}" if more > 0 else ""
        said = f"Best {metric} by budget: {'; '.join(told)}{rest}. "
        said += "At all other budgets, and for all other pairs, the bands overlap."
    else:
        said = (
            f"Best {metric} by budget: the bands of all optimizers overlap at every budget up to "
            f"{plural(args.trials, 'trial')}. Not enough evidence that one needs fewer trials."
        )
    numbers: dict[str, Number] = {
        f"{c.name}, best of {b}": c.at(b) for c in found.curves for b in budgets(c.trials)
    }
    return finding("G1", Severity.NOTE, args.optimizer, said, numbers=numbers)


def budgets(trials: int) -> tuple[int, ...]:
    """A few budgets up to all trials, about evenly on a logarithmic scale."""
    return tuple(dict.fromkeys(max(1, round(trials * share)) for share in (0.1, 0.3, 1.0)))


def _troubles(
    args: OptimizersArguments, done: Done, found: OptimizersReading
) -> Iterator[Finding]:
    """Optimizers that did not train, spaces still cut off, and what else weakens the answer."""
    for tuned in found.tuned.values():
        if tuned.config is None:
            yield _never_trained(args, tuned)
            continue
        failed = sum(count for _, count in tuned.causes)
        if failed > HALF * len(tuned.table):
            causes = ", ".join(f"{count} {cause}" for cause, count in tuned.causes)
            yield finding(
                "C3", Severity.WARNING, f"{args.optimizer}={tuned.optimizer}",
                f"{failed} of the {len(tuned.table)} trials of {tuned.optimizer} did not complete "
                f"({causes}): its budget went to a part of its space that does not train. Narrow "
                "it with spaces, and a question of its own.",
            )  # fmt: skip
    yield from _spaces(args, found)
    yield from _times(args, found)
    unread = dict.fromkeys(name for stage in done.values() for name in stage.unread)
    if unread:
        yield finding(
            "G1", Severity.WARNING, next(iter(unread)),
            f"Training never read {_named(tuple(unread))}, so it was tuned for nothing. Build "
            'the optimizer from the configuration, or say what it is called there (names).',
        )  # fmt: skip


def _never_trained(args: OptimizersArguments, tuned: Tuned) -> Finding:
    causes = ", ".join(f"{count} {cause}" for cause, count in tuned.causes)
    told = f": {tuned.told.rstrip('.')}" if tuned.told else ""
    return finding(
        "G1", Severity.PROBLEM, f"{args.optimizer}={tuned.optimizer}",
        f"None of the {plural(len(tuned.table), 'trial')} of {tuned.optimizer} completed "
        f"({causes}{told}), so it is left out of the comparison. Where the framework lacks it, "
        "leave it out or build it in training code; tunebook logs "
        f"{tuned.table.name[0]} shows what was printed. Then ask with a question of its own.",
        trials=tuned.table.name[:3],
    )  # fmt: skip


def _spaces(args: OptimizersArguments, found: OptimizersReading) -> Iterator[Finding]:
    unjudged = [n for n, t in found.tuned.items() if not t.judged and t.config is not None]
    for name, tuned in found.tuned.items():
        for hyperparameter, remedy in tuned.cut.items() if tuned.moves == MOVES else ():
            yield finding(
                "C1", Severity.WARNING,
                subject_name(hyperparameter, {args.optimizer: name}),
                f"The space of {name} is still cut off at {hyperparameter} after it was widened "
                f"{MOVES} times: {remedy.because}. {name} may do better than it did here.",
                remedy=remedy,
            )  # fmt: skip
    if unjudged:
        yield finding(
            "C1", Severity.NOTE, args.optimizer,
            f"Not enough evidence that the spaces of {_named(unjudged)} are wide enough: edges "
            "are judged from 10 complete trials. Give each optimizer more trials.",
            remedy=Remedy(
                kind=RemedyKind.MORE_TRIALS, values={"trials": max(2 * args.trials, ENOUGH)},
                because="edges are judged from 10 complete trials",
            ),
        )  # fmt: skip
    trained = [n for n in found.dense if found.tuned[n].config is not None]
    thin = [n for n in trained if not found.dense[n]]
    if thin and len(thin) < len(trained):
        yield finding(
            "C2", Severity.NOTE, args.optimizer,
            f"Not enough evidence that the spaces of {_named(thin)} were sampled densely; that of "
            f"{_named([n for n in trained if n not in thin])} was.",
        )  # fmt: skip


def _times(args: OptimizersArguments, found: OptimizersReading) -> Iterator[Finding]:
    seconds = {n: t.seconds for n, t in found.tuned.items() if t.seconds is not None}
    if not found.dense or len(seconds) < 2:
        return
    fast, slow = min(seconds, key=seconds.__getitem__), max(seconds, key=seconds.__getitem__)
    times = seconds[slow] / seconds[fast] if seconds[fast] >= TIMED else 1.0
    if times >= SLOWER:
        yield finding(
            "G1", Severity.NOTE, args.optimizer,
            f"Budgets are equal in trials and steps, not in time: a trial of {slow} takes "
            f"{digits(times)} times as long as one of {fast}.",
        )  # fmt: skip


def _verdict(args: OptimizersArguments, found: OptimizersReading, verdict: SearchVerdict) -> str:
    """Which is best, or why that is not decided."""
    first = verdict.order[0]
    flagged = [loser for loser, winner, _ in found.flagged if winner == first]
    worse = found.worse_than(first)
    undecided = [n for n in verdict.order[1:] if (first, n) not in verdict.better]
    seeds = plural(args.seeds, "new seed")
    after = f"after {plural(args.trials, 'trial')} of each"
    sign = found.objective.sign
    mean = f"{interval_text(verdict.mean[first])} in {found.objective.metric}"
    if undecided:
        said = _undecided(args, verdict, undecided, mean, after, sign)
        said += f" {first} is better than {_named(worse)}." if worse else ""
    elif worse:
        by = interval_text(verdict.by(first, worse[0], sign))
        rest = " and than all others" if len(worse) > 1 else ""
        said = f"{first} trains best here {after}: {mean} over {seeds}, better than {worse[0]} by "
        said += f"{by}{rest}."
    else:
        said = f"{first} has the best mean, {mean} over {seeds}, {after}."
    said += _others(found, verdict)
    if flagged:
        said += f" Whether it is better than {_named(flagged)} is not decided: {_named(flagged)} "
        said += "lost to it and can imitate it, so a space or a budget is wrong."
    return said


def _undecided(
    args: OptimizersArguments,
    verdict: SearchVerdict,
    undecided: Sequence[str],
    mean: str,
    after: str,
    sign: int,
) -> str:
    """What keeps the first from being the best, and what would settle it."""
    first = verdict.order[0]
    found = [n for n in undecided if (first, n) in verdict.by_seeds_alone]
    alike = [n for n in undecided if n not in found]
    seeds = f"{plural(args.seeds, 'new seed')} each"
    said = f"Not enough evidence which is best {after}; the best mean is that of {first}, {mean}."
    if alike:
        said += f" {_named([first, *alike])} do not differ significantly by {seeds}."
        within = verdict.more and verdict.more <= TIMES * args.seeds
        if within and alike[0] == verdict.order[1]:
            said += f" If {alike[0]} differs by what was measured, about {verdict.more} more "
            said += "seeds of each would show it."
    if found:
        by = interval_text(verdict.by(first, found[0], sign))
        rest = f", and than those of {_named(found[1:])}" if found[1:] else ""
        said += f" The configuration found for {first} is better than that of {found[0]} by {by}"
        said += f"{rest}. "
        said += "Another search could change as much, so run more trials of each."
    return said


def _others(found: OptimizersReading, verdict: SearchVerdict) -> str:
    """What differs among those behind the first."""
    worse = {n: found.worse_than(n) for n in verdict.order[1:]}
    shown = [f"{n} is better than {_named(names)}" for n, names in worse.items() if names]
    return f" Of the others, {', '.join(shown[:MANY])}." if shown else ""


def _named(names: Sequence[str]) -> str:
    return in_words(names, most=MANY)
