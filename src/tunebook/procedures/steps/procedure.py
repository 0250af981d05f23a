"""What a procedure is: pure functions of its arguments and of the rounds that a book has."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tunebook.domain.design import Round
from tunebook.procedures import spec_of
from tunebook.procedures.steps.arguments import Arguments, Workload
from tunebook.procedures.steps.stages import Companion, Conclusion, Done, PossibleRound

A = TypeVar("A", bound=Arguments)
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(Generic[A, R]):
    """The functions of a procedure; its `ProcedureSpec` names one.

    Attributes:
        arguments: a frozen dataclass derived from `Arguments`.
        defaults: arguments that the book answers, where a person gives none. Raises DesignError
            for one that a person has to give.
        stages: every round that it may run, in order, each with the most trials it can take.
        read: what the finished stages show, as numbers, with the runs of its companion procedure.
        next_round: the round to run next, or None. The same stages give the same round, so that a
            procedure that was stopped continues. A finished stage is extended by more trials.
        conclude: what is known so far, in words.
    """

    arguments: type[A]
    defaults: Callable[[Mapping[str, Any], Workload], dict[str, Any]]
    stages: Callable[[A], Iterable[PossibleRound]]
    read: Callable[[A, Done, Sequence[Companion]], R]
    next_round: Callable[[A, Done, R], Round | None]
    conclude: Callable[[A, Done, R], Conclusion]


def load(path: str) -> Any:
    """The object that a text "module:name" names."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def load_procedure(name: str) -> Procedure[Any, Any]:
    """The functions of a procedure.

    Raises:
        DesignError: there is none of that name; names the nearest.
    """
    found: Procedure[Any, Any] = load(spec_of(name).procedure)
    return found
