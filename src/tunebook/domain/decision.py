"""Decisions and launches: added to a book, never changed (D1 D3 D5)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Interval
from tunebook.domain.formats import scalars
from tunebook.domain.formats.display import Shown
from tunebook.domain.formats.notation import parse_metric
from tunebook.domain.frozen import freeze
from tunebook.domain.trial import Configuration, Value

BASELINE = "baseline"
"""Name of the arm that candidates are compared with."""


class Verdict(StrEnum):
    """What a round's evidence says of changing the baseline."""

    ADOPT = "adopt"
    KEEP = "keep"
    MORE_EVIDENCE = "more evidence"


class Estimand(StrEnum):
    """What of the fresh seeds decides; fixed before the first rerun."""

    MEAN = "mean"
    """The mean objective, infeasible reruns at a stated worst value."""
    BEATS = "beats"
    """The chance that a rerun of the candidate beats one of the baseline by more than the least
    improvement; an infeasible rerun beats none."""


NOT_KNOWN = Interval(math.nan, -math.inf, math.inf)


class CaveatKind(StrEnum):
    """What a caveat is about, where reports show that elsewhere as well."""

    PROBLEM = "open problem"
    FIXED = "fixed value"
    OTHER = "other"

    @classmethod
    def of_old(cls, text: str) -> CaveatKind:
        """The kind of a caveat in a book of a version that did not record it."""
        if text.startswith("Open problem "):
            return cls.PROBLEM
        return cls.FIXED if " was held at " in text else cls.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One configuration that is rerun with new seeds: a candidate, or the baseline.

    Attributes:
        name: the scientific value, `optimizer=adam`, or `baseline`.
        config: what was rerun.
        selected_by: trial that it comes from; empty for the baseline.
        reruns: names of the fresh-seed trials.
        mean: of the reruns, in the metric's units.
        gain: improvement over the baseline (over chance for a first baseline), positive is
            better, in the metric's units, or the chance to beat it, 0 to 1, where the decision's
            estimand is that; None for the baseline itself.
        difference: of `mean` from the baseline's, positive is better: the plain number that
            `gain` corrects for the interim looks. For a first baseline, of the mean at the last
            evaluation from chance. None where the gain is a chance, or in older books.
        compared: reruns of each of the two that `gain` compares; 0 in older books.
        last: mean at the last evaluation of the complete reruns, where `mean` is of the best of
            curves and the comparison is with chance; else None.
        unused: reruns that the plan still had when the candidate was dropped, because an adoption
            had become unlikely; 0 where it was not dropped early.
    """

    name: str
    config: Configuration
    selected_by: str = ""
    reruns: tuple[str, ...] = ()
    mean: Interval = NOT_KNOWN
    gain: Interval | None = None
    difference: float | None = None
    compared: int = 0
    last: float | None = None
    unused: int = 0

    def __post_init__(self) -> None:
        freeze(self, "config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two candidates compared by their own reruns with new seeds.

    Attributes:
        a, b: names of the sides; a has the better mean, or wins more often.
        difference: improvement of a over b, in the metric's units, or the chance that a beats b
            where that is the estimand. The intervals of all pairs hold together.
        reruns: of each that were compared.
        significant: the interval leaves out "no difference".
    """

    a: str
    b: str
    difference: Interval
    reruns: int
    significant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProblem:
    """A finding of severity problem that was open when a round was decided.

    Attributes:
        check: playbook id, "B2".
        subject: of the finding.
        sentence: of the finding.
    """

    check: str
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunPlan:
    """What a decision fixed before the first fresh seed that it counts.

    Attributes:
        number: its number in the book, from 1.
        round: number of the round.
        candidates: names of the sides that may be adopted; `configs` what they are.
        baseline: number of the launch that they are compared with, None for a first baseline.
        looks: fresh seeds a side at which the evidence is looked at, in order; an extended
            plan holds the looks of the plan that it extends.
        adopt: at each look, a candidate is adopted from this score on; infinite where a look
            only drops candidates.
        drop: at each look, a candidate is dropped below this score.
        outer: at each look, the score that bounds how much better a gain may be.
        level: chance of adopting a change that brings the least improvement or less.
        confidence: of the interval of a gain.
        excess: gain above the least improvement that is adopted in 80 % of cases, in standard
            deviations of one fresh seed.
        extension: how often the plan was extended.
        estimand: what of the reruns decides.
        infeasible_as: what an infeasible rerun counts as in a mean, in the metric's units; None
            where that is the book's chance.
        paired: candidate and baseline are compared seed by seed.
        validation_examples: in the validation set, where that was told; else None.
        planned_at: Unix time.
    """

    number: int
    round: int
    candidates: tuple[str, ...]
    configs: tuple[Configuration, ...]
    baseline: int | None = None
    looks: tuple[int, ...]
    adopt: tuple[float, ...]
    drop: tuple[float, ...]
    outer: tuple[float, ...]
    level: float
    confidence: float
    excess: float
    extension: int = 0
    estimand: Estimand = Estimand.MEAN
    infeasible_as: float | None = None
    paired: bool = False
    validation_examples: int | None = None
    planned_at: float

    @property
    def question(self) -> tuple[int | None, dict[str, dict[str, Value]]]:
        """What is asked: the baseline, and each candidate by name."""
        named = zip(self.candidates, self.configs, strict=True)
        return self.baseline, {name: dict(config) for name, config in named}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Decision(Shown):
    """A verdict with the evidence that it stands on.

    Attributes:
        number: its number in the book, from 1.
        round: number of the round that it answers.
        verdict: adopt, keep the baseline, or more evidence needed.
        sentence: the verdict in one sentence with its numbers.
        config: the configuration that the verdict speaks of (the best candidate).
        sides: every configuration that was rerun, candidates first, the baseline last.
        least_improvement: in the metric's units.
        error_rate: chance of adopting a change that is not worth it.
        caveats: what the verdict leans on without having measured it.
        caveat_kinds: of each caveat; read off the texts of older books.
        baseline: number of the launch that it was compared with, None for a first baseline.
        max_train_steps: steps that the reruns trained.
        decided_at: Unix time.
        corrects: number of the decision that this one replaces.
        plan: number of the plan of reruns that was fixed before; None in books before there
            were plans.
        estimand: what of the reruns decided.
        comparisons: every pair of candidates that could be compared.
        problems: findings of severity problem that were open.

    Example:
        >>> import tunebook as tb
        >>> def train(trial):
        ...     return 0.1 + trial.seed % 7 / 1000
        >>> book = tb.Book("decided.db", objective=tb.minimize("loss"), chance=1.0)
        >>> asked = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        >>> _ = asked.run(train, workers=0, progress=False)
        >>> decision = asked.decide(train, workers=0, max_reruns=4, progress=False)
        >>> decision.verdict == "adopt", decision.config["lr"]
        (True, 0.1)
    """

    number: int
    round: int
    verdict: Verdict
    sentence: str
    config: Configuration
    sides: tuple[Side, ...]
    least_improvement: float
    error_rate: float
    caveats: tuple[str, ...] = ()
    caveat_kinds: tuple[CaveatKind, ...] = ()
    baseline: int | None = None
    max_train_steps: int
    decided_at: float
    corrects: int | None = None
    plan: int | None = None
    estimand: Estimand = Estimand.MEAN
    comparisons: tuple[Comparison, ...] = ()
    problems: tuple[OpenProblem, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "config")
        if len(self.caveat_kinds) != len(self.caveats):
            kinds = tuple(map(CaveatKind.of_old, self.caveats))
            object.__setattr__(self, "caveat_kinds", kinds)

    def caveats_but(self, kind: CaveatKind) -> tuple[str, ...]:
        """The caveats that are not of this kind."""
        kinds = zip(self.caveats, self.caveat_kinds, strict=True)
        return tuple(text for text, own in kinds if own is not kind)

    def _in_short(self) -> str:
        return f"{self.number} of round {self.round}: {self.verdict}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Launch(Shown):
    """A decision carried out: the new baseline.

    Attributes:
        number: from 0, the first baseline.
        decision: number of the decision.
        parent: number of the launch that it replaces, None for launch 0.
        config: the baseline's configuration.
        expected: its objective over fresh seeds, in the metric's units.
        max_train_steps: steps that it trains.
        who, why: the person's account.
        launched_at: Unix time.
        despite: checks whose problems were open, and acknowledged.
    """

    number: int
    decision: int
    parent: int | None
    config: Configuration
    expected: Interval
    max_train_steps: int
    who: str
    why: str
    launched_at: float
    despite: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, "config")

    def _in_short(self) -> str:
        return f"{self.number} of decision {self.decision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between a round and the one proposed after it.

    Attributes:
        key: where in the plan, `nuisance.learning_rate[optimizer=adam]`.
        before, after: as people write them.
        because: the reason, from the finding.
        check: playbook id of the finding.
    """

    key: str
    before: str
    after: str
    because: str
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a book fixes for all its rounds.

    Attributes:
        name: of the workload.
        chance: the objective's value of guessing, or None.
        training_objective: metric of the training set that shows fitting, or empty; a direction
            before its name, as in `minimize:train/loss`, is dropped.
        checkpoints: URL of a place that fsspec knows, where trials' checkpoints are kept; empty
            for the book's folder of files.
    """

    name: str
    chance: float | None = None
    training_objective: str = ""
    checkpoints: str = ""

    def __post_init__(self) -> None:
        for key in ("name", "training_objective", "checkpoints"):
            object.__setattr__(self, key, scalars.text(key, getattr(self, key)))
        object.__setattr__(self, "training_objective", parse_metric(self.training_objective))
        _check_place(self.checkpoints)
        if self.chance is None:
            return
        what = "the objective's value of guessing, or leave it out"
        chance = scalars.number("chance", self.chance, what=what)
        if not math.isfinite(chance):
            raise DesignError(
                f"chance is a finite number; got {self.chance!r}", next_step=f"give {what}"
            )
        object.__setattr__(self, "chance", chance)

    def with_unsaid(self, more: Setting) -> Setting:
        """The same setting, with what it left open taken from another."""
        return replace(
            self,
            chance=more.chance if self.chance is None else self.chance,
            training_objective=self.training_objective or more.training_objective,
            checkpoints=self.checkpoints or more.checkpoints,
        )


def _check_place(url: str) -> None:
    if not url:
        return
    scheme, colon, rest = url.partition("://")
    if not colon or not scheme or not rest:
        raise DesignError(
            f"checkpoints are kept at a URL with a scheme; got {url!r}",
            next_step='give checkpoints="s3://bucket/digits", or "file:///shared/digits"',
        )
    if ":" in rest.partition("/")[0].rpartition("@")[0]:
        shown = f"{scheme}://{rest.rpartition('@')[2]}"
        raise DesignError(
            f"a book keeps no password, and checkpoints={shown!r} came with one",
            next_step="leave it out: fsspec has settings of its own for it",
        )
