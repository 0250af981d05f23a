"""C4: do the best trials overfit?"""
