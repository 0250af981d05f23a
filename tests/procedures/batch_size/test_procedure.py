"""The procedure batch-size: regimes, budgets, and what it refuses to say (F1 F2 F3 F4)."""

from __future__ import annotations

import pytest

import noisy_quadratic as quadratic
import paced_steps as paced
from tunebook.charts.render import to_png
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Severity


def ask(book, train=quadratic.train, **more):
    asked = {**quadratic.ASKED, **more}
    said = book.procedure("batch-size", train, workers=0, progress=False, **asked)
    assert all(p.alt for p in said.pictures)
    return said


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """One run, that several tests look at."""
    import tunebook as tb

    path = tmp_path_factory.mktemp("batch") / "book.db"
    with tb.Book(path, objective=tb.minimize("valid/loss")) as book:
        yield ask(book)


def test_it_finds_three_regimes_and_the_rule_that_holds(found):
    assert found.finished
    (regimes,) = [f for f in found.findings if f.check == "F1"]
    numbers = regimes.numbers
    slope = numbers["slope in perfect scaling"]
    assert slope.estimate == pytest.approx(-1, abs=0.1)
    # The least steps are those of the largest rate that the sharper curvature allows.
    assert numbers["least steps"].estimate == pytest.approx(quadratic.FASTEST, rel=0.35)
    assert numbers["perfect scaling up to"].high < numbers["no fewer steps from"].estimate
    assert "halves the steps up to about" in regimes.sentence
    assert "on it saves nothing" in regimes.sentence
    (rates,) = [f for f in found.findings if f.check == "F2"]
    assert 0 < rates.numbers["power"].estimate < 1


def test_its_pictures_say_what_the_findings_say(found):
    steps, rates, _ = found.pictures
    assert steps.layer("points").column("batch") == sorted(
        b for b in quadratic.ASKED["batch_sizes"] for _ in range(3)
    )
    assert rates.layer("points").column("batch") == list(quadratic.ASKED["batch_sizes"])
    assert "Perfect scaling up to" in steps.alt
    assert steps.layer("fitted").column("steps") == sorted(
        steps.layer("fitted").column("steps"), reverse=True
    )


def test_an_epoch_budget_looks_only_at_perfect_scaling(found):
    (said,) = [f for f in found.findings if f.check == "F3"]
    assert "only up to the end of perfect scaling, here about" in said.sentence
    picture = found.pictures[2]
    assert picture.name == "batch-size-budgets"
    steps = dict(zip(*columns(picture, "best steps"), strict=True))
    examples = dict(zip(*columns(picture, "best examples"), strict=True))
    # A larger batch never does worse in as many steps, and from some size on does so in as many
    # examples.
    assert steps[4096] < 0.6 * steps[min(steps)]
    assert examples[max(examples)] > 1.5 * examples[1]
    assert examples[4] < 1.3 * examples[1]
    assert len(picture.layer("fresh examples").rows) == 3 * len(examples)
    assert to_png(picture)[:4] == b"\x89PNG"


def columns(picture, layer):
    return picture.layer(layer).column("batch"), picture.layer(layer).column("value")


def test_fresh_seeds_are_none_that_tuned(new_book):
    asked = {"batch_sizes": (16, 64), "trials": 8}
    ask(new_book(), **asked)
    seeds = {"tune": set(), "confirm": set()}
    for round_ in new_book().rounds:
        kind = "confirm" if "confirm at" in round_.goal else "tune"
        seeds[kind] |= {t.seed for t in round_.trials}
    assert len(seeds["confirm"]) == 6
    assert not seeds["tune"] & seeds["confirm"]


def test_a_target_that_some_sizes_miss_is_refused_and_another_is_proposed(new_book):
    said = ask(new_book(), max_train_steps=20_000, least_steps=25)
    assert said.finished
    (missed,) = [f for f in said.findings if f.check == "F4"]
    assert missed.severity is Severity.PROBLEM
    assert said.sentence == missed.sentence
    assert "did not reach the target 0.1" in missed.sentence
    assert not [f for f in said.findings if f.check == "F1"]
    assert missed.remedy.values["target"] > 0.1
    assert not [r for r in new_book().rounds if "confirm" in r.goal]


def short_epoch(trial):
    """As where a loader drops the last batch: no step at all beyond the size of the data."""
    if trial.config["batch_size"] <= 64:
        quadratic.train(trial)


