"""explore: the start of five lines, a book and a first round at once (B6)."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tunebook.book.notebook import Book
from tunebook.book.rounds import Round, Train
from tunebook.domain.design import Objective
from tunebook.domain.errors import DesignError, PlanDiffersError
from tunebook.domain.formats import scalars
from tunebook.domain.space import Axis, Per


def explore(
    train: Train,
    space: Mapping[str, Axis | Per],
    *,
    objective: Objective,
    trials: int = 32,
    max_train_steps: int = 1000,
    book: str | os.PathLike[str] = "explore.db",
    goal: str = "",
    workers: int | None = None,
    again: str | None = None,
    keep_going: bool = False,
    **more: object,
) -> Round:
    """Run a round of quasi-random search over a space, and hand back what it found.

    Args:
        train: `train(trial)`: reads `trial.config`, calls `trial.report`, or returns a number.
        space: hyperparameters, all of them nuisance: where is the good region?
        objective: `tb.minimize("valid/error")`.
        trials: quasi-random configurations (shifted, scrambled Halton).
        max_train_steps: handed to the training code.
        book: file that keeps all of it; call again with more trials to go on.
        goal: the question; made from the space if left out.
        workers: trials at a time.
        again, keep_going: as for `Round.run`.
        more: any other attribute of a plan, such as `fixed`, `seed`, `time_limit_s`.

    Example:
        >>> import tunebook as tb
        >>> def train(trial):
        ...     return (trial.config["x"] - 0.3) ** 2
        >>> found = tb.explore(train, {"x": tb.uniform(0, 1)}, objective=tb.minimize("loss"),
        ...                    trials=8, workers=0)
        >>> len(found.table())
        8
    """
    if not scalars.table("space", space):
        raise DesignError(
            "explore varies at least one hyperparameter; the space is empty",
            next_step='give one: {"learning_rate": tb.log_uniform(1e-4, 1)}',
        )
    notebook = Book(book, objective=objective)
    question = goal or f"Where in the space of {', '.join(space)} is {objective.metric} best?"
    asked = {"nuisance": space, "trials": trials, "max_train_steps": max_train_steps, **more}
    found = _round_with_this_space(notebook, question, asked)
    found.run(train, workers=workers, again=again, keep_going=keep_going)
    return found


def _round_with_this_space(book: Book, question: str, asked: Mapping[str, object]) -> Round:
    """The round with this question and plan; another space gets the question numbered on."""
    for n in range(1, len(book.rounds) + 2):
        try:
            return book.round(question if n == 1 else f"{question} ({n})", **asked)  # type: ignore[arg-type]
        except PlanDiffersError:
            continue
    raise AssertionError("a book has one round more than it has goals")
