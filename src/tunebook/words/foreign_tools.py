"""The columns of known tools' tables: what each states, so that nothing is guessed (C11).

One entry a tool: what it is told by, and what its columns are. docs/audit.md has the same list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tunebook.words.origin import Kind

HYPERPARAMETER, RESULT, BOOKKEEPING = Kind.HYPERPARAMETER, Kind.RESULT, Kind.BOOKKEEPING

PREFIXES = (
    "params_", "params.", "params/", "param_", "param.", "config/", "config.", "config_",
    "hparams/", "hparams.", "hparams_", "hparam_", "hyperparameters/", "hyperparameters.",
    "hyperparameter_", "hyperparameters_", "hp/", "hp.", "hp_", "parameters/", "parameters.",
    "parameter_",
)  # fmt: skip
"""Prefixes by which many tools and scripts state a hyperparameter."""

_NOT_PREFIXED = frozenset({"param_count", "params_count", "config_id", "config_name", "config_path",
                           "config_file", "config_hash", "params_total", "config_number",
                           "params_millions", "params_m", "hp_id"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool's table.

    Attributes:
        name: as it is shown.
        told_by: whether a header is this tool's.
        columns: column in lower case to its kind.
        prefixes: start of a column's name to its kind; it is dropped from a hyperparameter's name.
        states_all: columns that no rule names are results where hyperparameters have a prefix.
        sampler: what chose the configurations, from the cells; empty where they do not say.
        cut_short: a column whose rows below its largest value were stopped early, where it says so.
    """

    name: str
    told_by: Callable[[frozenset[str]], bool]
    columns: Mapping[str, Kind]
    prefixes: Mapping[str, Kind] = field(default_factory=dict)
    states_all: bool = False
    sampler: Callable[[Mapping[str, Sequence[str]]], str] | None = None
    cut_short: str = ""


def _kinds(**columns: str) -> dict[str, Kind]:
    return {c: Kind(kind.replace("_", " ")) for kind, names in columns.items() for c in names.split("|")}


def _optuna(header: frozenset[str]) -> bool:
    value = "value" in header or any(n.startswith(("values_", "value_")) for n in header)
    own = {"datetime_start", "datetime_complete", "state"} & header
    return "number" in header and (value or bool(own)) and (
        bool(own) or any(n.startswith("params_") for n in header)
    )


def _optuna_sampler(cells: Mapping[str, Sequence[str]]) -> str:
    marks = {
        "tpe:": "TPE", "gp:": "a Gaussian process", "cma": "CMA-ES", "nsga": "an evolution",
        "completed_rung_": "successive halving",
    }  # fmt: skip
    for column, values in cells.items():
        own = column.lower().removeprefix("system_attrs_")
        if own == column.lower() or not any(values):
            continue
        for mark, name in marks.items():
            if own.startswith(mark):
                return name
    return ""


def _ax_sampler(cells: Mapping[str, Sequence[str]]) -> str:
    for column in ("generation_node", "generation_method", "generation_model_key"):
        models = dict.fromkeys(c for c in cells.get(column, ()) if c)
        adaptive = [m for m in models if not re.search(r"sobol|uniform|center|manual|custom", m, re.I)]
        if adaptive:
            return adaptive[0]
    return ""


