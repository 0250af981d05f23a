"""D3 on real training: how often a round in which nothing differs ends in a launch.

python bench/claims/same_training.py

Two hidden layers on scikit-learn's digits, three optimizers, two widths. A book is begun, its
first baseline decided against chance and launched; then a second round searches a hyperparameter
that does nothing but draw other weights and batches, and is decided as any round is.
"""

from __future__ import annotations

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import contextlib
import io
import json
import platform
import tempfile
from functools import cache, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from rate_page import cell
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tunebook as tb

STEPS, BATCH, SEARCHED = 120, 32, 8
SETTINGS = [(name, width) for name in ("sgd", "momentum", "adam") for width in (16, 48)]
OPTIMIZERS = {
    "sgd": lambda: optax.sgd(0.5),
    "momentum": lambda: optax.sgd(0.05, momentum=0.9),
    "adam": lambda: optax.adam(0.01),
}
QUIET = {"workers": 0, "progress": False}


@cache
def digits() -> list[np.ndarray]:
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(
        images / 16.0, labels, train_size=600, random_state=0, stratify=labels
    )
    return [np.asarray(part, np.float32 if part.ndim == 2 else np.int32) for part in split]


def logits(weights, x):
    for w, b in weights[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = weights[-1]
    return x @ w + b


@partial(jax.jit, static_argnames=("name", "width"))
def error_after(key: jax.Array, name: str, width: int) -> jax.Array:
    """Validation error after STEPS steps from fresh weights."""
    x, x_valid, y, y_valid = map(jnp.asarray, digits())
    made, order = jax.random.split(key)
    sizes = (64, width, width, 10)
    weights = [
        (jax.random.normal(k, (a, b)) * jnp.sqrt(2.0 / a), jnp.zeros(b))
        for k, a, b in zip(jax.random.split(made, 3), sizes[:-1], sizes[1:], strict=True)
    ]
    rule = OPTIMIZERS[name]()

    def loss(weights, i):
        return optax.softmax_cross_entropy_with_integer_labels(logits(weights, x[i]), y[i]).mean()

    def step(state, k):
        weights, moments = state
        gradient = jax.grad(loss)(weights, jax.random.randint(k, (BATCH,), 0, len(x)))
        updates, moments = rule.update(gradient, moments, weights)
        return (optax.apply_updates(weights, updates), moments), None

    (weights, _), _ = lax.scan(step, (weights, rule.init(weights)), jax.random.split(order, STEPS))
    return (logits(weights, x_valid).argmax(1) != y_valid).mean()


def train(trial: tb.Trial) -> float:
    """One training; `inert` changes nothing but the draw."""
    draw = np.random.SeedSequence([trial.seed, int(2**31 * trial.config["inert"])])
    key = jax.random.key(int(draw.generate_state(1)[0]))
    return float(error_after(key, trial.config["optimizer"], trial.config["width"]))


def project(folder: Path, name: str, width: int, repeat: int) -> dict[str, object]:
    """One book: its first baseline, then a round that can't have found anything."""
    fixed = {"optimizer": name, "width": width}
    how = {"nuisance": {"inert": tb.uniform(0, 1)}, "fixed": fixed, "trials": SEARCHED,
           "max_train_steps": STEPS}  # fmt: skip
    path = folder / f"{name}-{width}-{repeat}.db"
    with tb.Book(path, objective=tb.minimize("valid/error"), chance=0.89) as book:
        first = book.round("Does it learn?", seed=2 * repeat, **how)
        first.run(train, **QUIET)
        begun = first.decide(train, max_reruns=8, **QUIET)
        if str(begun.verdict) != "adopt":
            raise RuntimeError(f"{name}, width {width}, repeat {repeat}: {begun.sentence}")
        book.launch(begun)
        again = book.round("Is this better?", seed=2 * repeat + 1, **how)
        again.run(train, **QUIET)
        asked = 24
        decision = again.decide(train, max_reruns=asked, **QUIET)
        for _ in range(3):
            if str(decision.verdict) != "more evidence":
                break
            asked *= 2
            decision = again.decide(train, max_reruns=asked, **QUIET)
        best = [float(np.nanmin(r.table().value)) for r in (first, again)]
        one = float(again.rerun_table().value[again.rerun_table().rerun_of.index("baseline")])
        return {
            "key": [name, width, repeat],
            "verdict": str(decision.verdict),
            "level": decision.error_rate,
            "reruns": sum(len(s.reruns) for s in decision.sides),
            "best_wins": best[1] < best[0],
            "beats_one_run": best[1] < one,
            "spread": float(np.nanstd(first.table().value, ddof=1)),
            "gain": [decision.sides[0].gain.low, decision.sides[0].gain.high],
        }


def page(rows: list[dict]) -> str:
    """The measurements as a page."""
    text = [
        "# D3 on real training: false adoptions where nothing differs",
        "",
        f"`python bench/claims/same_training.py` makes this page (Python {platform.python_version()}, JAX {jax.__version__},",
        f"NumPy {np.__version__}). Each book is a whole project on scikit-learn's digits (two hidden layers, {STEPS} steps of {BATCH}",
        f"examples, 1,197 validation images): {SEARCHED} trials, a first baseline decided against chance and launched, then a round of {SEARCHED} more in",
        "a hyperparameter that does nothing but draw other weights and batches, decided with 12 reruns a side and, when told",
        '"more evidence", with twice as many, three times. Any adoption is false. The book\'s account grants such a second decision',
        f"{100 * rows[0]['level']:.2g} %. Beside it what a bare sweep says: the best of the second round beats the best of the first, or one run of",
        "the baseline.",
        "",
        "| optimizer | width | books | adopted | the true gain, none, is outside the interval | reruns, both sides | best beats best | best beats one run | spread of seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for who in [*SETTINGS, None]:
        mine = [r for r in rows if who is None or tuple(r["key"][:2]) == who]
        if not mine:
            continue
        n = len(mine)
        wrong = sum(not r["gain"][0] <= 0 <= r["gain"][1] for r in mine)
        name = f"{who[0]} | {who[1]}" if who else "all | "
        text.append(
            f"| {name} | {n} | {cell(sum(r['verdict'] == 'adopt' for r in mine), n)} | {cell(wrong, n)} "
            f"| {np.mean([r['reruns'] for r in mine]):.1f} | {np.mean([r['best_wins'] for r in mine]):.0%} "
            f"| {np.mean([r['beats_one_run'] for r in mine]):.0%} | {np.median([r['spread'] for r in mine]):.3f} |"
        )
    return "\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=100, help="books of each setting")
    parser.add_argument("--rows", type=Path, default=Path("build/same_training.jsonl"))
    given = parser.parse_args()
    given.rows.parent.mkdir(parents=True, exist_ok=True)
    rows = (
        [json.loads(x) for x in given.rows.read_text().splitlines()] if given.rows.exists() else []
    )
    done = {tuple(r["key"]) for r in rows}
    for repeat in range(given.repeats):
        for name, width in SETTINGS:
            if (name, width, repeat) in done:
                continue
            with (
                tempfile.TemporaryDirectory() as folder,
                contextlib.redirect_stderr(io.StringIO()),
            ):
                rows.append(project(Path(folder), name, width, repeat))
            with given.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    text = page(rows)
    (Path(__file__).parents[2] / "docs/claims/same_training.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
