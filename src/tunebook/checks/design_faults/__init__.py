"""B9 A4 B4 B6: faults of the search's design that its table shows."""
