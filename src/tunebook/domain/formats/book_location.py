"""Where a book is: a file, or a database on a server, named by a URL that may hold a password."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tunebook.domain.errors import StoreError

SCHEMES = ("postgresql://", "postgres://")
SECRET = ("password", "sslpassword")
"""Parameters of a URL's query that libpq reads as secrets."""


def is_server(place: object) -> bool:
    """True for the URL of a database, false for the path of a file."""
    return isinstance(place, str) and place.startswith(SCHEMES)


def name_of(place: str | os.PathLike[str]) -> str:
    """What a book is called by its place: the file's stem, or the database's name."""
    if isinstance(place, str) and is_server(place):
        return Path(urlsplit(shown(place)).path).name or "book"
    return Path(place).stem


def exists(place: str | os.PathLike[str]) -> bool:
    """True where a book's file is there; a server says on opening whether it has one."""
    return is_server(place) or Path(place).exists()


def shown(place: str | os.PathLike[str]) -> str:
    """A place as logs, errors and pages may show it: a URL without its password.

    Example:
        >>> from tunebook.domain.formats.book_location import shown
        >>> shown("postgresql://ada:secret@host/digits?sslmode=require")
        'postgresql://ada@host/digits?sslmode=require'
    """
    if not isinstance(place, str) or not is_server(place):
        return str(place)
    if not _plain(place):  # what the password ends with can't be told from what follows it
        return f"{place.partition('//')[0]}//...@{place.rpartition('@')[2]}"
    parts = urlsplit(place)
    user, at, host = parts.netloc.rpartition("@")
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in SECRET]
    return urlunsplit(
        parts._replace(netloc=user.partition(":")[0] + at + host, query=urlencode(query))
    )


def check_server(place: str) -> None:
    """Refuse a URL that libpq would cut in the wrong place, and show a part of its password.

    Raises:
        StoreError: its password holds a character that has to be written as its code.
    """
    if not _plain(place):
        raise StoreError(
            f"in a URL a password is written with codes; {shown(place)} can't be taken apart",
            next_step="write @ as %40, / as %2F, : as %3A, ? as %3F and # as %23, or leave the "
            "password to PGPASSWORD or ~/.pgpass",
        )


def _plain(url: str) -> bool:
    """Nothing of a user's name or password lies outside the place that URLs have for it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        not parts.fragment
        and parts.netloc.count("@") == url.count("@")
        and parts.netloc.count("@") <= 1
        and parts.netloc.rpartition("@")[0].count(":") <= 1
    )
