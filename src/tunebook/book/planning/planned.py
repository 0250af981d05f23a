"""What a planned round would cost and tell, from what the book has measured (B5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from threadpoolctl import threadpool_limits

from tunebook.book.decisions.levels import book_account
from tunebook.book.decisions.limits import MAX_RERUNS, check_limits
from tunebook.book.decisions.refusals import gain_left_in, out_of_reach
from tunebook.book.planning.before_running import at_a_time, last_timed
from tunebook.book.tried_times import tried_times
from tunebook.checks.design_faults.one_question import goal_warnings
from tunebook.deciding.launch_account import granted
from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.trial import Purpose, Status
from tunebook.examination.objective_direction import direction_finding
from tunebook.planning.baseline_gaps import gaps_text
from tunebook.planning.earlier_trials import FEWEST, FEWEST_FREE
from tunebook.planning.forecast import Measured, PlannedRound, Reruns, plan_ahead
from tunebook.planning.trade_offs import Trade, trades
from tunebook.planning.wording import assumption, too_small
from tunebook.report.terminal.lines import plain, show
from tunebook.report.terminal.plan import one_line, planned_renderable
from tunebook.store import Store
from tunebook.store.table import table

ERROR_RATE = 0.05


class Planned:
    """A plan's numbers, which show themselves in a terminal and in a notebook.

    Attributes:
        ahead: what the round would cost and tell.
        trades: what one change of the plan would buy, best first.
        doubts: of what the plan takes for granted, each under its head: an objective whose name
            contradicts its direction, a least improvement that nothing can reach, a baseline that
            lacks a hyperparameter of the plan.
    """

    def __init__(
        self,
        ahead: PlannedRound,
        bought: Sequence[Trade] = (),
        *,
        doubts: Mapping[str, str] | None = None,
    ) -> None:
        self.ahead = ahead
        self.trades = tuple(bought)
        self.doubts = dict(doubts or {})

    @property
    def line(self) -> str:
        """Cost and promise in one sentence."""
        return one_line(self.ahead)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Doubts, what is too small for any verdict, or more than one question."""
        return (
            *self.doubts.values(),
            *goal_warnings(self.ahead.plan),
            *too_small(self.ahead),
        )

    def show(self) -> None:
        """Print it: with colours on a terminal, plain in a pipe."""
        show(planned_renderable(self.ahead, self.trades, self.doubts))

    def data(self) -> dict[str, Any]:
        """The same as `tunebook run --plan --json` prints, less its schema."""
        return {
            **_numbers(self.ahead),
            "trades": [
                {"kind": str(t.kind), "change": t.change, "known": t.known, "trials": t.trials,
                 "worth": t.worth, **_numbers(t.ahead)}
                for t in self.trades
            ],
            "assumption": assumption(self.ahead),
            "warnings": list(self.warnings),
        }  # fmt: skip

    def __repr__(self) -> str:
        return plain(planned_renderable(self.ahead, self.trades, self.doubts))

    def _repr_html_(self) -> str:
        from tunebook.report.notebook.views import planned_html

        return planned_html(self.ahead, self.trades, self.doubts)


def _numbers(ahead: PlannedRound) -> dict[str, Any]:
    return {
        "trials": ahead.plan.trials,
        "trials_a_study": ahead.trials_a_study,
        "density": ahead.density,
        "difference": _finite(ahead.difference),
        "metric": ahead.metric,
        "noise": ahead.noise,
        "spread": ahead.spread,
        "from_round": ahead.number,
        "studies": [{**to_data(s), "density": s.density} for s in ahead.studies],
        "questions": [
            {
                "name": q.name,
                "values": q.values,
                "trials": q.trials,
                "difference": _finite(q.difference),
                "pairs": [
                    {"a": p.a, "b": p.b, "difference": _finite(p.difference)} for p in q.pairs
                ],
            }
            for q in ahead.questions
        ],
        "cost": to_data(ahead.cost),
        "decision": {
            **to_data(ahead.decision),
            "gain": _finite(ahead.decision.gain),
            "excess": _finite(ahead.decision.excess),
            "left": _finite(ahead.decision.left),
        },
    }


def _finite(number: float) -> float | None:
    """A number for JSON; None where no difference is significant, or nothing was worked out."""
    return number if math.isfinite(number) else None


def look_ahead(
    store: Store | None,
    plan: Round,
    number: int | None = None,
    *,
    workers: int | None = None,
    max_reruns: int = MAX_RERUNS,
    with_trades: bool = True,
    objective: Objective | None = None,
    setting: Setting | None = None,
) -> Planned:
    """What a round would cost and tell.

    Its matrices are small: linear algebra uses one thread, as for the checks (`report.examine`).

    Args:
        store: of the book; None where there is none yet.
        plan: the round.
        number: of the round in the book, where it is in it.
        workers: trials at a time; one a core if left out.
        max_reruns: of the decision to come, over all arms.
        with_trades: False leaves out what changes of the plan would buy.
        objective, setting: of the book to be, where there is none yet.
    """
    check_limits(workers=workers, max_reruns=max_reruns)
    made = store.setting() if store else None
    doubts = _doubts(plan, made[1] if made else objective, made[0] if made else setting, store)
    measured = last_measured(store, number) if store else None
    reruns = _reruns(store, max_reruns) if store else Reruns(most=max_reruns)
    count = at_a_time(workers)
    tried = tried_times(plan)
    with threadpool_limits(1, user_api="blas"):
        ahead = plan_ahead(plan, measured, reruns=reruns, tried=tried, workers=count)
        bought = (
            trades(ahead, measured, reruns=reruns, tried=tried, workers=count)
            if with_trades
            else ()
        )
    return Planned(ahead, bought, doubts=doubts)


def _doubts(
    plan: Round, objective: Objective | None, setting: Setting | None, store: Store | None
) -> dict[str, str]:
    """What makes a round worthless whatever it costs, by its head."""
    if objective is None:
        return {}
    found = direction_finding(objective)
    launches = store.launches() if store else ()
    setting = setting or Setting(name="")
    baseline = launches[-1] if launches else None
    reach = out_of_reach(plan.least_improvement, objective, setting, baseline)
    doubts = {
        "objective": found.sentence if found else "",
        "least improvement": reach,
        "baseline": gaps_text(plan, baseline),
    }
    return {head: text for head, text in doubts.items() if text}


def last_measured(store: Store, number: int | None) -> Measured | None:
    """What the rounds up to `number` tell: the newest that has enough trials, or else any."""
    timed = last_timed(store, number)
    if timed is None:
        return None
    searched = last_timed(store, number, fewest=FEWEST) or timed
    reruns, reruns_of = None, 0
    for stored in reversed(store.rounds()[:number]):
        again = [t for t in store.trials(stored.number) if t.purpose is Purpose.RERUN]
        if sum(t.status is Status.COMPLETE for t in again) > FEWEST_FREE:
            reruns, reruns_of = table(store, stored.number, reruns=True), stored.number
            break
    return Measured(
        number=searched.number,
        table=table(store, searched.number),
        timed=timed,
        reruns=reruns,
        reruns_of=reruns_of,
    )


def _reruns(store: Store, most: int) -> Reruns:
    """How a round of the book is decided next."""
    left = gain_left_in(store)
    if not store.launches():
        return Reruns(most=most, level=ERROR_RATE, left=left)
    adopted = [line.adopted for line in book_account(store)]
    return Reruns(
        most=most,
        baseline=True,
        level=min(ERROR_RATE, granted(adopted)),
        after=(granted([*adopted, True]), granted([*adopted, False])),
        left=left,
    )
