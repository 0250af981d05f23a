"""What each finding of a procedure asks and how it answers, for people."""

from __future__ import annotations

from tunebook.report.check_methods import CheckText

PROCEDURE_CHECKS = {
    "A3": CheckText(
        name="Throughput",
        asks="Which batch sizes fit, and how fast is each?",
        method="The batch size is doubled until memory ends. A step's time is the median time "
        "between far reports less that between near ones, by the steps between, with the interval "
        "between order statistics. Throughput doubles where a doubling brings 1.5 times or more.",
    ),
    "E1": CheckText(
        name="A first training length",
        asks="How many steps does the fastest trial need to fit the training set?",
        method="A sweep of the learning rate at a sixteenth, then a quarter of the budget, with "
        "no regularisation where `plain` says what that is; moved, at most twice, where the best "
        "rate is at its edge, and distrusted where it stays there.",
    ),
    "E3": CheckText(
        name="Best checkpoints",
        asks="Where in training does the best checkpoint fall?",
        method="Counted over trainings with new seeds. Where the learning rate decays over the "
        "training, nearly all fall at its end, which says nothing of longer training.",
    ),
    "E4": CheckText(
        name="The length that suffices",
        asks="How long is long enough, and does the whole budget pay?",
        method="The best configuration of each length with the same new seeds; their mean falls "
        "and then may rise (unimodal least squares), and is followed on the logarithm of the "
        "length until it is within the least improvement of its lowest. Interval: bootstrap over "
        "seeds. Compute-bound where it lies above the budget over 1.25, saturated where below. "
        "What twice the budget brings: a power law with a floor, profile likelihood.",
    ),
    "E5": CheckText(
        name="What carries over",
        asks="What was tuned once, and what at every length?",
        method="By the kind of a hyperparameter, as the playbook judges it: warm-up, "
        "initialisation and architecture are kept from the first length; the learning rate, its "
        "schedule, the optimizer and regularisation are tuned again. The best rate is the optimum "
        "of one parabola in its logarithm over all lengths, with one drift.",
    ),
    "F1": CheckText(
        name="Steps against batch size",
        asks="How far do larger batches shorten training?",
        method="Median steps to the target of new seeds, at the fastest configuration of each "
        "batch size; one smooth curve with a slope of -1 for small batches and 0 for large ones, "
        "by least squares on logarithms. Scaling is perfect where its slope is below -0.9, and "
        "nothing is gained where it is above -0.1; intervals by Student's t over the sizes.",
    ),
    "F2": CheckText(
        name="Learning rate against batch size",
        asks="How does the best learning rate grow with the batch size?",
        method="A line through the logarithms of the best rates, one a batch size, with Student's "
        "t; the linear and the square-root rule are powers of 1 and 0.5, and fit where the "
        "interval holds them.",
    ),
    "F3": CheckText(
        name="Equal steps, equal examples",
        asks="What does each batch size reach within a step budget, and within an epoch budget?",
        method="The largest budgets that all sizes cover; of each size the best value at its best "
        "rate there, and the reruns with new seeds. Only these compare sizes: Welch's test "
        "between all pairs, Holm's step-down, 5 % over all that is said at one budget.",
    ),
    "F4": CheckText(
        name="Trust in the target",
        asks="Can steps to this target be compared?",
        method="Every batch size has to reach the target, with a best learning rate inside of "
        "what was tried; the same curve is read at easier targets.",
    ),
    "G1": CheckText(
        name="Optimizers",
        asks="Which optimizer trains this workload best?",
        method="Each optimizer has as many trials in a space of its own, widened where it was cut "
        "off (C1). Best of n: Lourie et al.'s simultaneous bands, shared over the optimizers. "
        "Two differ significantly where reruns with new seeds differ (Welch's test, Holm's "
        "step-down over all pairs) and the searches do too (C9), each wrong anywhere in at most "
        "5 %; a seed that failed counts as chance, or as the worst trial.",
    ),
    "H1": CheckText(
        name="Held back by instability",
        asks="Does training become unstable just above the best learning rate?",
        method="A run fails where its training loss ends, never falls, or rises by a quarter of "
        "its usual fall from one tenth of the evaluations to a later one, beyond noise. A rate is "
        "unstable where more than one seed in ten fails, stable where fewer than half do "
        "(binomial tests at 5 %); twice as many seeds are trained where neither shows.",
    ),
    "H2": CheckText(
        name="First steps",
        asks="What happens in the first steps at twice the best learning rate?",
        method="As for H1, in a short run that is evaluated at every step; a jump over five "
        "evaluations counts where it is three quarters of the usual fall.",
    ),
    "H3": CheckText(
        name="Warm-up",
        asks="Which warm-up makes a far higher learning rate train?",
        method="Warm-ups over orders of magnitude, up to a tenth of the steps, to ten times the "
        "unstable learning rate, and to less where none holds; then the whole training with the "
        "shortest that passed. It holds where no seed of five fails in the short runs, and at "
        "most one of ten in whole ones.",
    ),
    "H4": CheckText(
        name="Gradient clipping",
        asks="At which norm are gradients clipped?",
        method="The 90th percentile of unclipped norms at the best learning rate, with an "
        "interval from run to run; then the unstable rate is trained with it, and with tighter "
        "ones where it does not hold.",
    ),
    "H5": CheckText(
        name="Other remedies",
        asks="What was tried against instability, and what is left?",
        method="The playbook's list.",
    ),
}
