"""C5: how noisy is the objective late in training?"""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec
from tunebook.domain.formats.numbers import percent

LATE_PART = 0.25
"""Of training: the last quarter, as for best checkpoints [P]."""
EARLIEST = 0.6
"""Of training, from which on evaluations are late where the last quarter holds few."""
COMPARED = 10
"""Good trials, at most, whose range is compared: they are the ones between which is chosen."""

SPEC = CheckSpec(
    id="C5",
    title="Late variance",
    question="Do the best trials differ by more than the noise of an evaluation?",
    check="tunebook.checks.late_noise.check:check",
    chart="tunebook.checks.late_noise.chart:draw",
    labels={
        "between_seeds": "between seeds",
        "compared_trials": "best trials compared",
        "flatters_by": "a trial looks better by",
        "good_trials": "trials whose noise was read",
        "late_noise": "noise of late evaluations",
        "late_part": "share of training that was read",
        "level_evaluations": "evaluations on the level end",
        "range_of_the_best": "range of the best trials",
        "range_of_the_values": "range of all values",
        "unsteady": "unsteady trials",
        "within_resolution_of_the_best": "trials that noise can't separate from the best",
    },
    method="Noise is read in the late part of the curves of each study's best tenth. That "
    f"part is the last {percent(LATE_PART)} of training, and up to {percent(1 - EARLIEST)} "
    "where evaluations are few. Where the noise still falls there, its second half is read. "
    "The finding gives the share that was read. A trend is taken out of each curve, and what "
    "the curves share. The rest is noise: restricted likelihood fits its size and "
    "correlation. Two values closer than 2.8 times the noise left in one are not "
    f"distinguishable. Compared are the best tenth ({COMPARED} trials at most) of the study "
    "with the best trial, and the best results of the scientific values. Their order is luck "
    "where even the lower end of the noise's 95 % interval covers their range, at the "
    "end of training too. The best of many noisy evaluations looks better than "
    "it is: by 1.5 standard deviations of one with 10 level ones, by 2.5 with 100. Trials "
    "that differ by their seed alone are not compared.",
)
