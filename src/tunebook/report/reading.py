"""What the checks of a round come to: its findings, its outcome, and that of predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tunebook.domain.finding import CheckFailed, Examination
from tunebook.domain.prediction import PredictionOutcome
from tunebook.report.outcome import RoundSummary

if TYPE_CHECKING:
    from tunebook.checks import Result
    from tunebook.domain.design import Round
    from tunebook.domain.finding import NotApplicable
    from tunebook.domain.table import TrialTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReading:
    """What is read off a round.

    Attributes:
        examination: what every check says.
        summary: the best configuration, good values, and why trials did not complete.
        predictions: of the round before, with their outcomes.
        unmeasured: origins of variance that D2 did not measure; None where it can't speak.
    """

    examination: Examination
    summary: RoundSummary
    predictions: tuple[PredictionOutcome, ...]
    unmeasured: tuple[str, ...] | None

    @property
    def lasting(self) -> bool:
        """False after a check that failed: it may do better with more memory."""
        return not any(isinstance(n, CheckFailed) for n in self.examination.not_applicable)

    def own(self) -> RoundReading:
        """The same with a list of findings that nobody else sorts or filters."""
        said = self.examination
        return replace(self, examination=replace(said, findings=list(said.findings)))


def reading_of(
    plan: Round,
    tables: tuple[TrialTable, TrialTable],
    details: Mapping[str, str],
    results: Mapping[str, Result | NotApplicable],
    said: Examination,
) -> RoundReading:
    """What the results of the checks on a round come to.

    Args:
        plan: of the round.
        tables: its search trials, and its reruns.
        details: trial name to its error in one line.
        results: of the checks on these trials.
        said: the findings of the results.
    """
    from tunebook.advice.outcomes import judge
    from tunebook.checks.variance_sources.check import VarianceSourcesResult
    from tunebook.report.round_summary import summarize

    searched, reruns = tables
    sources = results.get("D2")
    return RoundReading(
        examination=said,
        summary=summarize(searched, results, details, reruns),
        predictions=judge(plan, searched, said),
        unmeasured=tuple(map(str, sources.unmeasured))
        if isinstance(sources, VarianceSourcesResult)
        else None,
    )
