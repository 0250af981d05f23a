"""The catalogue of optimizers: data alone, each range with its source (A2 G2).

Where a range is not what a source used, the text says what was changed, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tunebook.domain.formats.spelling import log_uniform, near_one
from tunebook.domain.optimizers.optimizer import Inclusion, Optimizer, Tunable

ALWAYS, TEN, TWENTY_FIVE, MANY = 1, 10, 25, 50
"""Trials of a study from which a hyperparameter is tuned. The playbook's FAQ on Adam: under 10 the
learning rate alone, 10 to 25 beta1 too, 25 and more epsilon too, substantially more beta2 too.
"Substantially" is read as twice."""

CHOI = "Choi et al. 2019, arXiv 1910.05446"
ALGOPERF = "AlgoPerf's baselines (Dahl et al. 2023, arXiv 2306.07179)"
_WIDER = "with half a decade more at each end, for smaller and larger workloads than its own"

_ADAM_RATE = Tunable(
    name="learning_rate", axis=log_uniform(3e-5, 3e-2), default=None, from_trials=ALWAYS,
    source=f"{ALGOPERF}, adamw and nadamw: 1e-4 to 1e-2, {_WIDER}",
)  # fmt: skip
_BETA1 = Tunable(
    name="beta1", axis=near_one(0.5, 0.98), default=0.9, from_trials=TEN,
    source=f"{ALGOPERF}, adamw: 1 - beta1 from 0.02 to 0.5; default of Kingma and Ba 2015",
)  # fmt: skip
_EPSILON = Tunable(
    name="epsilon", axis=log_uniform(1e-10, 1e-3), default=1e-8, from_trials=TWENTY_FIVE,
    source=f"{CHOI}: over many orders of magnitude; up to where the range of the learning rate "
    "still fits (larger ones: inclusive); default of Kingma and Ba 2015",
)  # fmt: skip
_BETA2 = Tunable(
    name="beta2", axis=near_one(0.95, 0.9999), default=0.999, from_trials=MANY,
    source="Kingma and Ba 2015 try 0.99 to 0.9999; down to the 0.95 that is usual for language "
    "models",
)  # fmt: skip
_DECAY = Tunable(
    name="weight_decay", axis=log_uniform(5e-3, 1.0), default=0.01, from_trials=TEN,
    source=f"{ALGOPERF}, adamw: 5e-3 to 1, tuned beside learning rate and beta1; default of "
    "torch.optim.AdamW",
)  # fmt: skip
_MOMENTUM_RATE = Tunable(
    name="learning_rate", axis=log_uniform(5e-3, 5.0), default=None, from_trials=ALWAYS,
    source=f"{ALGOPERF}, nesterov: 0.02 to 5; from a quarter of that, since the best "
    "rate falls with the batch size (Shallue et al. 2019) and its batches are large",
)  # fmt: skip
_MOMENTUM = Tunable(
    name="momentum", axis=near_one(0.7, 0.995), default=0.9, from_trials=TEN,
    source=f"{ALGOPERF}, nesterov: 1 - momentum from 5e-3 to 0.3; from 10 trials as the "
    "playbook says of Adam's beta1",
)  # fmt: skip

_OVER_EPSILON = Tunable(
    name="learning_rate_over_epsilon", axis=log_uniform(1e-2, 1e2), default=None,
    from_trials=ALWAYS,
    source=f"{CHOI}: tune epsilon together with learning rate / epsilon. Momentum's range over "
    "1 - beta1 of 0.02 to 0.5 is 0.01 to 250",
)  # fmt: skip
_LARGE_EPSILON = Tunable(
    name="epsilon", axis=log_uniform(1e-4, 1e4), default=None, from_trials=ALWAYS,
    source=f"{CHOI}: over many orders of magnitude, since momentum is reached as epsilon grows; "
    "at the low end it is small beside usual gradients, and each step is Adam's",
)  # fmt: skip
_IMITATING = (_OVER_EPSILON, _LARGE_EPSILON)


def _as_epsilon_grows(of: str, more: str = "") -> Inclusion:
    return Inclusion(
        of=of,
        when="epsilon grows, and the learning rate with it: "
        f"learning_rate / epsilon = {of}'s learning rate{more}",
        exact=False,
        source=CHOI,
    )


_ENTRIES = (
    Optimizer(
        name="sgd", title="SGD", rule="step against the gradient",
        source="Robbins and Monro 1951",
        tunables=(
            Tunable(
                name="learning_rate", axis=log_uniform(1e-2, 10.0), default=None,
                from_trials=ALWAYS,
                source=f"{ALGOPERF}, nesterov: 0.02 to 5, to the next powers of ten: what "
                "compares is learning rate / (1 - momentum) (Shallue et al. 2019)",
            ),
        ),
        frameworks={
            "torch": "torch.optim.SGD", "optax": "optax.sgd", "keras": "keras.optimizers.SGD",
        },
    ),
    Optimizer(
        name="momentum", title="Momentum", rule="step along a running sum of gradients",
        source="Polyak 1964",
        tunables=(_MOMENTUM_RATE, _MOMENTUM),
        includes=(Inclusion(of="sgd", when="momentum = 0", exact=True, source=CHOI),),
        frameworks={
            "torch": "torch.optim.SGD", "optax": "optax.sgd", "keras": "keras.optimizers.SGD",
        },
    ),
    Optimizer(
        name="nesterov", title="Nesterov", rule="momentum, with a look ahead along it",
        source="Nesterov 1983; Sutskever et al. 2013",
        tunables=(_MOMENTUM_RATE, _MOMENTUM),
        includes=(Inclusion(of="sgd", when="momentum = 0", exact=True, source=CHOI),),
        frameworks={
            "torch": "torch.optim.SGD", "optax": "optax.sgd", "keras": "keras.optimizers.SGD",
        },
    ),
    Optimizer(
        name="rmsprop", title="RMSProp",
        rule="gradients over the root of their running mean square, summed with momentum",
        source="Tieleman and Hinton 2012, lecture 6.5",
        tunables=(
            _ADAM_RATE,
            Tunable(
                name="momentum", axis=near_one(0.5, 0.98), default=0.0, from_trials=TEN,
                source=f"{CHOI}: RMSProp with its momentum term; range of Adam's beta1, whose "
                "part it has",
            ),
            _EPSILON,
            Tunable(
                name="rho", axis=near_one(0.9, 0.9999), default=0.9, from_trials=MANY,
                source="Tieleman and Hinton 2012: 0.9; up to Adam's range of beta2",
            ),
        ),
        inclusive=_IMITATING,
        includes=(_as_epsilon_grows("momentum"),),
        frameworks={
            "torch": "torch.optim.RMSprop", "optax": "optax.rmsprop",
            "keras": "keras.optimizers.RMSprop",
        },
        note="Keras adds epsilon under the root, the others outside it.",
    ),
    Optimizer(
        name="adam", title="Adam",
        rule="running mean of gradients over the root of that of their squares",
        source="Kingma and Ba 2015, arXiv 1412.6980",
        tunables=(_ADAM_RATE, _BETA1, _EPSILON, _BETA2),
        inclusive=_IMITATING,
        includes=(_as_epsilon_grows("momentum", " / (1 - beta1)"),),
        frameworks={
            "torch": "torch.optim.Adam", "optax": "optax.adam", "keras": "keras.optimizers.Adam",
        },
    ),
    Optimizer(
        name="adamw", title="AdamW", rule="Adam, with weight decay apart from the gradient",
        source="Loshchilov and Hutter 2019, arXiv 1711.05101",
        tunables=(_ADAM_RATE, _BETA1, _DECAY, _EPSILON, _BETA2),
        inclusive=_IMITATING,
        includes=(
            Inclusion(
                of="adam", when="weight_decay = 0", exact=True,
                source="Loshchilov and Hutter 2019, algorithm 2",
            ),
        ),
        frameworks={
            "torch": "torch.optim.AdamW", "optax": "optax.adamw",
            "keras": "keras.optimizers.AdamW",
        },
    ),
    Optimizer(
        name="nadam", title="NAdam", rule="Adam, with Nesterov's look ahead",
        source="Dozat 2016",
        tunables=(
            _ADAM_RATE,
            Tunable(
                name="beta1", axis=near_one(0.9, 0.996), default=0.9, from_trials=TEN,
                source=f"{ALGOPERF}, nadamw: 1 - beta1 from 4e-3 to 0.1",
            ),
            _EPSILON, _BETA2,
        ),
        inclusive=_IMITATING,
        includes=(_as_epsilon_grows("nesterov", " / (1 - beta1)"),),
        frameworks={
            "torch": "torch.optim.NAdam", "optax": "optax.nadam",
            "keras": "keras.optimizers.Nadam",
        },
        note="In torch the momentum grows from half of beta1 to all of it over tens of thousands "
        "of steps (momentum_decay = 4e-3), in Keras over a hundred; optax has it from the start.",
    ),
    Optimizer(
        name="lion", title="Lion", rule="step along the sign of a mix of gradient and momentum",
        source="Chen et al. 2023, arXiv 2302.06675",
        tunables=(
            Tunable(
                name="learning_rate", axis=log_uniform(3e-6, 1e-2), default=None,
                from_trials=ALWAYS,
                source="Chen et al. 2023, section 5: 3 to 10 times smaller than AdamW's, whose "
                "range here is 3e-5 to 3e-2",
            ),
            Tunable(
                name="weight_decay", axis=log_uniform(1.5e-2, 10.0), default=0.1,
                from_trials=TEN,
                source="Chen et al. 2023, section 5: 3 to 10 times larger than AdamW's",
            ),
            Tunable(
                name="beta1", axis=near_one(0.8, 0.98), default=0.9, from_trials=TWENTY_FIVE,
                source="around the two settings of Chen et al. 2023, 0.9 and 0.95",
            ),
            Tunable(
                name="beta2", axis=near_one(0.9, 0.999), default=0.99, from_trials=MANY,
                source="around the two settings of Chen et al. 2023, 0.99 and 0.98",
            ),
        ),
        frameworks={
            "torch": "pytorch_optimizer.Lion", "optax": "optax.lion",
            "keras": "keras.optimizers.Lion",
        },
    ),
    Optimizer(
        name="muon", title="Muon",
        rule="momentum of hidden matrices made orthogonal; AdamW for all else",
        source="Jordan et al. 2024, https://kellerjordan.github.io/posts/muon",
        tunables=(
            Tunable(
                name="learning_rate", axis=log_uniform(2e-3, 2e-1), default=None,
                from_trials=ALWAYS,
                source="a decade around the 0.02 of Jordan et al. 2024",
            ),
            Tunable(
                name="momentum", axis=near_one(0.8, 0.99), default=0.95, from_trials=TEN,
                source="around the 0.95 of Jordan et al. 2024",
            ),
            Tunable(
                name="adam_learning_rate", axis=log_uniform(3e-5, 3e-2), default=3e-4,
                from_trials=TEN,
                source="AdamW's range; default of the code of Jordan et al. 2024",
            ),
            Tunable(
                name="weight_decay", axis=log_uniform(1e-3, 1.0), default=0.0,
                from_trials=TWENTY_FIVE,
                source="around the 0.1 of Liu et al. 2025, arXiv 2502.16982; default of the "
                "code of Jordan et al. 2024",
            ),
        ),
        frameworks={
            "torch": "pytorch_optimizer.Muon", "optax": "optax.contrib.muon",
            "keras": "keras.optimizers.Muon",
        },
        note="Embeddings and the last layer belong to AdamW: in torch pass the model itself, and "
        "name them with adam=[...] where they are not found; in Keras exclude_layers=[...].",
    ),
    Optimizer(
        name="soap", title="SOAP", rule="Adam in the eigenbasis of Shampoo's preconditioner",
        source="Vyas et al. 2024, arXiv 2409.11321",
        tunables=(
            Tunable(
                name="learning_rate", axis=log_uniform(3e-4, 3e-2), default=None,
                from_trials=ALWAYS,
                source="a decade around the 3e-3 of Vyas et al. 2024",
            ),
            Tunable(
                name="beta1", axis=near_one(0.85, 0.99), default=0.95, from_trials=TEN,
                source=f"{ALGOPERF}, shampoo: 1 - beta1 from 0.01 to 0.15; default of Vyas et al.",
            ),
            Tunable(
                name="weight_decay", axis=log_uniform(5e-3, 1.0), default=0.01, from_trials=TEN,
                source=f"{ALGOPERF}, shampoo: 5e-3 to 1; default of Vyas et al.",
            ),
            Tunable(
                name="beta2", axis=near_one(0.9, 0.999), default=0.95, from_trials=TWENTY_FIVE,
                source="from the 0.95 of Vyas et al. 2024 to AlgoPerf's 0.999 for Shampoo",
            ),
        ),
        frameworks={"torch": "pytorch_optimizer.SOAP"},
    ),
    Optimizer(
        name="schedule_free_adamw", title="Schedule-Free AdamW",
        rule="AdamW, evaluated at a running mean of its iterates, in place of a schedule",
        source="Defazio et al. 2024, arXiv 2405.15682",
        tunables=(
            Tunable(
                name="learning_rate", axis=log_uniform(1e-4, 1e-1), default=None,
                from_trials=ALWAYS,
                source="the authors' README: 1 to 10 times that of AdamW with a schedule, for "
                "which AlgoPerf has 1e-4 to 1e-2",
            ),
            Tunable(
                name="beta1", axis=near_one(0.85, 0.985), default=0.9, from_trials=TEN,
                source="the authors' README: training is sensitive to it; 0.9, or 0.95 to 0.98 "
                "for long training",
            ),
            _DECAY, _BETA2,
        ),
        frameworks={
            "torch": "pytorch_optimizer.ScheduleFreeAdamW",
            "optax": "optax.contrib.schedule_free_adamw",
            "keras": "keras.optimizers.ScheduleFreeAdamW",
        },
        note="It takes no schedule, and warms up by itself where the configuration has "
        "warmup_steps. Its weights are read after optimizer.eval() in torch, "
        "optax.contrib.schedule_free_eval_params in optax.",
    ),
)  # fmt: skip

OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""Every entry by its name, in the order of the literature."""

FRAMEWORKS = ("torch", "optax", "keras")
