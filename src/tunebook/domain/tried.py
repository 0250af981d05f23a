"""What a short test run saw of one configuration (A1 I1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunebook.domain.trial import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was seen of one configuration.

    Attributes:
        study: its study's name, empty where the round is not split.
        config: what was trained.
        fault: why it does not train, and the end of what it printed; empty where it does.
        steps: that were trained; max_train_steps, evaluations: of the plan.
        metrics: (first, last) value of each.
        step_s, evaluation_s, checkpoint_s: seconds of one; None where it could not be seen.
        step_most_s, evaluation_least_s: what a step takes at most and an evaluation at least, by
            the cycles that were seen; None where either could not be seen.
        threads: what training's numeric libraries were given, as a run gives them.
        start_s: before the first step was done: imports, data, compilation.
        memory_mb, accelerator_mb: the most that was used; the second None without a GPU.
        gpu_frameworks: packages that training loaded and that could use a GPU.
        unread: hyperparameters of the plan that training never read.
    """

    study: str
    config: Configuration
    fault: str = ""
    steps: int = 0
    max_train_steps: int
    evaluations: int
    metrics: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    step_s: float | None = None
    evaluation_s: float | None = None
    checkpoint_s: float | None = None
    step_most_s: float | None = None
    evaluation_least_s: float | None = None
    threads: int = 1
    start_s: float = 0.0
    memory_mb: float = 0.0
    accelerator_mb: float | None = None
    gpu_frameworks: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def resolved(self) -> bool:
        """A step takes long enough to be told from the scatter of the evaluations."""
        if self.step_s is None or self.step_most_s is None:
            return self.step_s is not None and self.step_s > 0
        return 2 * self.step_s > self.step_most_s > 0

    @property
    def training_s(self) -> float | None:
        """Of a whole trial, without evaluations and checkpoints."""
        return None if self.step_s is None else self.step_s * self.max_train_steps

    @property
    def evaluating_s(self) -> float | None:
        """Of a whole trial, as often as the plan evaluates."""
        if self.evaluation_s is None:
            return None
        return self.evaluation_s * min(self.evaluations, self.max_train_steps)

    @property
    def evaluation_share(self) -> float | None:
        """Of the time of training and evaluating together, 0 to 1."""
        if self.training_s is None or self.evaluating_s is None:
            return None
        return self.evaluating_s / max(1e-12, self.training_s + self.evaluating_s)

    @property
    def least_ratio(self) -> float | None:
        """What evaluating takes at least, in times of what training takes at most."""
        if self.step_most_s is None or self.evaluation_least_s is None:
            return None
        evaluating = self.evaluation_least_s * min(self.evaluations, self.max_train_steps)
        return evaluating / (self.step_most_s * self.max_train_steps)

    @property
    def trial_s(self) -> float | None:
        """Of a whole trial, once its worker has started."""
        if self.training_s is None:
            return None
        saving = (self.checkpoint_s or 0.0) * min(self.evaluations, self.max_train_steps)
        return self.training_s + (self.evaluating_s or 0.0) + saving

    @property
    def whole_s(self) -> float | None:
        """Of a whole trial, the start of its worker included."""
        return None if self.trial_s is None else self.start_s + self.trial_s
