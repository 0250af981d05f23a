"""The opposite of each claim that a check makes: what a small study must not say of a large one.

A pass that says "no sign" is no claim that there is nothing, so that a small study which misses
what the large one finds does not say the opposite of it; but an alarm is the opposite of a large
study's "no sign". Facts of the table at hand, such as uneven budgets, have no opposite.
"""

from __future__ import annotations

Claim = tuple[str, str]
"""A check, and what it says."""
CUT_OFF = (("C1", "cut off above"), ("C1", "cut off below"))
A_BUG = (("C8", "a bug"), ("C8", "rising in most of the best"))
OPPOSITES: dict[Claim, tuple[tuple[Claim, ...], str]] = {
    ("B9", "fault"): ((("B9", "none searched"),), "no length and no batch size was searched"),
    ("A4", "fault"): ((("A4", "none searched"),), "no length and no batch size was searched"),
    ("C1", "cut off above"): (CUT_OFF[1:], "the search space is cut off on the other side"),
    ("C1", "cut off below"): (CUT_OFF[:1], "the search space is cut off on the other side"),
    ("C1", "no sign of a cut-off"): (CUT_OFF, "the search space is cut off, on either side"),
    ("C2", "sampled densely, or more would bring little"): (
        (("C2", "dense, wrongly"),),
        "sampled densely, although the full study holds a trial that is better by more than a quarter of the way from the median",
    ),
    ("C3", "fails above"): (
        (("C3", "fails below"), ("C3", "fails by nothing")),
        "fails on the other side of the same hyperparameter, or depends on nothing",
    ),
    ("C3", "fails below"): (
        (("C3", "fails above"), ("C3", "fails by nothing")),
        "fails on the other side of the same hyperparameter, or depends on nothing",
    ),
    ("C3", "fails by something else"): (
        (("C3", "fails above"), ("C3", "fails below"), ("C3", "fails by nothing")),
        "trials fail by this hyperparameter, or by nothing",
    ),
    ("C3", "some at chance"): (
        (("C3", "others at chance"),),
        "most of the trials that are called at chance are not so called by the full study",
    ),
    ("C3", "none at chance"): ((("C3", "some at chance"),), "some trials are at chance"),
    ("C4", "most of the best overfit"): ((("C4", "none overfits"),), "no trial overfits"),
    ("C4", "some overfit, not most of the best"): (
        (("C4", "most of the best overfit"),), "most of the best overfit",
    ),
    ("C4", "none overfits"): ((("C4", "most of the best overfit"),), "most of the best overfit"),
    ("C5", "noise hides the best"): (
        (("C5", "spares, wrongly"), ("C5", "hides, wrongly")),
        "of its own best trials says that noise hides, or spares, which is best, where the noise that the full study knows says the contrary",
    ),
    ("C5", "noise spares the best"): (
        (("C5", "spares, wrongly"), ("C5", "hides, wrongly")), "the same",
    ),
    ("C6", "longer would help"): (
        (("C6", "none still improves"), ("C7", "done early")),
        "no best trial still improves (or length brings nothing), or they were done early",
    ),
    ("C6", "longer is better, by little or not to the end"): (
        (("C6", "none still improves"), ("C7", "done early")), "the same",
    ),
    ("C6", "some still improve, not most"): (
        (("C6", "longer would help"),), "longer training would help",
    ),
    ("C6", "none still improves"): ((("C6", "longer would help"),), "longer training would help"),
    ("C7", "done early"): (
        (("C6", "longer would help"), ("C7", "put to use, none done early")),
        "longer training would help, or no best trial was done early",
    ),
    ("C7", "put to use"): ((("C7", "done early"),), "the best trials were done early"),
    ("C7", "put to use, none done early"): (
        (("C7", "done early"),), "the best trials were done early",
    ),
    ("C8", "no bug seen"): (A_BUG, "a problem or a warning of any kind"),
    ("C8", "rising in some"): (A_BUG[1:], "the training loss rises in most of the best"),
    ("C9", "the first is better"): ((("C9", "the second is better"),), "told apart the other way"),
    ("C9", "the second is better"): ((("C9", "the first is better"),), "told apart the other way"),
    ("C10", "matters most"): (
        (("C10", "matters little"), ("C10", "matters less than another")),
        "matters little (so that it may be fixed), or less than another, intervals and all",
    ),
    ("C10", "matters"): ((("C10", "matters little"),), "matters little, so that it may be fixed"),
    ("C10", "matters little"): (
        (("C10", "matters"), ("C10", "matters most")), "it matters",
    ),
    ("C10", "interact"): ((("C10", "one may be fixed"),), "one of the two may be fixed alone"),
    ("C11", "no sign of choice"): ((("C11", "chosen by results"),), "results chose the trials"),
}  # fmt: skip
"""When two results count as opposite of each claim of the full study, on the same subject."""
NOT_SAID = {"matters less than another"}
"""Read off the numbers of two findings: no finding of its own."""
INCLUDED = {
    ("C10", "matters"): {"matters most"},
    ("C7", "put to use"): {"put to use, none done early"},
    ("C7", "put to use, none done early"): {"put to use"},
}
"""Other words that make the claim as well."""
COMPARED_ONLY = {"dense, wrongly", "hides, wrongly", "spares, wrongly", "one may be fixed", "open",
           "not told to interact", "matters less than another", "not seen", "none searched",
           "searched", "can't be told apart", "fails by something else", "a bug"}  # fmt: skip
"""Words that only serve to compare: no findings of the full study."""
