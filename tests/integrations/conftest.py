"""Keras runs on JAX here, which must be said before Keras is imported."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
