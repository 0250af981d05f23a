"""Frameworks: builders of their optimizers and schedules from a configuration (A1 A2).

Each framework has a module of its name: `torch`, `optax`, `keras`. A module imports its framework
when one of its functions is called. Training processes use them, so they load nothing else beyond
the standard library.
"""