def _wandb(header: frozenset[str]) -> bool:
    return {"name", "state"} <= header and bool(
        {"runtime", "created", "user", "tags", "notes", "sweep", "id", "group"} & header
    ) or len({"_runtime", "_step", "_timestamp", "_wandb"} & header) >= 2


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="Optuna",
        told_by=_optuna,
        columns=_kinds(
            trial="number", start_time="datetime_start", bookkeeping="datetime_complete|study_name|",
            seconds="duration", status="state", result="value",
        ),
        prefixes={
            "params_": HYPERPARAMETER, "values_": RESULT, "value_": RESULT, "user_attrs_": RESULT,
            "system_attrs_": BOOKKEEPING, "intermediate_values": BOOKKEEPING,
            "constraints": BOOKKEEPING, "distributions_": BOOKKEEPING,
        },
        states_all=True,
        sampler=_optuna_sampler,
    ),
    Tool(
        name="Ray Tune",
        told_by=lambda header: any(n.startswith("config/") for n in header)
        and bool({"trial_id", "training_iteration", "time_total_s", "logdir", "experiment_tag"} & header),
        columns=_kinds(
            trial="trial_id", seconds="time_total_s", status="status",
            bookkeeping="|".join((
                "experiment_tag", "experiment_id", "trial_name", "logdir", "date", "timestamp",
                "pid", "hostname", "node_ip", "done", "training_iteration", "time_this_iter_s",
                "time_since_restore", "iterations_since_restore", "timesteps_total",
                "timesteps_since_restore", "episodes_total", "warmup_time", "should_checkpoint",
                "checkpoint_dir_name", "auto", "_step",
            )),
        ),
        prefixes={"config/": HYPERPARAMETER, "perf/": BOOKKEEPING},
        states_all=True,
        cut_short="training_iteration",
    ),
    Tool(
        name="MLflow",
        told_by=lambda header: {"run_id", "experiment_id"} <= header
        and any(n.startswith(("params.", "metrics.", "tags.")) for n in header),
        columns=_kinds(
            trial="run_id|tags.mlflow.runname", status="status", start_time="start_time",
            bookkeeping="experiment_id|artifact_uri|end_time|user_id|lifecycle_stage|",
        ),
        prefixes={"params.": HYPERPARAMETER, "metrics.": RESULT, "tags.": BOOKKEEPING},
        states_all=True,
    ),
    Tool(
        name="MLflow",
        told_by=lambda header: {"start time", "run id"} <= header,
        columns=_kinds(
            trial="name|run id|run name", status="status", start_time="start time|created",
            seconds="duration",
            bookkeeping="source type|source name|source|user|version|models|registered models|"
            "experiment id|experiment name|experiment|dataset|lifecycle stage|description|tags|",
        ),
    ),
    Tool(
        name="W&B",
        told_by=_wandb,
        columns=_kinds(
            trial="name|id", status="state", start_time="created|createdat|created_at",
            seconds="runtime|_runtime",
            bookkeeping="notes|user|tags|sweep|group|job type|host name|hostname|host|start time|"
            "end time|updated|heartbeatat|description|commit|git commit|git repository|gpu type|gpu count|cpu count|"
            "os|python version|cli version|agent|project|entity|url|path|priority|github|command|"
            "_step|_timestamp|_wandb|_wandb.runtime|_wandb.value|duration|username|executable|model path|ignore panels|",
        ),
    ),
    Tool(
        name="scikit-learn",
        told_by=lambda header: any(n.startswith("param_") for n in header)
        and bool({"mean_fit_time", "mean_score_time"} & header or {n for n in header if n.startswith(("mean_test_", "rank_test_"))}),
        columns=_kinds(
            seconds="mean_fit_time", bookkeeping="params|n_resources|iter|",
            result="std_fit_time|mean_score_time|std_score_time",
        ),
        prefixes={"param_": HYPERPARAMETER, "split": RESULT, "mean_": RESULT, "std_": RESULT, "rank_": RESULT},
        states_all=True,
        cut_short="n_resources",
    ),
    Tool(
        name="Ax",
        told_by=lambda header: {"trial_index", "arm_name"} <= header
        or ("trial_index" in header and bool({"trial_status", "generation_node", "generation_method"} & header)),
        columns=_kinds(
            trial="trial_index", status="trial_status", cause="fail_reason",
            bookkeeping="arm_name|generation_method|generation_node|generation_model_key|metric_name|time_created|",
        ),
        sampler=_ax_sampler,
    ),
    Tool(
        name="Keras Tuner",
        told_by=lambda header: any(n.startswith("tuner/") for n in header)
        or ({"trial_id", "score"} <= header and bool({"best_step", "executions_per_trial"} & header)),
        columns=_kinds(
            trial="trial_id", result="score", status="status",
            bookkeeping="best_step|executions_per_trial|message|tuner/trial_id|tuner/bracket|tuner/round|tuner/initial_epoch",
        ),
        prefixes={"tuner/": BOOKKEEPING, "values/": HYPERPARAMETER, "metrics/": RESULT},
    ),
    Tool(
        name="Neptune",
        told_by=lambda header: "sys/id" in header,
        columns=_kinds(
            trial="sys/id", start_time="sys/creation_time", seconds="sys/running_time", status="sys/state",
        ),
        prefixes={"sys/": BOOKKEEPING, "source_code/": BOOKKEEPING, "monitoring/": BOOKKEEPING,
                  "parameters/": HYPERPARAMETER, "params/": HYPERPARAMETER, "metrics/": RESULT},
    ),
)  # fmt: skip
"""In this order: the first whose header it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a source states of its columns.

    Attributes:
        tool: its name, empty where the file is no known tool's.
        kinds: column to kind and to the name without the prefix.
        sampler: what chose the configurations, where it says so.
        cut_short: see `Tool`; empty where the file has no such column.
    """

    tool: str
    kinds: dict[str, tuple[Kind, str]]
    sampler: str = ""
    cut_short: str = ""


