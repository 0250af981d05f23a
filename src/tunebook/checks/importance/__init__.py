"""C10: which hyperparameters matter, and which interact?"""
