"""Write the tables of docs/instability.md from the rows that bench/instability.py left.

python bench/instability_page.py build/instability.jsonl
"""

from __future__ import annotations

import itertools
import json
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

import tunebook as tb

PAGE = Path(__file__).parents[1] / "docs" / "instability.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def verdicts(rows: list[dict]) -> list[str]:
    """How often each verdict, and what it took."""
    text = ["| network | repeats | unstable | stable | not enough evidence | trials | steps | seconds |",
            "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for network in ("unstable", "stable"):
        own = [r for r in rows if r["network"] == network]
        said = [r["answer"]["verdict"] for r in own]
        counts = " | ".join(
            str(said.count(v)) for v in ("unstable", "stable", "not enough evidence")
        )
        took = " | ".join(
            f"{np.median([r[k] for r in own]):.0f}" for k in ("trials", "steps", "seconds")
        )
        text.append(f"| {network} | {len(own)} | {counts} | {took} |")
    return text


def remedies(rows: list[dict]) -> list[str]:
    """One row a repeat that was found unstable: what was found, and new seeds that fail."""
    text = [
        "| repeat | best rate | unstable rate | times | warm-up | 90th percentile | best: failing, error | "
        "unstable: failing | warm-up: failing, error | clipped: failing, error |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        found, fresh = row["answer"], row["fresh"]
        if found["verdict"] != "unstable":
            continue
        times, warmup = "-", "none"
        if found["warmup_steps"] is not None:
            times = f"{found['warmup_learning_rate'] / found['unstable_learning_rate']:.0f}"
            warmup = f"{found['warmup_steps']:.0f}"

        def told(what: str, fresh: dict = fresh) -> str:
            one = fresh.get(what)
            return f"{one['failed']}, {one['error']:.3f}" if one else "-"

        text.append(
            f"| {row['repeat']} | {found['best_learning_rate']:.3g} | "
            f"{found['unstable_learning_rate']:.3g} | {times} | {warmup} | "
            f"{found['clipping_threshold']:.3g} | {told('best')} | {fresh['unstable']['failed']} | "
            f"{told('warmup')} | {told('clip')} |"
        )
    return text


def missed(rows: list[dict]) -> list[str]:
    """What was said where the verdict was wrong."""
    return [
        f"- {r['network']}, repeat {r['repeat']}: {r['sentences']['H1']}"
        for r in rows
        if r["answer"]["verdict"] != r["network"]
    ]


def costs() -> list[str]:
    """What the gradient norm costs at every step, in PyTorch and in a compiled loop of JAX."""
    text = ["| | a step, us | its gradient norm, us | share |", "|---|---|---|---|"]
    for name, (step, norm) in {"PyTorch, 3 layers of 256, batch 256": torch_times(),
                               "JAX, the same, one compiled loop (a difference of two timings)": jax_times()}.items():  # fmt: skip
        text.append(
            f"| {name} | {1e6 * step:.0f} | {1e6 * norm:.1f} | {100 * norm / step:.1f} % |"
        )
    return text


def best_of(do: Callable[[], object], times: int = 7) -> float:
    """Seconds of the usual call."""
    do()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        found.append(time.perf_counter() - began)
    return min(found)


def torch_times() -> tuple[float, float]:
    """Seconds of a step, and of its gradient norm."""
    import torch

    torch.set_num_threads(1)
    sizes = (64, 256, 256, 10)
    layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
    network = torch.nn.Sequential(
        layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2]
    )
    optimizer = torch.optim.SGD(network.parameters(), 1e-3)
    x, y = torch.randn(256, 64), torch.randint(10, (256,))

    def steps() -> None:
        for _ in range(100):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x), y).backward()
            optimizer.step()

    def norms() -> None:
        for _ in range(100):
            float(tb.gradient_norm(network.parameters()))

    return best_of(steps) / 100, best_of(norms) / 100


def jax_times() -> tuple[float, float]:
    """Seconds of a step, and how much longer it takes with its gradient norm."""
    import jax
    import jax.numpy as jnp

    keys = jax.random.split(jax.random.PRNGKey(0), 5)
    sizes = (64, 256, 256, 10)
    begun = [
        jax.random.normal(k, (a, b)) / np.sqrt(a)
        for k, a, b in zip(keys, sizes[:-1], sizes[1:], strict=False)
    ]
    x, y = jax.random.normal(keys[3], (256, 64)), jax.random.randint(keys[4], (256,), 0, 10)

    def loss(weights):
        h = jax.nn.relu(jax.nn.relu(x @ weights[0]) @ weights[1]) @ weights[2]
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(h), y[:, None], 1))

    def loop(with_norm):
        def step(_, carried):
            weights, seen = carried
            gradients = jax.grad(loss)(weights)
            seen = seen + (tb.gradient_norm(gradients) if with_norm else 0.0)
            return [w - 1e-3 * g for w, g in zip(weights, gradients, strict=True)], seen

        return jax.jit(lambda w: jax.lax.fori_loop(0, 300, step, (w, 0.0)))

    plain, normed = loop(False), loop(True)
    took = [
        best_of(lambda f=f: jax.block_until_ready(f(begun)), 15) / 300 for f in (plain, normed)
    ]
    return took[0], max(took[1] - took[0], 0.0)


def main() -> None:
    """Put the tables between the marks of the page."""
    rows = [json.loads(x) for x in Path(sys.argv[1]).read_text().splitlines()]
    rows.sort(key=lambda r: (r["network"], r["repeat"]))
    named = ", ".join(f"{p} {version(p)}" for p in ("jax", "torch", "scikit-learn", "numpy"))
    parts = [
        [f"Python {platform.python_version()}, {named}; `make bench-instability`."],
        verdicts(rows),
        ["Where the verdict was wrong:", "", *(missed(rows) or ["- nowhere"])],
        ["Each repeat that was found unstable. Failing: of 20 new seeds; error: their median "
         "`valid/error`, the best of each training.", "", *remedies(rows)],
        ["The hook, at every step, on one core:", "", *costs()],
    ]  # fmt: skip
    text = PAGE.read_text("utf-8")
    head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    PAGE.write_text(
        head + "\n" + "\n\n".join("\n".join(p) for p in parts) + "\n\n" + tail, "utf-8"
    )


if __name__ == "__main__":
    main()
