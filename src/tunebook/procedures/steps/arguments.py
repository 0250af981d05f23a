"""What a procedure was asked: its arguments, kept in the notes of its rounds.

They stand as JSON in the note of every round that the procedure plans, so that the rounds alone
tell where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from tunebook.domain.decision import Launch, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.formats import scalars
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.trial import Value

_NOTE = "Planned by a procedure: "
MERGED = ("fixed", "names")
"""Tables of which a part may be given again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a book says of itself, for a procedure's defaults."""

    setting: Setting
    objective: Objective
    baseline: Launch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Arguments that every procedure has.

    Attributes:
        procedure: its name.
        question: what it is asked, in words; another question is another run of it.
        max_train_steps: of the workload; the baseline's if left out.
        fixed: every hyperparameter's value where the procedure does not vary it; the baseline's
            values where they are left out.
        names: what training code calls a hyperparameter that the procedure drives,
            `{"learning_rate": "optim.lr"}`.
        seed: everything random follows from it.
    """

    TUNED: ClassVar[tuple[str, ...]] = ()
    """Hyperparameters that `names` may rename, though the configuration need not have them."""

    procedure: str
    question: str
    max_train_steps: int
    fixed: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        for name in MERGED:
            table = scalars.table(name, getattr(self, name))
            object.__setattr__(self, name, MappingProxyType(dict(table)))

    def called(self, hyperparameter: str) -> str:
        """What training code calls a hyperparameter that the procedure drives."""
        return self.names.get(hyperparameter, hyperparameter)

    def set_to(self, hyperparameter: str) -> Value:
        """Its value in the configuration as it stands."""
        return self.fixed[self.called(hyperparameter)]

    def round(self, stage: str, asks: str, place: int, **attributes: Any) -> Round:
        """The plan of a stage: `attributes` as `Round` has them; the rest of `fixed` is added.

        Args:
            stage: its name.
            asks: its question.
            place: its place in the procedure, from which its seeds follow: no two stages train
                with the same ones.
            attributes: of the plan; in `fixed` only what differs.
        """
        varied = {*attributes.get("scientific", {}), *attributes.get("nuisance", {})}
        held = {**self.fixed, **attributes.pop("fixed", {})}
        return Round(
            goal=goal_of(self, stage, asks),
            note=_NOTE + json.dumps({"stage": stage, "asked": to_data(self)}, ensure_ascii=False),
            seed=self.seed + 1000 * place,
            fixed={k: v for k, v in held.items() if k not in varied},
            **attributes,
        )


def goal_of(asked: Asked, stage: str, asks: str) -> str:
    """A round's goal: its question, and whose it is."""
    return f"{asks} [{asked.procedure}, {stage}: {asked.question}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Whose round it is: what stands in its note."""

    procedure: str
    question: str
    stage: str
    asked: Mapping[str, Any]


def read_note(plan: Round) -> Note | None:
    """Whose round a plan is; None where a person planned it, or took its note over."""
    if not plan.note.startswith(_NOTE):
        return None
    try:
        data = json.loads(plan.note[len(_NOTE) :])
        asked, stage = data["asked"], data["stage"]
        note = Note(
            procedure=asked["procedure"], question=asked["question"], stage=stage, asked=asked
        )
    except (ValueError, KeyError, TypeError):
        return None
    mark = f" [{note.procedure}, {note.stage}: {note.question}]"
    return note if plan.goal.endswith(mark) else None
