"""The procedure training-length (E1 E3 E4 E5)."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec
from tunebook.procedures.spec import ProcedureSpec

SPEC = ProcedureSpec(
    id="training-length",
    about="How long is long enough, and is the workload compute-bound?",
    question="How long should training be here?",
    procedure="tunebook.procedures.training_length.procedure:PROCEDURE",
    chart="tunebook.procedures.training_length.chart:draw",
    drives=("learning_rate",),
    findings=(
        CheckSpec(
            id="E1",
            title="A first training length",
            question="How many steps does the fastest trial need to fit the training set?",
            method="A sweep of the learning rate at a sixteenth, then a quarter of the budget, "
            "without regularisation where `plain` describes that. The range is moved, at most "
            "twice, where the best rate is at its edge; a rate that stays there is not trusted.",
        ),
        CheckSpec(
            id="E3",
            title="Best checkpoints",
            question="Where in training does the best checkpoint fall?",
            method="Counted over trainings with new seeds. Where the learning rate decays over "
            "the training, nearly all fall at its end, which shows nothing about longer training.",
        ),
        CheckSpec(
            id="E4",
            title="The length that suffices",
            question="How long is long enough, and does the whole budget pay?",
            method="The best configuration of each length trains with the same new seeds. Their "
            "mean falls and then may rise (unimodal least squares). The shortest length is where "
            "it comes within the least improvement of its lowest, on the logarithm of the length. "
            "Interval: bootstrap over seeds. Compute-bound where it is above the budget over "
            "1.25, saturated where below. Twice the budget: a power law with a floor, profile "
            "likelihood.",
        ),
        CheckSpec(
            id="E5",
            title="What carries over",
            question="What was tuned once, and what at every length?",
            method="By the kind of a hyperparameter, as in the playbook. Warm-up, initialisation "
            "and architecture keep the value of the first length. The learning rate, its "
            "schedule, the optimizer and regularisation are tuned at each length. The best rate "
            "is the optimum of one parabola in its logarithm over all lengths, with one drift.",
        ),
    ),
)