def stated(cells: Mapping[str, Sequence[str]], objective: str) -> Stated:
    """What the header of a file states: by a known tool's layout, else by prefixes alone."""
    own = _own_export(tuple(cells), objective)
    if own is not None:
        return own
    header = frozenset(name.lower() for name in cells)
    tool = next((t for t in TOOLS if t.told_by(header)), None)
    if tool is None:
        return Stated(tool="", kinds=_prefixed(cells))
    kinds: dict[str, tuple[Kind, str]] = {}
    for column in cells:
        said = _by_tool(tool, column)
        if said is not None:
            kinds[column] = said
    kinds = {**_prefixed(cells), **kinds}
    if tool.states_all and any(kind is HYPERPARAMETER for kind, _ in kinds.values()):
        kinds |= {c: (RESULT, c) for c in cells if c and c not in kinds}
    lower = {name.lower(): name for name in cells}
    return Stated(
        tool=tool.name,
        kinds=kinds,
        sampler=tool.sampler(cells) if tool.sampler else "",
        cut_short=lower.get(tool.cut_short, "") if tool.cut_short else "",
    )


def _by_tool(tool: Tool, column: str) -> tuple[Kind, str] | None:
    lower = column.lower()
    if lower in tool.columns and lower:
        return tool.columns[lower], column
    for prefix, kind in tool.prefixes.items():
        if lower.startswith(prefix):
            bare = kind is HYPERPARAMETER or prefix in ("metrics.", "metrics/")
            return kind, (column[len(prefix) :] if bare else column) or column
    if tool.name == "W&B" and lower.endswith(".value"):
        return HYPERPARAMETER, column[: -len(".value")]
    if tool.name == "W&B" and lower.endswith((".desc", ".min", ".max", ".best", ".last", ".mean")):
        return (BOOKKEEPING if lower.endswith(".desc") else RESULT), column
    return None


def _prefixed(cells: Mapping[str, Sequence[str]]) -> dict[str, tuple[Kind, str]]:
    kinds: dict[str, tuple[Kind, str]] = {}
    for column in cells:
        lower = column.lower()
        prefix = next((p for p in PREFIXES if lower.startswith(p) and len(lower) > len(p)), None)
        if prefix is not None and lower not in _NOT_PREFIXED:
            kinds[column] = (HYPERPARAMETER, column[len(prefix) :])
        elif lower.startswith(("metrics.", "metrics/", "summary/", "summary.")):
            kinds[column] = (RESULT, column[8:])
    return kinds


OWN_COLUMNS = ("trial", "study", "seed", "status", "cause", "seconds")
"""The first columns of a round as Tunebook exports it; the objective and the hyperparameters follow."""
OWN_PREFIX = "params_"


def _own_export(header: tuple[str, ...], objective: str) -> Stated | None:
    """A round exported by Tunebook, which states every column by its place."""
    first = len(OWN_COLUMNS)
    if header[: first + 1] != (*OWN_COLUMNS, objective) or len(header) < first + 2:
        return None
    rest = header[first + 1 :]
    bare = all(name.startswith(OWN_PREFIX) for name in rest)
    kinds = {c: (Kind(c), c) for c in OWN_COLUMNS}
    kinds[header[first]] = (RESULT, header[first])
    kinds |= {c: (HYPERPARAMETER, c[len(OWN_PREFIX) :] if bare else c) for c in rest}
    return Stated(tool="Tunebook", kinds=kinds)
