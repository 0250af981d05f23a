"""Books with a round of hand-written trials, in both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from memory_store import MemoryStore
from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.space import Choice
from tunebook.domain.trial import TrialRecord, Value
from tunebook.store import Store
from tunebook.store.sql import SqlStore

MakeBook = Callable[..., Store]


@pytest.fixture
def make_book(tmp_path: Path) -> Iterator[MakeBook]:
    made: list[Store] = []

    def make(
        configs: Sequence[Mapping[str, Value]],
        *,
        kind: str = "sql",
        chance: float | None = None,
        max_train_steps: int = 10,
        time_limit_s: float | None = None,
    ) -> Store:
        book = new_book(
            tmp_path / f"book{len(made)}",
            configs,
            kind=kind,
            chance=chance,
            max_train_steps=max_train_steps,
            time_limit_s=time_limit_s,
        )
        made.append(book)
        return book

    yield make
    for book in made:
        book.close()


def new_book(
    place: Path,
    configs: Sequence[Mapping[str, Value]],
    *,
    kind: str,
    chance: float | None,
    max_train_steps: int,
    time_limit_s: float | None,
) -> Store:
    """A book with one round whose trial n has the n-th configuration."""
    store: Store = (
        SqlStore.open(place.with_suffix(".db"))
        if kind == "sql"
        else MemoryStore(files=place.with_suffix(".files"))
    )
    store.set_setting(Setting(name="test", chance=chance), Objective("valid/error"))
    names = sorted({name for config in configs for name in config})
    plan = Round(
        goal="Does it run?",
        nuisance={n: Choice(tuple({c[n]: 0 for c in configs if n in c})) for n in names},
        trials=len(configs),
        max_train_steps=max_train_steps,
        time_limit_s=time_limit_s,
        evaluations=5,
    )
    store.add_round(plan, 0.0)
    store.add_trials(
        [
            TrialRecord(
                round=1,
                number=n,
                study="",
                index=n,
                config=config,
                seed=100 + n,
                max_train_steps=max_train_steps,
            )
            for n, config in enumerate(configs)
        ]
    )
    return store


@pytest.fixture(scope="module", name="new_book")
def new_book_fixture() -> Callable[..., Store]:
    """For books that several tests look at."""
    return new_book
