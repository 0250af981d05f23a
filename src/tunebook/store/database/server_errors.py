"""What PostgreSQL says, in our own words, without the password (D6)."""

from __future__ import annotations

from sqlalchemy import exc

from tunebook.domain.errors import BookAwayError, BookBusyError, BookDamagedError, StoreError

AWAY = ("57P01", "57P02", "57P03", "57P05", "53300", "25P03")
"""SQLSTATEs beside class 08: shut down, crashed, starting up, all connections taken, dropped."""
BUSY = ("55P03", "57014", "40P01", "40001")
"""A lock or a statement took too long, a deadlock, two changes of one row."""
REFUSED = ("password authentication failed", "no password supplied", "authentication failed",
           "pg_hba.conf", "peer authentication")  # fmt: skip
CLOSED = ("closed", "terminat", "could not receive", "could not send", "lost", "timed out",
          "bad connection", "no connection")  # fmt: skip


def of_server(error: Exception, location: str, secrets: tuple[str, ...] = ()) -> StoreError:
    """Tell a server that is away from a wrong password, a busy book and a full disk.

    Args:
        error: SQLAlchemy's, psycopg's or the system's.
        location: the URL without its password.
        secrets: texts that no message may show.
    """
    orig = getattr(error, "orig", None) or error
    text = _clean(str(orig), secrets)
    state = str(getattr(orig, "sqlstate", None) or "")
    if isinstance(error, exc.TimeoutError):
        return BookBusyError(
            f"all connections of this process to the book {location} are in use",
            next_step="try again; fewer threads need fewer connections",
        )
    if state.startswith("08") or state in AWAY or _dropped(error, state, text):
        return _away_or_refused(location, text)
    if state in BUSY:
        return BookBusyError(
            f"the book {location} is locked by another process, or answers too slowly ({text})",
            next_step="try again; nothing recorded is lost",
        )
    if state in ("53100", "53200"):
        return StoreError(
            f"the server of the book {location} is out of room ({text})",
            next_step="make room there and run again: what was acknowledged is kept",
        )
    if state in ("25006", "42501", "3F000"):
        return StoreError(
            f"the book {location} can't be written ({text})",
            next_step="ask the database's owner: GRANT USAGE, CREATE ON SCHEMA ... TO you, or for "
            "a book that others made, SELECT, INSERT, UPDATE, DELETE on its tables and sequences",
        )
    if state.startswith(("42", "XX")):
        return BookDamagedError(
            f"{location} is no book, or is damaged ({text})",
            next_step="correct the URL, or restore the book from a copy",
        )
    return StoreError(f"the book {location}: {text}", next_step="see the message above")


def _dropped(error: Exception, state: str, text: str) -> bool:
    """A connection that could not be made has no SQLSTATE, nor has one that broke."""
    broken = bool(getattr(error, "connection_invalidated", False))
    operational = isinstance(error, exc.OperationalError | exc.InterfaceError | OSError)
    return broken or (not state and (operational or any(c in text.lower() for c in CLOSED)))


def _away_or_refused(location: str, text: str) -> StoreError:
    low = text.lower()
    if any(words in low for words in REFUSED):
        return StoreError(
            f"the server of the book {location} refused you ({text})",
            next_step="correct the user or the password: in the URL, in PGPASSWORD or ~/.pgpass",
        )
    if "does not exist" in low:
        return StoreError(
            f"the book {location} has no database or user of that name ({text})",
            next_step="correct the URL, or make it: createdb NAME, createuser NAME",
        )
    if "permission denied" in low or "invalid" in low or "unsupported" in low:
        return StoreError(
            f"the book {location} can't be opened ({text})",
            next_step="correct the URL, or ask the database's owner",
        )
    return BookAwayError(
        f"the server of the book {location} can't be reached at the moment ({text})",
        next_step="start it, or wait until it is back; what was acknowledged is kept there",
    )


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    """One line, without a secret."""
    for secret in secrets:
        text = text.replace(secret, "...")
    return " ".join(text.split())[:500]
