"""The pictures of a round in the playbook's order, and as data for the page (C12)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tunebook.charts.picture import Picture
from tunebook.charts.small_multiples import small_multiples
from tunebook.charts.theme import config
from tunebook.checks import SPECS
from tunebook.checks.charts import without_repeats
from tunebook.deciding import chart as reruns
from tunebook.domain.decision import Decision
from tunebook.domain.finding import Finding
from tunebook.domain.record import RoundRecord
from tunebook.domain.table import TrialTable
from tunebook.report.check_texts import check_text
from tunebook.report.drawing import RoundDrawing
from tunebook.report.page.offline import columns, embedded_json

MOST_IN_A_FINDING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture under an id that is unique in the page."""

    id: str
    picture: Picture

    @property
    def subtitle(self) -> str:
        """What its specification says under the title; the page writes both itself."""
        title = self.picture.spec.get("title")
        under = title.get("subtitle", "") if isinstance(title, Mapping) else ""
        return under if isinstance(under, str) else " ".join(under)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The pictures of one check, under a heading."""

    check: str
    title: str
    asks: str
    pictures: tuple[Shown, ...]
    silent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """All pictures of a round, with how many studies there are, and are left without any."""

    groups: tuple[Group, ...]
    studies: int = 1
    left: int = 0

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Every picture, in order."""
        return tuple(s for g in self.groups for s in g.pictures)

    @property
    def drawn(self) -> tuple[Group, ...]:
        """The groups that have pictures."""
        return tuple(g for g in self.groups if g.pictures)

    @property
    def silent(self) -> tuple[Group, ...]:
        """The groups that have none, each with its reason."""
        return tuple(g for g in self.groups if not g.pictures)

    def stands_alone(self, group: Group) -> bool:
        """True for a lone picture that no neighbour's lone picture can stand beside."""
        drawn = self.drawn
        i = drawn.index(group)
        near = [g for g in (drawn[i - 1 : i] + drawn[i + 1 : i + 2]) if len(g.pictures) == 1]
        return len(group.pictures) == 1 and not near

    def showing(self, finding: Finding) -> tuple[Shown, ...]:
        """The pictures that show a finding: its subject's, or all of its check."""
        by_picture = {id(s.picture): s for s in self.shown}
        fitting, exact = shown_with(finding, [s.picture for s in self.shown])
        if self.left and "=" in finding.subject and not exact:
            return ()  # its study has no picture, and another's would mislead
        return tuple(by_picture[id(p)] for p in fitting[:MOST_IN_A_FINDING])


def shown_with(finding: Finding, pictures: Sequence[Picture]) -> tuple[list[Picture], bool]:
    """The pictures that show a finding, and whether they are of its very subject.

    Those of its check that are about its subject; where there is none, of its study, or else of
    its hyperparameter; otherwise all of its check.
    """
    ids = check_text(finding.check).shown_with or (finding.check,)
    of_check = [p for check in ids for p in pictures if p.check == check]
    name, _, branch = finding.subject.partition("[")
    exact = [p for p in of_check if finding.subject in p.about]
    study = branch.removesuffix("]")
    of_study = [p for p in of_check if study and (p.study == study or study in p.about)]
    return exact or of_study or [p for p in of_check if name in p.about] or of_check, bool(exact)


def gallery(
    prefix: str,
    drawn: RoundDrawing,
    found: RoundRecord | None = None,
    decision: Decision | None = None,
) -> Gallery:
    """Pictures in groups, those of the verdict last; `prefix` keeps ids of rounds apart."""
    shown = small_multiples(without_repeats(drawn.pictures))
    groups = []
    for check, reason in drawn.silent.items():
        own = [p for p in shown if p.check == check]
        if own or reason:
            groups.append(
                Group(
                    check=check,
                    title=SPECS[check].title,
                    asks=SPECS[check].question,
                    pictures=_named(f"{prefix}-{check}", own),
                    silent=reason,
                )
            )
    if found is not None and decision is not None:
        again = verdict_pictures(found.reruns, decision)
        groups.append(
            Group(
                check="D1",
                title="Reruns with new seeds",
                asks="What is each side worth, once it is not selected for its luck?",
                pictures=_named(f"{prefix}-D1", again),
                silent="" if again else "No side has a complete rerun.",
            )
        )
    return Gallery(groups=tuple(groups), studies=drawn.studies, left=drawn.left)


def verdict_pictures(table: TrialTable, decision: Decision) -> tuple[Picture, ...]:
    """The picture of a verdict: each side's reruns with new seeds.

    Args:
        table: the reruns of the round.
        decision: of the round.
    """
    value = dict(zip(table.name, table.value.tolist(), strict=True))
    sides = {s.name: [value.get(r, float("nan")) for r in s.reruns] for s in decision.sides}
    drawn = reruns.draw(decision, sides, objective=table.objective)
    return tuple(replace(picture, check="D1") for picture in drawn)


def pictures_json(shown: Iterable[Shown]) -> str:
    """Specifications and rows of pictures for a script; rows that several share stand once."""
    pictures: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for one in shown:
        spec = {k: v for k, v in one.picture.spec.items() if k not in ("title", "description")}
        names = {}
        for name, rows in one.picture.rows.items():
            content = columns(rows)
            key = hashlib.sha256(embedded_json(content).encode("utf-8")).hexdigest()[:12]
            shared.setdefault(key, content)
            names[name] = key
        pictures[one.id] = {"spec": spec, "rows": names}
    themes = {"light": config(page=True), "dark": config(dark=True, page=True)}
    return embedded_json({"pictures": pictures, "rows": shared, "config": themes})


def _named(prefix: str, pictures: Iterable[Picture]) -> tuple[Shown, ...]:
    return tuple(Shown(id=f"{prefix}-{i}", picture=p) for i, p in enumerate(pictures))
