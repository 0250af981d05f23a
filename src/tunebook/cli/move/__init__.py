"""Commands to move a book: export, restore, copy."""
