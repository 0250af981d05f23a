"""explore: the start of five lines, a book and a first round at once (B6)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from tunebook.book.notebook import Book
from tunebook.book.rounds import Round, Train
from tunebook.domain.design import Fixed, Objective
from tunebook.domain.errors import DesignError, PlanDiffersError
from tunebook.domain.formats import scalars
from tunebook.domain.space import Axis, Constraint, Per


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
    fixed: Mapping[str, Fixed] | None = None,
    searcher: str = "halton",
    seed: int = 0,
    subject_to: Sequence[Constraint | str] = (),
    time_limit_s: float | None = None,
    evaluations: int = 20,
    overrule: Sequence[str] = (),
    note: str = "",
) -> Round:
    """Run a round of quasi-random search over a space.

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
        fixed, searcher, seed, subject_to, time_limit_s, evaluations, overrule, note: as for
            `Book.round`.

    Returns:
        the round with its trials, findings and pictures.

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

    def ask(goal: str) -> Round:
        return notebook.round(
            goal,
            nuisance=space,
            fixed=fixed,
            trials=trials,
            max_train_steps=max_train_steps,
            searcher=searcher,
            seed=seed,
            subject_to=subject_to,
            time_limit_s=time_limit_s,
            evaluations=evaluations,
            overrule=overrule,
            note=note,
        )

    found = _first_that_fits(ask, question, len(notebook.rounds))
    found.run(train, workers=workers, again=again, keep_going=keep_going)
    return found


def _first_that_fits(ask: Callable[[str], Round], question: str, rounds: int) -> Round:
    """The round with this question and plan; another space gets the question numbered on."""
    for n in range(1, rounds + 2):
        try:
            return ask(question if n == 1 else f"{question} ({n})")
        except PlanDiffersError:
            continue
    raise AssertionError("a book has one round more than it has goals")
