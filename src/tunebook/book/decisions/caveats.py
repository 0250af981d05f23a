"""What a conclusion leans on without having measured it (B2 D2 D6)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.checks.variance_sources.check import Origin, VarianceSourcesResult
from tunebook.domain.decision import Launch
from tunebook.domain.design import Round
from tunebook.domain.formats.numbers import estimate_text
from tunebook.domain.sealing import Look
from tunebook.domain.space import Per, spell

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
    plan: Round,
    baseline: Launch | None,
    number: int,
    looks: Sequence[Look],
    sources: VarianceSourcesResult | None = None,
    trained: str = "",
) -> tuple[str, ...]:
    """Sentences: every fixed hyperparameter, then every source of variation left unmeasured.

    Args:
        plan, number: of the round that is decided.
        baseline: that its candidates are compared with, None for a first one.
        looks: at test metrics, so far.
        trained: how long trials trained, and what that leaves open, a sentence.
        sources: of variance, where they were measured; None says that the reruns alone are known.
    """
    held = [
        f"{name} was held at {_value(value)}: another value may change the answer."
        for name, value in plan.fixed.items()
    ]
    length = (
        [
            f"The baseline was launched at {baseline.max_train_steps} steps and rerun here at "
            f"{plan.max_train_steps}."
        ]
        if baseline and baseline.max_train_steps != plan.max_train_steps
        else []
    )
    looked = [
        f"Look {look.number} at {look.metric} showed results of "
        f"{'rounds before this one' if look.rounds < number else 'this round'}: the test set may "
        "have had a part in what is decided."
        for look in looks
    ]
    return (
        *held,
        *length,
        *looked,
        *([trained] if trained else []),
        *_sources(sources),
    )


def _sources(found: VarianceSourcesResult | None) -> list[str]:
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
