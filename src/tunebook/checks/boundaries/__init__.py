"""C1: do the best trials crowd a boundary of the search space?"""
