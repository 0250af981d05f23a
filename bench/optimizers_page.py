"""docs/optimizer_comparison.md, from what the procedure and the script by hand say (G1 G2)."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from tunebook.domain.optimizers.spaces import includes

HERE = Path(__file__).parent

HEAD = """# Optimizers compared

`make bench-optimizers`: the procedure [`optimizers`](optimizers.md#which-one-trains-best) on networks of one hidden layer that JAX {jax} compiles and optax
{optax} trains, {steps:,} steps of 128 examples. `text`: the next character of Python's standard library from the eight before; `teacher`: labels of a
random network; 60,000 examples each. Objective: held-out error, the best of 20 evaluations. Python {python}, tunebook {tunebook}, one trial at a time on
a shared machine of 2 cores.

## The verdict depends on which of Adam's hyperparameters are tuned

Choi et al. (arXiv 1910.05446): with its epsilon and beta1 pinned badly Adam loses to momentum, although it can imitate it; in an open space it never
does. Each row is one run of the procedure: {trials} trials of each optimizer in its space, a space that is cut off widened at most twice, the best of each
then with {seeds} new seeds. Two optimizers differ significantly only if both the new seeds and the searches show a difference.

| workload | Adam's space | Adam | momentum | Adam worse by | widened | differ significantly | flag (G2) |
|---|---|---|---|---|---|---|---|
"""

AFTER = """
Momentum's search and seeds are the same in all rows of a workload. "By seeds alone": the configurations found differ with new seeds, but another search of the same size
could change as much. At the usual defaults and in open spaces Adam does not lose, and nothing is flagged. The flag starts where epsilon is far above the
gradients and the range of the learning rate does not make up for it. The rows with a widened space show why spaces are checked first: C1 found
Adam's learning rate cut off and raised its bound, which makes up for much of the pinned epsilon. Where every trial stays at the error of guessing the most
frequent letter (0.728 on `text`), C1 has no slope to read.

## Eight at once

"""

BY_HAND = """
## By hand, with Optuna

The same comparison of eight, {trials} trials of each, as a careful engineer writes it:
[bench/by_hand/optimizers_optuna.py](../bench/by_hand/optimizers_optuna.py), a study of quasi-random points for each optimizer, the same ranges, {seeds} new seeds
of each best configuration, Welch's test with Holm's correction over all pairs. Lines are those of code, without the training function.

| | lines a person writes | trials | wall time | pairs that differ significantly | an optimizer worse than one that it includes |
|---|---|---|---|---|---|
| tunebook | {ours} | {our_trials} | {our_s:.0f} s | {our_pairs} | {our_flags} |
| Optuna {optuna} and scipy | {theirs} | {their_trials} | {their_s:.0f} s | {their_pairs} | {their_flags} |

Tunebook's time includes what the script does not do: a process for each trial, logs that survive a crash, checks of the spaces, bands, a report. The
script does not say whether a space was cut off, how good a smaller budget would have been and how sure that is, or that an optimizer lost to one that it can
imitate. It also mistakes the luck of a search for a difference between optimizers. It printed:

```text
{printed}```
"""


def page(found, race, longer, other, by_hand, versions, *, trials, seeds, steps) -> str:
    text = HEAD.format(trials=trials, seeds=seeds, steps=steps, **versions)
    text += "".join(_row(workload, row, said) for (workload, row), said in found.items())
    text += AFTER
    text += _eight(race, longer, other)
    told = re.findall(r"^(\w+) is better than (\w+)", by_hand["printed"], re.MULTILINE)
    below = [f"{b} below {a}" for a, b in told if includes(b, a)]
    ours = {(p.a, p.b) for p in _pairs(race) if p.significant}
    flags = [f.subject.partition("=")[2] for f in race.findings if f.check == "G2"]
    return text + BY_HAND.format(
        trials=trials,
        seeds=seeds,
        ours=lines(HERE / "by_hand/optimizers_tunebook.py"),
        theirs=lines(HERE / "by_hand/optimizers_optuna.py"),
        our_trials=sum(s["ended"] for s in race.data()["stages"]),
        their_trials=8 * (trials + seeds),
        our_s=race.seconds,
        their_s=by_hand["seconds"],
        our_pairs=len(ours),
        their_pairs=len(told),
        our_flags=", ".join(flags) or "none",
        their_flags=", ".join(below) or "none",
        printed=by_hand["printed"],
        optuna=versions["optuna"],
    )


def lines(script: Path) -> int:
    """Lines of code: no blank ones, comments, or docstrings."""
    text = script.read_text()
    documented = {
        n
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for n in range(node.lineno, node.end_lineno + 1)
    }
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and n not in documented
        for n, line in enumerate(text.split("\n"), 1)
    )


def _pairs(said):
    return next((f.numbers["pairs"] for f in said.findings if "pairs" in f.numbers), ())


def _row(workload: str, row: str, said) -> str:
    verdict = next(f for f in said.findings if "pairs" in f.numbers)
    (pair,) = verdict.numbers["pairs"]
    means = {n: verdict.numbers[f"mean of {n}"] for n in ("adam", "momentum")}
    sign = 1 if pair.a == "adam" else -1
    low, high = sorted((sign * pair.low, sign * pair.high))
    flags = [f for f in said.findings if f.check == "G2"]
    alone = next(t for t in said.tables if "rank" in t.columns)
    luck = any(r[alone.columns.index("by the seeds alone")] != "-" for r in alone.rows)
    told = "yes" if pair.significant else "by seeds alone" if luck else "no"
    moved = sum(
        "moved" in s["stage"]["name"] and s["round"] is not None for s in said.data()["stages"]
    )
    return (
        f"| {workload} | {row} | {_mean(means['adam'])} | {_mean(means['momentum'])} | "
        f"{sign * pair.difference:.4f} ({low:.4f} to {high:.4f}) | {moved or '-'} | {told} | "
        f"{'**fires**' if flags else '-'} |\n"
    )  # fmt: skip


def _mean(interval) -> str:
    return f"{interval.estimate:.4f} ({interval.low:.4f} to {interval.high:.4f})"


def _eight(race, longer, other) -> str:
    text = f"On `text`. {race.sentence}\n\n"
    text += "".join(f"{t.title}.\n\n{t.markdown()}\n" for t in race.tables)
    text += f"With four times the trials: {longer.sentence}\n\n"
    text += "".join(f"{t.title}.\n\n{t.markdown()}\n" for t in longer.tables)
    text += "![Best of n trials of eight optimizers](optimizer_comparison.svg)\n\n"
    text += "![New seeds of eight optimizers](optimizer_seeds.svg)\n\n"
    text += f"On `teacher`, {race.asked.trials} trials of each: {other.sentence}\n\n"
    text += "".join(f"{f.check}: {f.sentence}\n\n" for f in other.findings[1:])
    text += "".join(f"{t.title}.\n\n{t.markdown()}\n" for t in other.tables)
    times = {k.removeprefix("seconds of "): v for k, v in longer.answer.items() if "seconds" in k}
    shown = ", ".join(f"{n} {v:.2f} s" for n, v in times.items())
    text += f"A trial took, in the median: {shown}.\n"
    return text


if __name__ == "__main__":
    print(json.dumps({p.name: lines(p) for p in sorted((HERE / "by_hand").glob("*.py"))}))
