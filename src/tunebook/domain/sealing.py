"""Test metrics: sealed until someone looks, and every look kept (D7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.domain.errors import DesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A metric of the test set, stored as training reports it and shown to nobody.

    Attributes:
        number: of the seal in its book, from 1.
        metric: its name, `test/error`.
        rounds: how many rounds the book had, whose values of it had been open.
        sealed_at: Unix time.
    """

    number: int
    metric: str
    rounds: int
    sealed_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Someone looked at a sealed metric: the rounds that were there are open from then on.

    Attributes:
        number: of the look in its book, from 1.
        metric: what was looked at.
        rounds: how many rounds the book had; later ones stay sealed until another look.
        who, why: the person's account.
        looked_at: Unix time.
    """

    number: int
    metric: str
    rounds: int
    who: str
    why: str
    looked_at: float


def sealed_in(number: int, seals: Sequence[Seal], looks: Sequence[Look]) -> tuple[str, ...]:
    """Metrics that nobody may see of a round.

    Args:
        number: of the round.
        seals, looks: of its book.
    """
    seen = {look.metric for look in looks if number <= look.rounds}
    return tuple(sorted({seal.metric for seal in seals} - seen))


def contaminated_by(number: int, looks: Sequence[Look]) -> tuple[Look, ...]:
    """Looks after which a round was planned: what it asks may have been chosen by the test set."""
    return tuple(look for look in looks if look.rounds < number)


def check_test_metrics(given: object, objective: str, training_objective: str) -> tuple[str, ...]:
    """Names of test metrics as a book takes them.

    Raises:
        DesignError: no sequence of names, or a metric that decides or that training follows.
    """
    if isinstance(given, str) or not isinstance(given, list | tuple):
        raise DesignError(
            f"test_metrics is a list of names; got {given!r:.80}",
            next_step='give test_metrics=("test/error",)',
        )
    names = []
    for name in given:
        if not isinstance(name, str) or not name.strip():
            raise DesignError(
                f"a test metric is the name that training reports; got {name!r:.80}",
                next_step='give test_metrics=("test/error",)',
            )
        names.append(name.strip())
    for role, taken in (("objective", objective), ("training_objective", training_objective)):
        if taken in names:
            raise DesignError(
                f'a test metric is kept out of every choice; "{taken}" is the {role} too (D7)',
                next_step="choose by a metric of the validation set, and seal that of the test "
                "set",
            )
    return tuple(dict.fromkeys(names))
