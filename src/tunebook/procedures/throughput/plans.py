"""Throughput: its arguments, and the plan of each of its rounds (A3)."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats import scalars
from tunebook.domain.origin import Stage
from tunebook.domain.space import Choice
from tunebook.procedures.steps.arguments import Arguments

PROBE_STEPS = 10
"""Of the trial that shows whether a batch size fits: nine cycles, of which eight are read."""
CYCLES = 12
"""Reports of a timed trial; of the eleven cycles between them ten are read."""
LEAST_APART = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputArguments(Arguments):
    """Arguments of the procedure. `max_train_steps` is the most that a trial takes.

    Attributes:
        smallest, largest: batch sizes; doubled from the smallest on.
        examples: in the training set: no batch is larger. None where nothing is known.
        precision: half width of a step time's 95 % interval, by the time, that is wanted.
        longer: how often a size whose time is not so precise is timed again, at greater length.
        trial_s: seconds that a timed trial is to train, without its evaluations.
        time_limit_s: a trial that takes longer ends the doubling.
    """

    smallest: int = 8
    largest: int = 65_536
    examples: int | None = None
    precision: float = 0.1
    longer: int = 2
    trial_s: float = 4.0
    time_limit_s: float = 300.0

    def __post_init__(self) -> None:
        Arguments.__post_init__(self)
        scalars.whole("smallest", self.smallest, least=1, example=8)
        scalars.whole("largest", self.largest, least=2, example=1024)
        scalars.whole("longer", self.longer, least=0, most=10, example=2)
        scalars.whole("max_train_steps", self.max_train_steps, least=CYCLES * 2, example=1000)
        if self.examples is not None:
            scalars.whole("examples", self.examples, least=1, example=60_000)
            if self.examples < self.smallest:
                raise DesignError(
                    f"an epoch of {self.examples} examples is shorter than the smallest batch, "
                    f"{self.smallest}",
                    next_step=f"give smallest={max(1, self.examples // 8)}, or more data",
                )
        if len(self.batch_sizes) < 2:
            raise DesignError(
                f"throughput is compared over two batch sizes or more; from {self.smallest} to "
                f"{min(self.largest, self.examples or self.largest)} there is no doubling",
                next_step=f"give smallest={max(1, self.smallest // 8)}, or a larger largest=",
            )
        for name in ("precision", "trial_s", "time_limit_s"):
            value = getattr(self, name)
            if not 0 < value < 1e9:
                raise DesignError(
                    f"{name} is above 0; got {value!r}", next_step=f"leave {name} out, or raise it"
                )

    @property
    def size(self) -> str:
        """What training calls the batch size."""
        return self.called("batch_size")

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """All that may be tried, rising."""
        most = min(self.largest, self.examples or self.largest)
        sizes, size = [], self.smallest
        while size <= most:
            sizes.append(size)
            size *= 2
        return tuple(sizes)

    @property
    def most_apart(self) -> int:
        """Steps between two reports of the longest trial."""
        return self.max_train_steps // CYCLES


def fit_stage(size: int) -> Stage:
    """The stage that shows whether a size fits."""
    return Stage(kind="fit", at=size, name=f"fit {size}")


def time_stage(size: int, again: int) -> Stage:
    """The stage that times a size, and those with longer trials."""
    name = f"time {size}" + (f", longer {again}" if again else "")
    return Stage(kind="time", at=size, index=again, name=name)


def fit(args: ThroughputArguments, size: int) -> Round:
    """A few steps, each reported."""
    asks = f"Does batch size {size} fit?"
    return _plan(args, fit_stage(size), asks, size, 0, PROBE_STEPS, PROBE_STEPS)


def time(args: ThroughputArguments, size: int, again: int, apart: int) -> Round:
    """A trial whose reports are so many steps apart."""
    asks = f"How long does a step take at batch size {size}?"
    return _plan(args, time_stage(size, again), asks, size, 1 + again, CYCLES * apart, CYCLES)


def _plan(
    args: ThroughputArguments,
    stage: Stage,
    asks: str,
    size: int,
    nth: int,
    steps: int,
    reports: int,
) -> Round:
    return args.round(
        stage, asks, 1 + args.batch_sizes.index(size) * (args.longer + 2) + nth,
        # One trial a round: nothing else of it runs at the same time. As a scientific
        # hyperparameter of one value, a batch size that training never reads is noticed.
        scientific={args.size: Choice((size,))}, trials=1, searcher="grid",
        max_train_steps=steps, evaluations=reports, time_limit_s=args.time_limit_s,
    )  # fmt: skip
