"""Trials of a round: which study, configuration and seed each one has (B4 D1)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from itertools import count

from tunebook.domain.design import Round, studies
from tunebook.domain.searchers import ADAPTIVE
from tunebook.domain.trial import RERUN_FROM, Configuration, Purpose, TrialRecord
from tunebook.search import points


def trial_seed(seed: int, label: str, index: int) -> int:
    """31-bit seed of a trial, a hash of what it is: no two labels share a sequence.

    Args:
        seed: of the round.
        label: the study's name for a search trial; of a rerun, see `rerun_seed`.
        index: k in the study, or j among the reruns.
    """
    digest = hashlib.sha256(f"trial\0{seed}\0{label}\0{index}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFF_FFFF


def search_trials(plan: Round, number: int) -> tuple[TrialRecord, ...]:
    """Every search trial of a round, pending, in order of its number.

    None where the searcher waits for results: its trials are planned as they are asked.

    Args:
        plan: the round.
        number: of the round in its book.

    Raises:
        DesignError: the searcher has fewer configurations than the round has trials.
    """
    if plan.searcher in ADAPTIVE:
        return ()
    trials: list[TrialRecord] = []
    for study in studies(plan):
        settled = {**study.branch.conditions, **study.fixed}
        chosen = points(plan, study, range(len(study.numbers)))
        for k, (n, point) in enumerate(zip(study.numbers, chosen, strict=True)):
            trials.append(
                TrialRecord(
                    round=number,
                    number=n,
                    study=study.name,
                    index=k,
                    config={**settled, **point},
                    seed=trial_seed(plan.seed, study.name, k),
                    max_train_steps=plan.max_train_steps,
                )
            )
    return tuple(sorted(trials, key=lambda trial: trial.number))


def rerun_seed(
    seed: int,
    number: int,
    index: int,
    *,
    shared: Mapping[int, int],
    ran: Collection[int],
    used: Collection[int],
) -> int:
    """Seed of a rerun: the one that the other sides have, unless this configuration ran with it.

    Args:
        seed: of the round.
        number: of the round in its book: two rounds of one seed have different reruns.
        index: j among the reruns of a side.
        shared: index to the seed that another side of the round has.
        ran: seeds that this configuration ran with, in any round of the book.
        used: every seed of the book.
    """
    if index in shared and shared[index] not in ran:
        return shared[index]
    drawn = (trial_seed(seed, f"rerun\0{number}\0{k}", index) for k in count())
    return next(s for s in drawn if s not in used)


def rerun_trials(
    plan: Round,
    number: int,
    side: str,
    config: Configuration,
    indices: Sequence[int],
    first_number: int,
    known: Sequence[TrialRecord] = (),
) -> tuple[TrialRecord, ...]:
    """Reruns of one configuration with new seeds, pending.

    Rerun j has the same seed on every side, so that sides are compared in pairs. No seed is one
    that the configuration already ran with.

    Args:
        plan: the round.
        number: of the round in its book.
        side: name of what is rerun: a scientific value, or "baseline".
        config: every hyperparameter of the configuration.
        indices: j of each rerun.
        first_number: number of the first, from `RERUN_FROM` on.
        known: every trial of the book so far.
    """
    if first_number < RERUN_FROM:
        raise ValueError(f"reruns are numbered from {RERUN_FROM}; got {first_number}")
    own = [t for t in known if t.round == number and t.purpose is Purpose.RERUN]
    shared = {t.index: t.seed for t in reversed(own)}
    ran = {t.seed for t in known if dict(t.config) == dict(config)}
    used = {t.seed for t in known}
    return tuple(
        TrialRecord(
            round=number,
            number=first_number + i,
            study="",
            index=j,
            config=config,
            seed=rerun_seed(plan.seed, number, j, shared=shared, ran=ran, used=used),
            max_train_steps=plan.max_train_steps,
            purpose=Purpose.RERUN,
            rerun_of=side,
        )
        for i, j in enumerate(indices)
    )
