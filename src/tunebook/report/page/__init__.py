"""One offline HTML file: a book, some of its rounds, or a lone sweep (C12)."""
