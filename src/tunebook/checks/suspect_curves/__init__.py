"""C8 I1: curves that are probably bugs, and how evaluations were spaced."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPECS = (
    CheckSpec(
        id="C8",
        title="Suspicious curves",
        question="Do the curves look like a bug?",
        check="tunebook.checks.suspect_curves.check:check",
        chart="tunebook.checks.suspect_curves.chart:draw",
        labels={
            "ended_worse_than_begun": "curves that ended worse than they began",
            "period_evaluations": "period (evaluations)",
            "period_steps": "period (steps)",
        },
        method="Four questions share 5 %. Does a training loss rise beyond its noise? Does a "
        "metric repeat itself, as a peak of its spectrum in most trials of a study? Are curves "
        "equal to the last digit although seeds or configurations differ? Does a metric never "
        "change?",
    ),
    CheckSpec(
        id="I1",
        title="Evaluation steps",
        question="Were trials evaluated regularly, and often enough?",
        shown_with=("C6", "C4"),
        labels={
            "evaluation_s": "an evaluation (s)",
            "irregular": "trials with uneven evaluation steps",
            "rare_at_first": "trials with few evaluations at first",
            "share_of_the_time": "evaluations' share of the time",
            "step_s": "a step (s)",
            "steps_apart": "median steps between evaluations",
        },
        method="Counted, not estimated: the share of unusual distances between evaluations, the "
        "evaluations in the first tenth of training, where instability shows, and all "
        "evaluations. Two are needed in that tenth, eight in all to read a curve's end. The cost "
        "of evaluations is the median over trials of their share of the time, from "
        "trial.evaluate_at(step) to the report of the objective. More than half is too much. It "
        "is not known where training does not call trial.evaluate_at, or where JAX or TensorFlow "
        "compute in the background. tunebook try measures it before the round is run.",
    ),
)
