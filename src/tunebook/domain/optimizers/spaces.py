"""Ready-made search spaces by optimizer and budget, and which optimizer includes which (A2 G2)."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.domain.errors import DesignError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.optimizers.catalogue import FRAMEWORKS, OPTIMIZERS
from tunebook.domain.optimizers.optimizer import Optimizer, Tunable
from tunebook.domain.space import Axis, Choice, Per


def optimizer_named(name: object) -> Optimizer:
    """The entry of the catalogue.

    Raises:
        DesignError: no such name; says the nearest one.
    """
    found = OPTIMIZERS.get(name) if isinstance(name, str) else None
    if found is None:
        raise DesignError(
            f"an optimizer is one of {', '.join(OPTIMIZERS)}; got {name!r}."
            + nearest(str(name), OPTIMIZERS),
            next_step="name one of these (tunebook optimizers lists them), or give the ranges of "
            'your own: tb.per("optimizer", mine=tb.log_uniform(1e-4, 1e-1))',
        )
    return found


def optimizer_space(
    *optimizers: str,
    trials: int,
    on: str = "optimizer",
    inclusive: bool = False,
    framework: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Mapping[str, Axis | Per]:
    """The search space of one optimizer, or of several beside each other, for a budget.

    What is tuned depends on the trials that each optimizer gets: under 10 the learning rate alone,
    from 10 momentum or beta1 (and weight decay where it is a part of the optimizer), from 25
    epsilon, from 50 beta2 (the playbook, on Adam). All else has its default, which
    `optimizer_defaults` gives.

    Args:
        optimizers: names of the catalogue, as in `tb.choice("nesterov", "adam")`.
        trials: of the round; they are split evenly over the optimizers.
        on: the hyperparameter that chooses among several.
        inclusive: let epsilon, and learning rate / epsilon, range so widely that a more general
            optimizer can imitate those that it includes (Choi et al. 2019).
        framework: "torch", "optax" or "keras", to be told now what it lacks.
        names: what training code calls a hyperparameter, `{"learning_rate": "optim.lr"}`.

    Returns:
        Axes by name for one optimizer; for several, conditions on `on`.

    Raises:
        DesignError: an unknown optimizer or name, one twice, or one that the framework lacks.

    Example:
        >>> list(optimizer_space("adam", trials=20))
        ['learning_rate', 'beta1']
        >>> optimizer_space("nesterov", "adam", trials=40)["momentum"].when[0][0]
        'nesterov'
    """
    asked = _asked(optimizers, framework)
    share = _share(trials, asked)
    ranges = {o.name: {t.name: t.axis for t in tuned(o, share, inclusive)} for o in asked}
    return _beside(ranges, on, names)


def optimizer_defaults(
    *optimizers: str,
    trials: int,
    on: str = "optimizer",
    inclusive: bool = False,
    names: Mapping[str, str] | None = None,
) -> dict[str, float | Per]:
    """The hyperparameters that `optimizer_space` leaves out, at their defaults, for `fixed`.

    A round need not have them, since the adapters know them; with them its conclusions name what
    they rest on.

    Example:
        >>> optimizer_defaults("adam", trials=20)
        {'epsilon': 1e-08, 'beta2': 0.999}
    """
    asked = _asked(optimizers, None)
    share = _share(trials, asked)
    held: dict[str, Mapping[str, Axis]] = {}
    for optimizer in asked:
        varied = {t.name for t in tuned(optimizer, share, inclusive)}
        left = [t for t in optimizer.tunables if t.name not in varied and t.default is not None]
        held[optimizer.name] = {t.name: Choice((float(t.default or 0.0),)) for t in left}
    return {
        name: axis if isinstance(axis, Per) else _only(axis)
        for name, axis in _beside(held, on, names).items()
    }


def tuned(optimizer: Optimizer, trials: int, inclusive: bool = False) -> tuple[Tunable, ...]:
    """What to tune of an optimizer in a study of so many trials, the most worth it first."""
    chosen = [t for t in optimizer.tunables if t.from_trials <= trials]
    if not (inclusive and optimizer.inclusive):
        return tuple(chosen)
    replaced = {"learning_rate", "epsilon"}
    return (*optimizer.inclusive, *(t for t in chosen if t.name not in replaced))


def includes(general: str, special: str) -> bool:
    """Can `general` imitate `special`, itself or by way of others (G2)?

    Example:
        >>> includes("adam", "sgd"), includes("nesterov", "momentum")
        (True, False)
    """
    return general == special or any(
        includes(inclusion.of, special) for inclusion in optimizer_named(general).includes
    )


def inclusions(*optimizers: str) -> tuple[tuple[str, str], ...]:
    """Pairs (general, special) among these, for which the general one must not lose.

    Example:
        >>> inclusions("momentum", "nesterov", "adam")
        (('adam', 'momentum'),)
    """
    asked = [optimizer_named(name).name for name in optimizers]
    return tuple((a, b) for a in asked for b in asked if a != b and includes(a, b))


def check_framework(optimizer: Optimizer, framework: str) -> str:
    """What builds an optimizer in a framework, as `torch.optim.SGD`.

    Raises:
        DesignError: no such framework, or it has none.
    """
    if framework not in FRAMEWORKS:
        raise DesignError(
            f"a framework is one of {', '.join(FRAMEWORKS)}; got {framework!r}."
            + nearest(str(framework), FRAMEWORKS),
            next_step='say framework="torch", for example',
        )
    if framework not in optimizer.frameworks:
        there = ", ".join(optimizer.frameworks)
        raise DesignError(
            f"{framework} has no {optimizer.title}; the catalogue knows it for {there}",
            next_step=f'leave "{optimizer.name}" out, train with {there}, or build it yourself '
            "from trial.config",
        )
    return optimizer.frameworks[framework]


def _asked(optimizers: tuple[str, ...], framework: str | None) -> list[Optimizer]:
    if not optimizers:
        raise DesignError(
            "a space is of at least one optimizer; got none",
            next_step='name them: tb.optimizer_space("nesterov", "adam", trials=40)',
        )
    asked = [optimizer_named(name) for name in optimizers]
    twice = [o.name for i, o in enumerate(asked) if o in asked[:i]]
    if twice:
        raise DesignError(
            f'each optimizer is named once; "{twice[0]}" stands twice', next_step="drop one"
        )
    if framework is not None:
        for optimizer in asked:
            check_framework(optimizer, framework)
    return asked


def _share(trials: int, asked: list[Optimizer]) -> int:
    return scalars.whole("trials", trials, least=1, example=40) // len(asked)


def _beside(
    ranges: Mapping[str, Mapping[str, Axis]], on: str, names: Mapping[str, str] | None
) -> dict[str, Axis | Per]:
    """One optimizer's axes as they are; those of several under conditions."""
    every = dict.fromkeys(name for held in ranges.values() for name in held)
    unknown = [n for n in names or {} if not any(n == t.name for t in _known(ranges))]
    if unknown:
        known = dict.fromkeys(t.name for t in _known(ranges))
        raise DesignError(
            f'names renames a hyperparameter of the optimizers; "{unknown[0]}" is none.'
            + nearest(unknown[0], known),
            next_step=f"rename one of {', '.join(known)}",
        )
    called = {name: (names or {}).get(name, name) for name in every}
    if len(ranges) == 1:
        return {called[name]: axis for held in ranges.values() for name, axis in held.items()}
    return {
        called[name]: Per(on, tuple((o, held[name]) for o, held in ranges.items() if name in held))
        for name in every
    }


def _known(ranges: Mapping[str, object]) -> list[Tunable]:
    entries = [OPTIMIZERS[name] for name in ranges]
    return [t for o in entries for t in (*o.tunables, *o.inclusive)]


def _only(axis: Axis) -> float:
    assert isinstance(axis, Choice)
    return float(axis.values[0])
