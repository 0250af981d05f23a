"""Frameworks: what builds their optimizers and schedules from a configuration (A1 A2).

Each file is one framework's, and imports it when one of its functions is called. They are used in
the training process: the standard library, the framework, and nothing else.
"""
