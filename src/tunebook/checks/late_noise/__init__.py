"""C5: how noisy is the objective late in training?"""
