"""What a notebook shows: HTML that runs no script (C12)."""
