"""PyTorch's optimizers from a configuration (A2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Configuration
from tunebook.integrations.chosen import arguments_in, load

_SPELLING = {"learning_rate": "lr", "epsilon": "eps", "rho": "alpha"}
_ALWAYS: Mapping[str, Mapping[str, object]] = {"nesterov": {"nesterov": True}}


def torch_optimizer(
    model: Any,
    config: Configuration,
    optimizer: str | None = None,
    *,
    names: Mapping[str, str] | None = None,
    adam: Sequence[str] = (),
    **more: object,
) -> Any:
    """The `torch.optim.Optimizer` that a trial's configuration asks for.

    Lion, Muon, SOAP and Schedule-Free AdamW come from the package pytorch-optimizer: PyTorch has
    none of them, but for a Muon that takes matrices alone.

    Args:
        model: a module, or its parameters. Muon wants the module.
        config: `trial.config`; what it does not have is at the catalogue's default.
        optimizer: name of the catalogue; `config["optimizer"]` if left out.
        names: what the configuration calls a hyperparameter, `{"learning_rate": "optim.lr"}`.
        adam: parts of the names of matrices that Muon leaves to AdamW, beside embeddings and the
            last linear layer.
        more: arguments of the optimizer's own, such as `foreach=False`.

    Raises:
        DesignError: an unknown optimizer, no learning rate, or a package that is missing.

    Returns:
        The optimizer, over all parameters of the model.

    Example:
        >>> import torch
        >>> made = torch_optimizer(torch.nn.Linear(2, 1), {"learning_rate": 0.1}, "adam")
        >>> type(made).__name__, made.param_groups[0]["lr"]
        ('Adam', 0.1)
    """
    entry, arguments = arguments_in("torch", config, optimizer, names, _SPELLING, _ALWAYS)
    make = load(entry.frameworks["torch"])
    if "beta1" in arguments:
        arguments["betas"] = (arguments.pop("beta1"), arguments.pop("beta2"))
    arguments |= more
    if entry.name == "nesterov" and not arguments["momentum"]:
        arguments["nesterov"] = False  # PyTorch refuses it without momentum, where it is SGD
    if entry.name == "muon":
        rate = arguments.pop("adam_learning_rate")
        hidden, others = _muon_groups(model, adam)
        # Each group needs all of its own: this Muon's arguments are for those that lack some.
        left = {"lr": rate, "weight_decay": arguments["weight_decay"]}
        groups = [{"params": hidden, "use_muon": True}]
        groups += [{"params": others, "use_muon": False, **left}] if others else []
        return make(groups, **arguments)
    return make(model.parameters() if hasattr(model, "parameters") else model, **arguments)


def _muon_groups(model: Any, adam: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """Hidden matrices for Muon; embeddings, the last linear layer and all else for AdamW."""
    if not hasattr(model, "named_parameters"):
        raise DesignError(
            "Muon must know which parameters are matrices of hidden layers; it got parameters "
            "without their names",
            next_step="pass the model: torch_optimizer(model, trial.config)",
        )
    embedding, linear = load("torch.nn.Embedding"), load("torch.nn.Linear")
    modules = list(model.modules())
    layers = [m for m in modules if isinstance(m, linear)]
    apart = {
        id(m.weight) for m in [*layers[-1:], *(m for m in modules if isinstance(m, embedding))]
    }
    hidden: list[Any] = []
    others: list[Any] = []
    for name, parameter in model.named_parameters():
        left = id(parameter) in apart or any(part in name for part in adam)
        (others if left or parameter.ndim < 2 else hidden).append(parameter)
    if not hidden:
        raise DesignError(
            "Muon is for the matrices of hidden layers; this model has none beside embeddings and "
            "its last linear layer",
            next_step='take "adamw" for it, or a model with hidden layers',
        )
    return hidden, others
