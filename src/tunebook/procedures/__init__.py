"""Procedures: what takes many rounds, asked for at once (A3 E1 F G H).

A procedure is a small state machine over rounds of one book. It says its plan and cost first,
runs, can be stopped and resumed, and ends in findings, pictures and a proposal. All that it
knows stands in the rounds: from their trials it works out which round is next, and what they
say. docs/procedures.md tells how to write one.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from tunebook.domain.errors import DesignError, nearest
from tunebook.procedures.steps.arguments import Asked, Workload
from tunebook.procedures.steps.stages import Beside, Conclusion, Done, Stage, Step

__all__ = ["CATALOGUE", "Asked", "Conclusion", "Done", "Procedure", "Stage", "Step", "Workload"]

A = TypeVar("A", bound=Asked)

CATALOGUE: Mapping[str, str] = {
    "batch-size": "tunebook.procedures.batch_size.procedure:BatchSize",
    "instability": "tunebook.procedures.instability.procedure:Instability",
    "optimizers": "tunebook.procedures.optimizers.procedure:Optimizers",
    "throughput": "tunebook.procedures.throughput.procedure:Throughput",
    "training-length": "tunebook.procedures.training_length.procedure:TrainingLength",
}
"""Name to where it is; a text, so that nothing loads before it is asked for."""


class Procedure(Protocol[A]):
    """What a procedure is: pure functions of what was asked and of the rounds that are there.

    Attributes:
        name: in the catalogue.
        about: what it does, in one line.
        asked: its arguments, a frozen dataclass derived from `Asked`.
        drives: hyperparameters that it sets, by the names that it knows them by; `names=` says
            what training code calls them. Each has a value in the book's configuration.
    """

    name: str
    about: str
    asked: type[A]
    drives: Sequence[str]

    def defaults(self, given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
        """Arguments that the book itself answers, where they are not given.

        Raises:
            DesignError: one has to be given.
        """

    def stages(self, asked: A) -> tuple[Stage, ...]:
        """Every stage that it may take, in order, each with the most that it can cost."""

    def next_step(self, asked: A, done: Done) -> Step | None:
        """The round to run next, or None once there is nothing left to run.

        The same stages give the same step, so that a procedure that was stopped goes on. A step
        of a stage that is done asks for more trials of it.
        """

    def conclude(self, asked: A, done: Done) -> Conclusion:
        """What the stages that are done say, also while others are still to come."""


class LaysBeside(Protocol):
    """A procedure that reads the rounds of another one as well, where the book has them.

    Attributes:
        beside: name of that other procedure.
    """

    beside: str

    def conclude_beside(
        self, said: Conclusion, asked: Any, done: Done, others: Sequence[Beside]
    ) -> Conclusion:
        """What `conclude` said, with what the other one adds; its runs are oldest first."""


def procedure_named(name: str) -> Procedure[Any]:
    """A procedure of the catalogue.

    Raises:
        DesignError: there is none of that name; names the nearest.
    """
    if name not in CATALOGUE:
        raise DesignError(
            f"a procedure is one of {', '.join(CATALOGUE)}; got {name!r}."
            + nearest(str(name), CATALOGUE),
            next_step=f'name one: book.procedure("{next(iter(CATALOGUE))}", train, ...)',
        )
    module, _, called = CATALOGUE[name].partition(":")
    made: Procedure[Any] = getattr(importlib.import_module(module), called)()
    return made
