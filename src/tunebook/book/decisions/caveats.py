"""What a conclusion leans on without having measured it (B2 D2 D6)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.checks.variance_sources.check import Origin, VarianceSourcesResult
from tunebook.deciding.comparison import mean_of
from tunebook.deciding.fragile_seeds import fragile, fragile_text, seedless_texts
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.deciding.validation_sampling import sampling_error
from tunebook.domain.decision import BASELINE, Launch, Side
from tunebook.domain.design import Round
from tunebook.domain.formats.numbers import digits, estimate_text
from tunebook.domain.sealing import Look
from tunebook.domain.space import Per, spell
from tunebook.store import StoredRound

UNMEASURED = {
    Origin.TRIAL: "Retrain variance was not measured: every rerun gave the same value.",
    Origin.STUDY: "Another search might select other configurations: study variance was not "
    "measured.",
    Origin.SPLIT: "Variation over data splits was not measured: the verdict holds on this "
    "validation set.",
}
MEASURED = {
    Origin.STUDY: "What another search would choose has a standard deviation of {}, which a "
    "verdict on these configurations leaves out.",
    Origin.SPLIT: "Another split of the data moves a result by a standard deviation of {}, which "
    "a verdict on this validation set leaves out.",
}


def caveats(
    stored: StoredRound,
    baseline: Launch | None,
    evidence: Sequence[SideEvidence],
    looks: Sequence[Look],
    asked: Question,
    *,
    sources: VarianceSourcesResult | None = None,
    trained: str = "",
) -> tuple[str, ...]:
    """Sentences on the seeds, the length, looks at test metrics, and what was not measured.

    Args:
        stored: the round that is decided.
        baseline: that its candidates are compared with, None for a first one.
        evidence: what each side was judged on.
        looks: at test metrics, so far.
        asked: objective, least improvement and chance.
        sources: of variance, where they were measured; None says that the reruns alone are known.
        trained: how long trials trained, and what that leaves open, a sentence.
    """
    looked = [
        f"Look {look.number} at {look.metric} showed results of "
        f"{'rounds before this one' if look.rounds < stored.number else 'this round'}: the test "
        "set may have had a part in what is decided."
        for look in looks
    ]
    metric = asked.objective.metric
    fragile_seeds = [
        fragile_text(side.name, found, metric)
        for side in evidence
        if (found := fragile(side.values, asked.objective)) is not None
    ]
    return (
        *seedless_texts({s.name: s.values for s in evidence}, metric),
        *fragile_seeds,
        *looked,
        *([trained] if trained else []),
        *sources_caveats(sources),
        *_other_length(stored.plan, baseline, evidence, asked),
    )


def held_caveats(plan: Round) -> tuple[str, ...]:
    """A sentence for each hyperparameter that was fixed."""
    return tuple(
        f"{name} was held at {_value(value)}: another value may change the answer."
        for name, value in plan.fixed.items()
    )


def validation_caveat(best: Side, baseline: Side, asked: Question) -> tuple[str, ...]:
    """How far another validation set might move the gain, where its size was told."""
    examples = asked.validation_examples
    if not examples or baseline.name != BASELINE:
        return ()
    error = sampling_error([best.mean.estimate, baseline.mean.estimate], examples)
    if error is None:
        return ()
    return (
        f"Another validation set of {examples:,} examples might move the gain in "
        f"{asked.objective.metric} by {digits(error)} at most (95 %); by less where both sides "
        "err on the same examples.",
    )


def _other_length(
    plan: Round,
    baseline: Launch | None,
    evidence: Sequence[SideEvidence],
    asked: Question,
) -> list[str]:
    """What the baseline reaches where this round trains another length than its launch."""
    if baseline is None or baseline.max_train_steps == plan.max_train_steps:
        return []
    side = next(s for s in evidence if s.name == BASELINE)
    mean = mean_of(side, asked).estimate
    return [
        f"Both sides trained {plan.max_train_steps} steps, the baseline's launch "
        f"{baseline.max_train_steps}: the baseline reaches {asked.objective.metric} "
        f"{digits(mean, 3)} here, where {digits(baseline.expected.estimate, 3)} was expected. "
        "That is the length's effect and is no gain of a candidate."
    ]


def sources_caveats(found: VarianceSourcesResult | None) -> list[str]:
    """What the verdict leans on of each source of variance: unmeasured, or outside of it."""
    if found is None:
        return [UNMEASURED[Origin.STUDY], UNMEASURED[Origin.SPLIT]]
    return [
        UNMEASURED[s.origin]
        if s.deviation is None or s.with_trial
        else MEASURED[s.origin].format(estimate_text(s.deviation))
        for s in found.sources
        if s.origin in MEASURED or (s.deviation is None and found.seedless)
    ]


def _value(value: object) -> str:
    if isinstance(value, Per):
        return ", ".join(
            f"{spell(axis.values[0])} under {value.on}={spell(on)}"
            for on, axis in value.when
            if hasattr(axis, "values")
        )
    return spell(value)  # type: ignore[arg-type]
