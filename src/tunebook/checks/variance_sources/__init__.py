"""D2: trial, study and data-split variance, side by side."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec, Uses

SPEC = CheckSpec(
    id="D2",
    title="Sources of variation",
    question="How much do a seed, another search and another split of the data do?",
    check="tunebook.checks.variance_sources.check:check",
    chart="tunebook.checks.variance_sources.chart:draw",
    uses=Uses.REPEATS,
    labels={"data_split": "data split"},
    method="Three standard deviations, each apart from the others. One configuration: of "
    "trials whose seeds did not choose it (chi-square, with fewer degrees of freedom where "
    "tails are heavy). The search: of what its repeats choose. The data: of its splits (Paule "
    "and Mandel's estimate; generalised pivotal intervals). A source without a measurement is "
    "named with what would measure it. Coverage: docs/claims/variance_sources.md. How many "
    "seeds trained the configurations is counted, not estimated.",
)