def test_sizes_that_report_nothing_are_told_apart_from_those_that_miss(new_book):
    asked = {"batch_sizes": (16, 64, 256), "trials": 8}
    said = ask(new_book(), short_epoch, **asked)
    assert said.finished
    assert said.sentence == (
        "At batch sizes 256 nothing was reported: is an epoch shorter than a batch? Leave these "
        "sizes out, or look at what training prints."
    )
    far = ask(new_book("far"), short_epoch, **asked, max_train_steps=50, least_steps=25)
    assert "Every other size reached" in far.sentence
    assert "256 nothing was reported" in far.sentence


def test_the_proposed_target_is_one_that_every_size_reached(new_book):
    """Also where other sizes went far beyond the target."""

    def goes_on(trial):
        best = 0.001 if trial.config["batch_size"] < 256 else 0.13
        for step in range(0, trial.max_train_steps, 100):
            trial.report(step, {"valid/loss": max(best, 1.0 / (step + 1))})

    said = ask(new_book(), goes_on, batch_sizes=(16, 64, 256), trials=8)
    assert "Every size reached 0.13" in said.sentence


def test_a_best_rate_at_the_edge_moves_the_range_and_is_said_where_it_stays(new_book):
    sizes = (512, 1024)
    said = ask(
        new_book(), batch_sizes=sizes, learning_rates=(0.02, 0.04), max_train_steps=4_000,
        least_steps=4_000,
    )  # fmt: skip
    moved = [r.goal for r in new_book().rounds if "moved 2" in r.goal]
    assert moved
    (edge,) = [f for f in said.findings if "still at the edge" in f.sentence]
    assert edge.severity is Severity.WARNING
    assert "(high)" in edge.sentence


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"batch_sizes": (8, 4)}, "whole numbers or more, rising"),
        ({"batch_sizes": (8,)}, "two whole numbers"),
        ({"target": float("nan")}, "target is a value of the objective"),
        ({"learning_rates": (0.0, 1.0)}, "above 0"),
        ({"seeds": 1}, "seeds"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(new_book, wrong, words):
    with pytest.raises(DesignError, match=words):
        ask(new_book(), **wrong)
    assert new_book().rounds == ()


def time_steps(book, question: str, width: int) -> None:
    """Ask how long steps take, of a network of some width."""
    fixed = {**paced.ASKED["fixed"], "batch_size": 4, "width": width}
    timing = {**paced.ASKED, "smallest": 4, "largest": 256, "trial_s": 0.1, "longer": 1}
    book.procedure("throughput", paced.train, workers=0, progress=False, question=question,
                   **{**timing, "fixed": fixed})  # fmt: skip


def test_with_the_time_of_a_step_it_chooses_by_time_and_by_cost(new_book, ticking):
    book = new_book()
    fixed = {**quadratic.SHORT["fixed"], "width": 32}
    alone = ask(book, **{**quadratic.SHORT, "fixed": fixed})
    assert not [f for f in alone.findings if f.check == "A4"]
    assert 'book.procedure("throughput", ...)' in alone.left[0]
    time_steps(book, "How long is a step?", 32)
    said = book.procedure("batch-size", run=False)
    (choice,) = [f for f in said.findings if f.check == "A4"]
    seconds = {b: choice.numbers[f"seconds to the target at {b}"] for b in (4, 16, 64, 256)}
    examples = {b: choice.numbers[f"examples to the target at {b}"] for b in (4, 16, 64, 256)}
    # Steps take 2 ms up to a batch of 32, and eight times as long at 256.
    steps = {b: e.estimate / b for b, e in examples.items()}
    assert seconds[16].estimate == pytest.approx(2e-3 * steps[16], rel=0.05)
    assert seconds[256].estimate == pytest.approx(16e-3 * steps[256], rel=0.05)
    assert said.answer["least_time"] == min(seconds, key=lambda b: seconds[b].estimate)
    assert "fewest examples" in choice.sentence
    assert "Quality is no reason to choose" in choice.sentence
    assert "Steps were timed with" not in choice.sentence
    picture = said.pictures[-1]
    assert set(picture.layer("least").column("batch")) <= {4, 16, 64, 256}
    assert to_png(picture)[:4] == b"\x89PNG"
    assert not said.left
    # The newest times count, and those of another configuration are told.
    time_steps(book, "How long is a step of a wider one?", 64)
    (choice,) = [f for f in book.procedure("batch-size", run=False).findings if f.check == "A4"]
    assert "Steps were timed with width=64 instead of 32" in choice.sentence


@pytest.mark.parametrize("lacking", ["target", "learning_rates"])
def test_what_nobody_else_can_know_has_to_be_given(new_book, lacking):
    asked = {k: v for k, v in quadratic.ASKED.items() if k != lacking}
    with pytest.raises(DesignError, match="was given") as told:
        new_book().procedure("batch-size", quadratic.train, run=False, **asked)
    assert f"give {lacking}=" in told.value.next_step
