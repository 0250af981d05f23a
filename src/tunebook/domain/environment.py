"""What a round ran on, code, versions, hardware (D8), and what a short test run saw (A1 I1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunebook.domain.frozen import freeze
from tunebook.domain.trial import Configuration

SHORT = 12
"""Digits of a hash that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What trials of a round ran on, from one moment on; noted where it differs from before.

    Attributes:
        number: in its book, from 1.
        round: number of the round.
        reruns: fresh-seed reruns began then, not search trials.
        began_at: Unix time.
        code: import path of the training function, or empty.
        sha256: of the function's source text.
        file: name of the file that defines it, or empty; `file_sha256` of the whole of it.
        commit: git commit of the file's repository, or empty.
        edits_sha256: of what its tracked Python files differ in from the commit; empty where
            nothing differs.
        versions: package to version, Python's own as `python`.
        hardware: part to what it is, as in `cpu`, `memory`, `gpu`.
    """

    number: int
    round: int
    reruns: bool
    began_at: float
    code: str
    sha256: str
    file: str = ""
    file_sha256: str = ""
    commit: str = ""
    edits_sha256: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    hardware: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "versions", "hardware")


def code_changes(before: Environment, after: Environment) -> tuple[str, ...]:
    """What of the training code changed, in words; empty where nothing that is known did."""
    file = after.file or before.file
    parts = (
        ("the training function", before.code or "unnamed", after.code or "unnamed"),
        ("the function's text", _short(before.sha256), _short(after.sha256)),
        (file, _short(before.file_sha256), _short(after.file_sha256)),
        ("the git commit", _short(before.commit), _short(after.commit)),
        (
            "Python files that are not committed",
            _short(before.edits_sha256),
            _short(after.edits_sha256),
        ),
    )
    return tuple(f"{what}, {old} to {new}" for what, old, new in parts if old != new)


def other_changes(before: Environment, after: Environment) -> tuple[str, ...]:
    """What of versions and hardware changed, in words."""
    found = []
    for kind in ("versions", "hardware"):
        old, new = getattr(before, kind), getattr(after, kind)
        found += [
            f"{name} {old.get(name, 'none')} to {new.get(name, 'none')}"
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
    return tuple(found)


def _short(digest: str) -> str:
    return digest[:SHORT] or "none"


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
