"""The pictures beside a finding are of its own branch (C12)."""

from __future__ import annotations

import pytest

from tunebook.charts.picture import Picture
from tunebook.domain.finding import Finding, Severity
from tunebook.report.gallery import Gallery, Group, Shown


def shown(subject):
    name, _, branch = subject.partition("[")
    picture = Picture(
        name=f"boundaries-{subject}", title=f"error by {subject}", alt="", spec={}, rows={},
        check="C1", about=frozenset((name, subject)), study=branch.rstrip("]"),
    )  # fmt: skip
    return Shown(id=subject, picture=picture)


@pytest.mark.parametrize(
    ("subject", "pictures"),
    [
        ("search space[loss=log_mse]", ["lr[loss=log_mse]", "decay[loss=log_mse]"]),
        ("lr[loss=mse]", ["lr[loss=mse]"]),
        ("lr", ["lr[loss=mse]", "lr[loss=l1]", "lr[loss=log_mse]"]),
    ],
)
def test_a_finding_shows_pictures_of_its_own_branch(subject, pictures):
    every = [shown(f"{n}[loss={v}]") for v in ("mse", "l1", "log_mse") for n in ("lr", "decay")]
    group = Group(check="C1", title="", asks="", pictures=tuple(every), silent="")
    finding = Finding(
        check="C1", severity=Severity.NOTE, subject=subject, numbers={}, sentence="Open."
    )
    found = Gallery(groups=(group,)).showing(finding)
    assert [s.id for s in found] == pictures


@pytest.mark.parametrize("subject", ["lr", "lr_decay", "decay"])
def test_a_name_within_another_shows_its_own_picture_alone(subject):
    every = tuple(shown(name) for name in ("lr_decay", "lr", "decay"))
    group = Group(check="C1", title="", asks="", pictures=every, silent="")
    finding = Finding(
        check="C1", severity=Severity.NOTE, subject=subject, numbers={}, sentence="Open."
    )
    assert [s.id for s in Gallery(groups=(group,)).showing(finding)] == [subject]
