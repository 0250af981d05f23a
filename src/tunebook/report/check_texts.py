"""What each check is called, what it asks and how it judges, in words for readers (C1 to C9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.report.wording import interval_text, value_text
from tunebook.words.finding import Finding, Interval, Number, RemedyKind
from tunebook.words.trial import Value


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

CHECK_TEXTS = {
    "A4": CheckText(
        name="Batch size searched",
        asks="Was a batch size tuned for quality?",
        method="A fact of the search space: a hyperparameter of that name varies and is no "
        "scientific one. Once the others are tuned for it, each batch size reaches the same "
        "quality (Shallue et al. 2018); it sets speed.",
    ),
    "B4": CheckText(
        name="Unequal budgets",
        asks="Did every scientific value get the same?",
        method="Trials of each scientific value are counted, infeasible ones too, and the steps "
        "to which their curves reach compared (Mann and Whitney's test at 0.1 %, where they "
        "differ within a value too). A quarter more trials, or a twentieth more steps, counts.",
    ),
    "B6": CheckText(
        name="Repeated runs",
        asks="Does a run stand twice?",
        method="A fact: one configuration under one seed stands in several rows; where seeds are "
        "not known, with the same objective too. The same configuration under other seeds is a "
        "repeat and is fine.",
    ),
    "B9": CheckText(
        name="Design of the search",
        asks="Is there a fault in the search itself?",
        method="Facts of the table: which hyperparameters vary, which seeds and configurations "
        "stand where, how many trials and steps each scientific value got, how often curves were "
        "evaluated. A training length that is searched hides what the others do.",
    ),
    "D2": CheckText(
        name="Sources of variation",
        asks="How much do a seed, another search and another split of the data do?",
        method="Standard deviations, each apart from the others: of trials of one configuration "
        "whose seeds did not choose it (chi-square, with fewer degrees of freedom where tails are "
        "heavy), of what repeats of the search choose, and of splits of the data (Paule and "
        "Mandel's estimate; generalised pivotal intervals). What nothing measures is said with "
        "what would. Coverage: docs/claims/variance_sources.md. That one seed trained every "
        "configuration is a fact.",
    ),
    "A3": CheckText(
        name="Throughput",
        asks="Which batch sizes fit, and how fast is each?",
        method="The batch size is doubled until memory ends. A step's time is the median time "
        "between far reports less that between near ones, by the steps between, with the interval "
        "between order statistics. Throughput doubles where a doubling brings 1.5 times or more.",
    ),
    "A4": CheckText(
        name="Choice of batch size",
        asks="Which batch size takes the least time, and which the fewest examples?",
        method="Steps to the target of fresh seeds by seconds of a step. A size is left in where "
        "it is not told to be slower than any other: Welch's test on logarithms, with the step "
        "time's uncertainty, Bonferroni over the sizes; the best one is left in with 95 %.",
    ),
    "F1": CheckText(
        name="Steps against batch size",
        asks="How far do larger batches shorten training?",
        method="Median steps to the target of fresh seeds, at the fastest configuration of each "
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
        "rate there, and the fresh seeds. Sizes are told apart by fresh seeds alone: Welch's test "
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
        "The verdict: fresh seeds of each one's best configuration, Welch's test with Holm's "
        "step-down over all pairs, wrong anywhere in at most 5 %; a seed that failed counts as "
        "chance, or as the worst trial.",
    ),
    "G2": CheckText(
        name="Inclusion",
        asks="Did a more general optimizer lose to one that it can imitate?",
        method="Pairs of optimizers that C9 tells apart, in which the loser includes the winner "
        "by the catalogue (Choi et al. 2019): tuned well, it could have done the same. The error "
        "rate is that of C9, over fewer pairs.",
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
    "C11": CheckText(
        name="Objective and order",
        asks="Is the objective counted fairly, and was the search independent of its results?",
        method="The order of the distinct configurations of each study is compared with their "
        "losses and their distances from the best tenth, over random orders of the same trials: "
        "the strongest rank correlation must be rare (5 % over all axes and studies). The best of "
        "k evaluations of white noise lies 1.5 standard deviations off for k = 10, 2.5 for 100.",
    ),
    "B2": CheckText(
        name="Hyperparameter never read",
        asks="Did training use what was varied?",
        method="The trial handle notes which hyperparameters the training code reads. One that "
        "is varied and never read cannot have an effect.",
    ),
    "C1": CheckText(
        name="Search space boundaries",
        asks="Do the best trials crowd an edge of a range?",
        method="A response is fitted to the complete trials, by a parabola and by a curve of any "
        "smoothness, each counting as its evidence says. For each side: is the best place on "
        "the edge better than the best place at least 15 % of the range inside? The p-value is "
        "the chance that it is not; 5 % is shared over all sides of the round. A "
        "training length that was searched is called cut off as well where the best tenth of the "
        "trials crowd its outermost 15 %, more than the next 15 %, and the fit does not speak "
        "against it.",
    ),
    "C2": CheckText(
        name="Sampling density",
        asks="Were there enough trials?",
        method="The tuning curve is the median of the best of n trials against n, with a band "
        "that holds for all n at once with 95 % confidence (Lourie, Cho and He 2024). Infeasible "
        "trials count as infinitely bad. A trial is about as good as the best where it lies "
        "within a tenth of the way from the best to the median. Boxes are quantiles of the best "
        "of a budget. The expected gain of as many trials again is what the second half of the "
        "trials brought beyond the first, over all ways to halve them. How far the best in the "
        "space is comes from how the best losses thin out, given that a space of d axes thins out "
        "no faster than the d-th power of the distance; its bound holds with 95 %.",
    ),
    "C3": CheckText(
        name="Infeasible trials",
        asks="What fails, and where?",
        method="Infeasible trials are the configuration's own fate and count in every "
        "statistic. The place that fails is the cut of an axis, or the value of a choice, that "
        "separates failures best; it is shown where random relabelling of the trials rarely finds "
        "as good a one anywhere (under 5 %). It is a combination of two hyperparameters where "
        "failing depends on another one among trials that are alike in either. That failing "
        "depends on nothing is said only where a dependence would have been seen.",
    ),
    "C4": CheckText(
        name="Overfitting",
        asks="Do good trials get worse on held-out data while they still learn the training set?",
        method="Every held-out metric is read beside the training metric of its kind. A trial "
        "overfits where the last quarter of its curve lies above its lowest stretch, beyond the "
        "noise (which may wander from one evaluation to the next) and by more than 2 % of what "
        "was gained, while the training metric still improved. The best trials are said to "
        "overfit where more than half of the best tenth of all studies, or of one, do; the 5 % "
        "is shared over groups and metrics.",
    ),
    "C5": CheckText(
        name="Late variance",
        asks="Do the best trials differ by more than one evaluation scatters?",
        method="In the last quarter of the good trials' curves a trend is taken out of each, and "
        "what they share; what is left is noise, whose size and correlation are fitted by "
        "restricted likelihood. Two readings closer than 2.8 times the noise left in one can't "
        "be told apart. Where the best tenth of the trials (ten at most), or the bests of the "
        "scientific values, lie nearer than that even at the lower end of the noise's 95 % "
        "interval, their order is luck. The best of many noisy evaluations flatters: by 1.5 "
        "standard deviations of 10, 2.5 of 100.",
    ),
    "C6": CheckText(
        name="Training length",
        asks="Were trials still improving when they ended?",
        method="Of the best tenth of each study (three at least), more than half must have their "
        "best checkpoint in the last quarter, and a gain near the end whose 95 % interval is "
        "above zero; what half as long again would bring is extrapolated from their mean curve. "
        "Where a hyperparameter sets each trial's length, the lengths are asked instead: the gain "
        "of the good fifth of the trials per doubling of the length, by quantile regression over "
        "the longer ones. Where the learning rate decays over a length tied to the training "
        "steps, only a round of another length can tell.",
    ),
    "C7": CheckText(
        name="Saturation",
        asks="Did trials stop improving long before the end?",
        method="A trial is done at the first step from which its best so far is within its own "
        "noise of the best that it reaches. Training is called too long where four fifths of "
        "the good trials were done before 60 % of it.",
    ),
    "C8": CheckText(
        name="Suspicious curves",
        asks="Do the curves look like a bug?",
        method="Four questions, which share 5 %: does a training loss rise beyond its noise; does "
        "a metric repeat itself, as a peak of its spectrum against its neighbours in most trials "
        "of a study; are curves equal to the last digit although seeds or configurations differ; "
        "does a metric never change?",
    ),
    "C9": CheckText(
        name="Isolation",
        asks="Which scientific values differ beyond the noise?",
        method="For each scientific value, what a study of this size selects over its nuisance "
        "hyperparameters, at equal budgets: from a response fitted to all trials where its form "
        "holds, else the best seen, with its spread over subsamples of the search. Two values are "
        "told apart where the interval of their difference leaves out zero; 5 % is shared over "
        "all that is compared. Where every chosen configuration was repeated with seeds that did "
        "not choose it, those are compared, by Welch's test. Measured error rates: "
        "docs/claims/isolation.md.",
    ),
    "C10": CheckText(
        name="What matters, what interacts",
        asks="Which hyperparameters matter, and which must be tuned together?",
        method="Ranks of the trials, infeasible ones last, are fitted by a smooth curve for each "
        "hyperparameter and by products in pairs. A share is the part of the ranks' variance that "
        "one has by itself, or with its pairs (Sobol's indices). An effect is told where its "
        "curve is not flat, among all trials or among the better half; an interaction where "
        "products tell more than any increasing function of a sum of single effects could, so "
        "that the best of one depends on the other; 5 % is shared over all of them. One can be "
        "fixed where the upper ends of its shares lie below a tenth of all, and a fifth among the "
        "better half.",
    ),
    "I1": CheckText(
        name="Evaluation steps",
        asks="Were trials evaluated regularly, and often enough?",
        method="Counted, not estimated: the share of distances between evaluations that are far "
        "from the usual one, the evaluations in the first tenth of training, where instability "
        "shows (two are asked), and in all (eight, to read a curve's end). Whether evaluations "
        "cost more than training is not asked: at regular steps every stretch of time holds the "
        "same steps and one evaluation, so that their costs can't be told apart. `tunebook try` "
        "asks it before the round is run.",
    ),
}

REMEDY_LABELS = {
    RemedyKind.WIDEN: "Widen the range",
    RemedyKind.MORE_TRIALS: "Run more trials",
    RemedyKind.TRAIN_LONGER: "Train longer",
    RemedyKind.TRAIN_SHORTER: "Train shorter",
    RemedyKind.SHRINK: "Shrink the range",
    RemedyKind.REPARAMETRISE: "Reparametrise",
    RemedyKind.FIX: "Fix it",
    RemedyKind.ADD: "Add hyperparameters",
    RemedyKind.INSPECT: "Inspect the training code",
    RemedyKind.STATE: "State what is not known",
}


def check_text(check: str) -> CheckText:
    """The words of a check; an unknown one is shown by its id alone."""
    return CHECK_TEXTS.get(check, UNKNOWN)


def numbers_texts(finding: Finding) -> list[tuple[str, str]]:
    """The finding's numbers as (name, text) pairs; pairs of values one line each."""
    lines: list[tuple[str, str]] = []
    for name, content in finding.numbers.items():
        label = NUMBER_LABELS.get(name, name.replace("_", " "))
        if isinstance(content, tuple):
            shown = sorted(content, key=lambda p: not p.told_apart)[:MOST_PAIRS]
            lines += [
                (
                    f"{value_text(p.a)} minus {value_text(p.b)}",
                    interval_text(Interval(p.difference, p.low, p.high))
                    + (", told apart" if p.told_apart else ", not told apart"),
                )
                for p in shown
            ]
            more = len(content) - len(shown)
            lines += [("and more pairs", str(more))] * bool(more)
        else:
            lines.append((label, _number_text(content)))
    return lines


