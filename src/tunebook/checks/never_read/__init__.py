"""B2: did training use every hyperparameter that was varied?"""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPEC = CheckSpec(
    id="B2",
    title="Hyperparameter never read",
    question="Did training use what was varied?",
    method="The trial handle notes which hyperparameters the training code reads. One that is "
    "varied and never read cannot have an effect.",
)
