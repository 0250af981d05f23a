"""Where a book is kept: a SQLite file, or a PostgreSQL database.

Only the host of a book talks to its store; workers write files (`training/log.py`).
"""

from tunebook.store.records import Asked, Attempt, Claim, Logged, StoredRound, Taken
from tunebook.store.sql import SqlStore as Store

__all__ = ["Asked", "Attempt", "Claim", "Logged", "Store", "StoredRound", "Taken"]
