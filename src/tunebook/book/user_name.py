"""Who works on a book, as the operating system knows them (D5 D6)."""

from __future__ import annotations

from getpass import getuser


def user_name() -> str:
    """The login name, or "unknown" where the system has none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "unknown"
