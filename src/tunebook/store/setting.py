"""The setting of a book, which every use of it needs."""

from __future__ import annotations

from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective
from tunebook.domain.errors import StoreError
from tunebook.store import Store


def setting_of(store: Store) -> tuple[Setting, Objective]:
    """The setting and the objective of a book.

    Raises:
        StoreError: the book has none yet.
    """
    found = store.setting()
    if found is None:
        raise StoreError(f"the book {store.location} has no setting yet")
    return found
