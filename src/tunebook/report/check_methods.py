"""What each check of a round asks and how it answers, for people."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.checks.late_noise.check import COMPARED
from tunebook.checks.late_noise.estimator import EARLIEST, LATE_PART
from tunebook.domain.formats.rounded_numbers import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckText:
    """A check in words.

    Attributes:
        name: short, for headings and badges.
        asks: the question that its pictures answer.
        method: how it judges, for a reader who doubts a finding.
    """

    name: str
    asks: str
    method: str


UNKNOWN = CheckText(name="Check", asks="", method="")

ROUND_CHECKS = {
    "A4": CheckText(
        name="Choice of batch size",
        asks="Is it chosen for time or cost, and not for quality?",
        method="A search for quality is a fact of the search space: a hyperparameter of that name "
        "varies and is no scientific one. Once the others are tuned for it, each batch size "
        "reaches the same quality (Shallue et al. 2018); it sets speed. Time to a target is the "
        "steps of new seeds by seconds of a step. A size is left in unless it is significantly "
        "slower than another (Welch's test on logarithms, Bonferroni), so that the fastest is "
        "left in with 95 %.",
    ),
    "B4": CheckText(
        name="Unequal budgets",
        asks="Did every scientific value get the same?",
        method="Trials of each scientific value are counted, infeasible ones too. The steps that "
        "their curves reach are compared (Mann and Whitney's test at 0.1 %, where they differ "
        "within a value too). A quarter more trials, or a twentieth more steps, counts.",
    ),
    "B6": CheckText(
        name="Repeated runs",
        asks="Is a run repeated?",
        method="A fact: one configuration under one seed is in several rows; where seeds are not "
        "known, with the same objective too. The same configuration under other seeds is no "
        "repeated work.",
    ),
    "B9": CheckText(
        name="Design of the search",
        asks="Is there a fault in the search itself?",
        method="Facts of the table: which hyperparameters vary, how seeds and configurations "
        "repeat, trials and steps of each scientific value, and how often curves were evaluated. "
        "A training length that is searched hides what the others do.",
    ),
    "D2": CheckText(
        name="Sources of variation",
        asks="How much do a seed, another search and another split of the data do?",
        method="Three standard deviations, each apart from the others. One configuration: of "
        "trials whose seeds did not choose it (chi-square, with fewer degrees of freedom where "
        "tails are heavy). The search: of what its repeats choose. The data: of its splits (Paule "
        "and Mandel's estimate; generalised pivotal intervals). A source without a measurement is "
        "named with what would measure it. Coverage: docs/claims/variance_sources.md. That one "
        "seed trained every configuration is a fact.",
    ),
    "G2": CheckText(
        name="Inclusion",
        asks="Did a more general optimizer lose to one that it can imitate?",
        method="Pairs of optimizers that differ significantly in C9, where the loser includes the "
        "winner by the catalogue (Choi et al. 2019). Tuned well, it could have done the same. The "
        "error rate is that of C9, over fewer pairs.",
    ),
    "C11": CheckText(
        name="Objective and order",
        asks="Is the objective counted fairly, and was the search independent of its results?",
        method="The order of the distinct configurations of each study is compared with their "
        "losses and their distances from the best tenth. Under random orders of the same trials "
        "the strongest rank correlation must be rare (5 % over all axes and studies). The best of "
        "k evaluations of white noise is 1.5 standard deviations off for k = 10, 2.5 for 100.",
    ),
    "B1": CheckText(
        name="One question",
        asks="Does the round ask one question?",
        method="Counted: the scientific hyperparameters, the combinations of their values, and "
        "the trials of each combination. A value whose combinations have less than five trials "
        "has no interval of its own (C9).",
    ),
    "B2": CheckText(
        name="Hyperparameter never read",
        asks="Did training use what was varied?",
        method="The trial handle notes which hyperparameters the training code reads. One that is "
        "varied and never read cannot have an effect.",
    ),
    "C1": CheckText(
        name="Search space boundaries",
        asks="Do the best trials crowd an edge of a range?",
        method="A response is fitted to the complete trials, by a parabola and by a curve of any "
        "smoothness, each weighted by its evidence. For each side: is the best place on the edge "
        "better than the best place at least 15 % of the range inside? The p-value is the chance "
        "that it is not; 5 % is shared over all sides of the round. A training length that was "
        "searched is also cut off where the best tenth of the trials crowd its outermost 15 %, "
        "more than the next 15 %. The fit must not contradict that.",
    ),
    "C2": CheckText(
        name="Sampling density",
        asks="Were there enough trials?",
        method="The tuning curve is the median of the best of n trials against n. Its band is for "
        "all n at once, with 95 % confidence (Lourie, Cho and He 2024). Infeasible trials rank "
        "last. A trial is about as good as the best where it is within a tenth of the way from "
        "the best to the median. Boxes are quantiles of the best of a budget. The expected gain "
        "of as many trials again is that of the second half of the trials over the first, in all "
        "ways to halve them. The distance to the best of the space follows from how the best "
        "losses thin out. In a space of d axes they thin out no faster than the d-th power of the "
        "distance. Its bound has 95 % confidence.",
    ),
    "C3": CheckText(
        name="Infeasible trials",
        asks="What fails, and where?",
        method="Infeasible trials are the configuration's own fate and are part of every "
        "statistic. Trials that failed without a stated cause are tested with them. "
        "The place that fails is the cut of an axis, or the value of a choice, that "
        "separates failures best. It is shown where random relabelling of the trials finds as "
        "good a one anywhere in less than 5 % of cases. It is a combination of two "
        "hyperparameters where failing depends on one among trials that are alike in the other. "
        "That failing depends on nothing is reported only where a dependence would have been "
        "found.",
    ),
    "C4": CheckText(
        name="Overfitting",
        asks="Do good trials get worse on held-out data while they still learn the training set?",
        method="Every held-out metric is compared with the training metric of its kind. A trial "
        "overfits where the last quarter of its curve is above its lowest stretch while the "
        "training metric still improved. The rise must exceed the noise, which may wander from "
        "one evaluation to the next, and 2 % of what was gained. The best trials overfit where "
        "more than half of the best tenth of all studies, or of one, do. The 5 % is shared over "
        "groups and metrics.",
    ),
    "C5": CheckText(
        name="Late variance",
        asks="Do the best trials differ by more than the noise of an evaluation?",
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
    ),
    "C6": CheckText(
        name="Training length",
        asks="Were trials still improving when they ended?",
        method="More than half of the best tenth of each study (three at least) must have their "
        "best checkpoint in the last quarter. They must also gain near the end, with a 95 % "
        "interval above zero. The gain of half as many steps again is extrapolated from their "
        "mean curve, within what the metric has left. Where a hyperparameter sets each trial's "
        "length, lengths are compared instead. Quantile regression over the longer trials gives "
        "the gain of the best fifth per doubling of the length. Where curves end elsewhere than "
        "at max_train_steps, the length is read off the curves. Where the learning rate decays "
        "over a length tied to the training length, only a round of another length shows more.",
    ),
    "C7": CheckText(
        name="Saturation",
        asks="Did trials stop improving long before the end?",
        method="A trial has stopped improving at the first step where its best so far is within "
        "its own noise of its best. Training is called too long where four fifths of the best "
        "trials stopped before 60 % of it. Where they all get worse from the start and the "
        "metric's name contradicts its direction, the direction is doubted.",
    ),
    "C8": CheckText(
        name="Suspicious curves",
        asks="Do the curves look like a bug?",
        method="Four questions share 5 %. Does a training loss rise beyond its noise? Does a "
        "metric repeat itself, as a peak of its spectrum in most trials of a study? Are curves "
        "equal to the last digit although seeds or configurations differ? Does a metric never "
        "change?",
    ),
    "C9": CheckText(
        name="Isolation",
        asks="Which scientific values differ beyond the noise?",
        method="Compared is what a study of this size selects for each scientific value, over its "
        "nuisance hyperparameters and at equal budgets. Where a response fits all trials, it "
        "gives that value; else the best seen does, with its spread over subsamples of the "
        "search. Two values differ significantly where the interval of their difference leaves "
        "out zero; 5 % is shared over all comparisons. Where every chosen configuration was "
        "repeated with seeds that did not choose it, those are compared, by Welch's test. "
        "Measured error rates: docs/claims/isolation.md.",
    ),
    "C10": CheckText(
        name="What matters, what interacts",
        asks="Which hyperparameters matter, and which must be tuned together?",
        method="Ranks of the trials, infeasible ones last, are fitted by a smooth curve for each "
        "hyperparameter and by products in pairs. With ranks a few very bad values do not decide. "
        "A share is the part of the rank variance that one has by itself, or with its pairs "
        "(Sobol's indices). An effect is shown where its curve is not flat, among all trials or "
        "among the better half. An interaction is shown where products explain more than any "
        "increasing function of a sum of single effects. Then the best value of one depends on "
        "the other; 5 % is shared over all of them. One can be fixed where the upper ends of its "
        "shares are below a tenth of all, and a fifth among the better half.",
    ),
    "I1": CheckText(
        name="Evaluation steps",
        asks="Were trials evaluated regularly, and often enough?",
        method="Counted, not estimated: the share of unusual distances between evaluations, the "
        "evaluations in the first tenth of training, where instability shows, and all "
        "evaluations. Two are needed in that tenth, eight in all to read a curve's end. The cost "
        "of evaluations is the median over trials of their share of the time, from "
        "trial.evaluate_at(step) to the report of the objective. More than half is too much. It "
        "is not known where training does not call trial.evaluate_at, or where JAX or TensorFlow "
        "compute in the background. `tunebook try` measures it before the round is run.",
    ),
}
