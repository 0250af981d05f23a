"""What each finding of a procedure asks and how it answers, for people."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

PROCEDURE_CHECKS = {
    "A3": CheckSpec(
        id="A3",
        title="Throughput",
        question="Which batch sizes fit, and how fast is each?",
        method="The batch size is doubled until memory ends. A step's time is the median time "
        "between far reports less that between near ones, by the steps between, with the interval "
        "between order statistics. Throughput doubles where a doubling brings 1.5 times or more.",
    ),
    "E1": CheckSpec(
        id="E1",
        title="A first training length",
        question="How many steps does the fastest trial need to fit the training set?",
        method="A sweep of the learning rate at a sixteenth, then a quarter of the budget, with "
        "no regularisation where `plain` says what that is; moved, at most twice, where the best "
        "rate is at its edge, and distrusted where it stays there.",
    ),
    "E3": CheckSpec(
        id="E3",
        title="Best checkpoints",
        question="Where in training does the best checkpoint fall?",
        method="Counted over trainings with new seeds. Where the learning rate decays over the "
        "training, nearly all fall at its end, which says nothing of longer training.",
    ),
    "E4": CheckSpec(
        id="E4",
        title="The length that suffices",
        question="How long is long enough, and does the whole budget pay?",
        method="The best configuration of each length with the same new seeds; their mean falls "
        "and then may rise (unimodal least squares), and is followed on the logarithm of the "
        "length until it is within the least improvement of its lowest. Interval: bootstrap over "
        "seeds. Compute-bound where it lies above the budget over 1.25, saturated where below. "
        "What twice the budget brings: a power law with a floor, profile likelihood.",
    ),
    "E5": CheckSpec(
        id="E5",
        title="What carries over",
        question="What was tuned once, and what at every length?",
        method="By the kind of a hyperparameter, as the playbook judges it: warm-up, "
        "initialisation and architecture are kept from the first length; the learning rate, its "
        "schedule, the optimizer and regularisation are tuned again. The best rate is the optimum "
        "of one parabola in its logarithm over all lengths, with one drift.",
    ),
    "F1": CheckSpec(
        id="F1",
        title="Steps against batch size",
        question="How far do larger batches shorten training?",
        method="Median steps to the target of new seeds, at the fastest configuration of each "
        "batch size; one smooth curve with a slope of -1 for small batches and 0 for large ones, "
        "by least squares on logarithms. Scaling is perfect where its slope is below -0.9, and "
        "nothing is gained where it is above -0.1; intervals by Student's t over the sizes.",
    ),
    "F2": CheckSpec(
        id="F2",
        title="Learning rate against batch size",
        question="How does the best learning rate grow with the batch size?",
        method="A line through the logarithms of the best rates, one a batch size, with Student's "
        "t; the linear and the square-root rule are powers of 1 and 0.5, and fit where the "
        "interval holds them.",
    ),
    "F3": CheckSpec(
        id="F3",
        title="Equal steps, equal examples",
        question="What does each batch size reach within a step budget, and within an "
        "epoch budget?",
        method="The largest budgets that all sizes cover; of each size the best value at its best "
        "rate there, and the reruns with new seeds. Only these compare sizes: Welch's test "
        "between all pairs, Holm's step-down, 5 % over all that is said at one budget.",
    ),
    "F4": CheckSpec(
        id="F4",
        title="Trust in the target",
        question="Can steps to this target be compared?",
        method="Every batch size has to reach the target, with a best learning rate inside of "
        "what was tried; the same curve is read at easier targets.",
    ),
    "G1": CheckSpec(
        id="G1",
        title="Optimizers",
        question="Which optimizer trains this workload best?",
        method="Each optimizer has as many trials in a space of its own, widened where it was cut "
        "off (C1). Best of n: Lourie et al.'s simultaneous bands, shared over the optimizers. "
        "Two differ significantly where reruns with new seeds differ (Welch's test, Holm's "
        "step-down over all pairs) and the searches do too (C9), each wrong anywhere in at most "
        "5 %; a seed that failed counts as chance, or as the worst trial.",
    ),
    "H1": CheckSpec(
        id="H1",
        title="Held back by instability",
        question="Does training become unstable just above the best learning rate?",
        method="A run fails where its training loss ends, never falls, or rises by a quarter of "
        "its usual fall from one tenth of the evaluations to a later one, beyond noise. A rate is "
        "unstable where more than one seed in ten fails, stable where fewer than half do "
        "(binomial tests at 5 %); twice as many seeds are trained where neither shows.",
    ),
    "H2": CheckSpec(
        id="H2",
        title="First steps",
        question="What happens in the first steps at twice the best learning rate?",
        method="As for H1, in a short run that is evaluated at every step; a jump over five "
        "evaluations counts where it is three quarters of the usual fall.",
    ),
    "H3": CheckSpec(
        id="H3",
        title="Warm-up",
        question="Which warm-up makes a far higher learning rate train?",
        method="Warm-ups over orders of magnitude, up to a tenth of the steps, to ten times the "
        "unstable learning rate, and to less where none holds; then the whole training with the "
        "shortest that passed. It holds where no seed of five fails in the short runs, and at "
        "most one of ten in whole ones.",
    ),
    "H4": CheckSpec(
        id="H4",
        title="Gradient clipping",
        question="At which norm are gradients clipped?",
        method="The 90th percentile of unclipped norms at the best learning rate, with an "
        "interval from run to run; then the unstable rate is trained with it, and with tighter "
        "ones where it does not hold.",
    ),
    "H5": CheckSpec(
        id="H5",
        title="Other remedies",
        question="What was tried against instability, and what is left?",
        method="The playbook's list.",
    ),
}