def remedy_text(finding: Finding) -> str:
    """The remedy in one line: what to do, to what, by how much, because."""
    remedy = finding.remedy
    if remedy is None:
        return ""
    where = ", ".join(f"{k}={value_text(v)}" for k, v in remedy.conditions.items())
    subject = f"{remedy.subject}[{where}]" if where and remedy.subject else remedy.subject
    values = dict(remedy.values)
    text = REMEDY_LABELS[remedy.kind]
    if remedy.kind is RemedyKind.FIX and "value" in values:
        text = f"Fix {subject or 'it'} at {value_text(values.pop('value'))}"
    elif "combination" in values and values.pop("in_place_of", ""):
        text = f"Search {values.pop('combination')} in place of {subject}"
    elif subject and remedy.subject not in values:
        text += f" of {subject}" if remedy.kind in _OF else f", {subject}"
    elif where:
        text += f" with {where}"
    text += f": {_values_text(values)}" if values else ""
    return f"{text}, because {remedy.because}" if remedy.because else text


def _values_text(values: Mapping[str, Value]) -> str:
    """`1e-3 to 0.316, log` for a range; else each value under its name."""
    left = dict(values)
    parts = []
    if "low" in left and "high" in left:
        parts.append(f"{value_text(left.pop('low'))} to {value_text(left.pop('high'))}")
        scale = left.pop("scale", "linear")
        parts += [] if scale == "linear" else [SCALE_WORDS.get(str(scale), str(scale))]
    if "hyperparameters" in left:
        parts.append(str(left.pop("hyperparameters")))
    parts += [f"{name.replace('_', ' ')} {value_text(value)}" for name, value in left.items()]
    return ", ".join(parts)


NUMBER_LABELS = {
    "good_region": "about as good as the best",
    "p_value_low": "p-value, low end",
    "p_value_high": "p-value, high end",
}
MOST_PAIRS = 12
"""Pairs of values that are written; those told apart first."""
SCALE_WORDS = {"near_one": "log of 1 − x"}
_OF = (RemedyKind.WIDEN, RemedyKind.SHRINK)


def _number_text(content: Number) -> str:
    if isinstance(content, Interval):
        share = f", {100 * content.confidence:.4g} %" if content.confidence != 0.95 else ""
        return interval_text(content) + share
    return value_text(content) if not isinstance(content, tuple) else ""
