"""B9 A4 B4 B6: faults of the search's design that its table shows."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPECS = (
    CheckSpec(
        id="B9",
        title="Design of the search",
        question="Is there a fault in the search itself?",
        check="tunebook.checks.design_faults.check:check",
        labels={
            "earliest_last_step": "earliest last step",
            "last_step": "last step",
            "latest_last_step": "latest last step",
            "middle_of_best": "median of the best",
        },
        method="Facts of the table: which hyperparameters vary, how seeds and configurations "
        "repeat, trials and steps of each scientific value, and how often curves were evaluated. "
        "A training length that is searched hides what the others do.",
    ),
    CheckSpec(
        id="A4",
        title="Choice of batch size",
        question="Is it chosen for time or cost, and not for quality?",
        labels={
            "middle_of_best": "median of the best",
        },
        method="A search for quality is a fact of the search space: a hyperparameter of that name "
        "varies and is no scientific one. Once the others are tuned for it, each batch size "
        "reaches the same quality (Shallue et al. 2018); it sets speed. Time to a target is the "
        "steps of new seeds by seconds of a step. A size is left in unless it is significantly "
        "slower than another (Welch's test on logarithms, Bonferroni), so that the fastest is "
        "left in with 95 %.",
    ),
    CheckSpec(
        id="B1",
        title="One question",
        question="Does the round ask one question?",
        labels={
            "fewest_trials_of_a_combination": "fewest trials of a combination",
            "most_trials_of_a_combination": "most trials of a combination",
            "scientific_hyperparameters": "scientific hyperparameters",
        },
        method="Counted: the scientific hyperparameters, the combinations of their values, and "
        "the trials of each combination. A value whose combinations have less than five trials "
        "has no interval of its own (C9).",
    ),
    CheckSpec(
        id="B4",
        title="Unequal budgets",
        question="Did every scientific value get the same?",
        method="Trials of each scientific value are counted, infeasible ones too. The steps that "
        "their curves reach are compared (Mann and Whitney's test at 0.1 %, where they differ "
        "within a value too). A quarter more trials, or a twentieth more steps, counts.",
    ),
    CheckSpec(
        id="B6",
        title="Repeated runs",
        question="Is a run repeated?",
        method="A fact: one configuration under one seed is in several rows; where seeds are not "
        "known, with the same objective too. The same configuration under other seeds is no "
        "repeated work.",
    ),
)
