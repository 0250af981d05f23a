"""The public face: a book, its rounds, their decisions and launches."""
