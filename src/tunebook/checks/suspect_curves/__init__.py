"""C8 I1: curves that are probably bugs, and how evaluations were spaced."""
