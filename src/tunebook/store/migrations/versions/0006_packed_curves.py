"""Curves may be in the packed form, which versions before would not understand.

No table changes, and no chunk: plain ones stay, and are read as before.
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Change nothing but the number, so that an older version refuses the book."""
