"""The arguments of a procedure, and the plans that it makes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from tunebook.domain.decision import Launch, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.formats import scalars
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.origin import RoundOrigin, Stage
from tunebook.domain.trial import Value

MERGED = ("fixed", "names")
"""Tables of which a part may be given again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a book knows of itself, for a procedure's defaults."""

    setting: Setting
    objective: Objective
    baseline: Launch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Arguments that every procedure has.

    Attributes:
        procedure: its name.
        question: that it answers, in words; another question is another run of it.
        max_train_steps: of the workload; the baseline's if left out.
        fixed: every hyperparameter's value where the procedure does not vary it; the baseline's
            values where they are left out.
        names: what training code calls a hyperparameter that the procedure drives,
            `{"learning_rate": "optim.lr"}`.
        seed: everything random follows from it.
    """

    TUNED: ClassVar[tuple[str, ...]] = ()
    """Hyperparameters that `names` may rename, though the configuration need not have them."""
    TABLES: ClassVar[tuple[str, ...]] = MERGED
    """Arguments that are tables."""

    procedure: str
    question: str
    max_train_steps: int
    fixed: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.TABLES:
            table = scalars.table(name, getattr(self, name))
            object.__setattr__(self, name, MappingProxyType(dict(table)))

    def called(self, hyperparameter: str) -> str:
        """What training code calls a hyperparameter that the procedure drives."""
        return self.names.get(hyperparameter, hyperparameter)

    def round(self, stage: Stage, asks: str, place: int, **attributes: Any) -> Round:
        """The plan of a stage: `attributes` as `Round` has them; the rest of `fixed` is added.

        Args:
            stage: which one.
            asks: its question.
            place: its place in the procedure, from which its seeds follow: no two stages train
                with the same ones.
            attributes: of the plan; in `fixed` only what differs.
        """
        varied = {*attributes.get("scientific", {}), *attributes.get("nuisance", {})}
        held = {**self.fixed, **attributes.pop("fixed", {})}
        return Round(
            goal=f"{asks} [{self.procedure}, {stage.name}: {self.question}]",
            origin=RoundOrigin(
                procedure=self.procedure,
                question=self.question,
                stage=stage,
                asks=asks,
                arguments=to_data(self),
            ),
            seed=self.seed + 1000 * place,
            fixed={k: v for k, v in held.items() if k not in varied},
            **attributes,
        )

    def proposed(self, goal: str, **attributes: Any) -> Round:
        """The plan of a round that the procedure proposes: a person's, once it is planned."""
        return Round(goal=goal, note=f"Proposed by the procedure {self.procedure}.", **attributes)
