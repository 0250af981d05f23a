"""C4: do the best trials overfit?"""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPEC = CheckSpec(
    id="C4",
    title="Overfitting",
    question="Do good trials get worse on held-out data while they still learn the training set?",
    check="tunebook.checks.overfitting.check:check",
    chart="tunebook.checks.overfitting.chart:draw",
    drawn_by_study="gaps",
    labels={
        "good_trials": "best trials",
        "median_best_step": "median step of the best",
        "median_rise": "median rise after the best",
        "overfitting_in_any": "overfitting in any",
    },
    method="Every held-out metric is compared with the training metric of its kind. A trial "
    "overfits where the last quarter of its curve is above its lowest stretch while the "
    "training metric still improved. The rise must exceed the noise, which may wander from "
    "one evaluation to the next, and 2 % of what was gained. The best trials overfit where "
    "more than half of the best tenth of all studies, or of one, do. The 5 % is shared over "
    "groups and metrics.",
)
