"""C6 C7: would longer training help, or would shorter do?"""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPECS = (
    CheckSpec(
        id="C6",
        title="Training length",
        question="Were trials still improving when they ended?",
        check="tunebook.checks.training_length.check:check",
        chart="tunebook.checks.training_length.chart:draw",
        drawn_by_study="curves",
        shown_with=("C6", "C4"),
        labels={
            "best_in_first_tenth": "best trials with their best checkpoint in the first tenth",
            "best_in_last_quarter": "best trials with their best checkpoint in the last quarter",
            "ends_ahead": "ends ahead",
            "gain_of_half_again": "gain of half as many steps again",
            "gain_per_doubling": "gain per doubling",
            "gain_per_doubling_of_the_longer": "gain per doubling, longer trials",
            "good_trials": "best trials",
            "longer_from": "longer from",
            "mean_at_the_end": "mean of the best trials at the end",
            "median_late_gain": "median gain late in training",
            "with_enough_evaluations": "best trials with enough evaluations",
        },
        method="More than half of the best tenth of each study (three at least) must have their "
        "best checkpoint in the last quarter. They must also gain near the end, with a 95 % "
        "interval above zero. The gain of half as many steps again is extrapolated from their "
        "mean curve, within what the metric has left. Where a hyperparameter sets each trial's "
        "length, lengths are compared instead. Quantile regression over the longer trials gives "
        "the gain of the best fifth per doubling of the length. Where curves end elsewhere than "
        "at max_train_steps, the length is read off the curves. Where the learning rate decays "
        "over the training, as with schedule = cosine, ends of curves are no evidence: only a "
        "round of another length is. Without such a hyperparameter a pass states that condition.",
    ),
    CheckSpec(
        id="C7",
        title="Saturation",
        question="Did trials stop improving long before the end?",
        shown_with=("C6", "C4"),
        labels={
            "best_in_first_tenth": "best trials with their best checkpoint in the first tenth",
            "good_trials": "best trials",
            "steps_saved": "steps saved",
        },
        method="A trial has stopped improving at the first step where its best so far is within "
        "its own noise of its best. Training is called too long where four fifths of the best "
        "trials stopped before 60 % of it, unless the learning rate is known to decay. Where "
        "they all get worse from the start and the metric's name contradicts its direction, the "
        "direction is doubted.",
    ),
)
