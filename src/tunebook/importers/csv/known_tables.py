"""The tables of known tools: what each is told by, and what its columns are (C11).

One entry a tool. Names are in lower case, as they are compared; docs/audit.md has the same list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tunebook.domain.origin import Kind

GRID = "a grid"
"""The sampler that earlier results don't steer, where a source names one."""

Header = frozenset[str]
Cells = Mapping[str, Sequence[str]]

HYPERPARAMETER, RESULT, BOOKKEEPING = Kind.HYPERPARAMETER, Kind.RESULT, Kind.BOOKKEEPING


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool's table.

    Attributes:
        name: as it is shown.
        told_by: whether a header is this tool's.
        columns: column in lower case to its kind.
        prefixes: start of a column's name to its kind; a hyperparameter's name loses it.
        states_all: where hyperparameters have a prefix, columns that no rule names are results.
        sampler: what chose the configurations, by the cells; empty where they do not say.
        pruner: what stopped trials early, likewise.
        cut_short: a column of training lengths: rows below the largest were stopped early.
    """

    name: str
    told_by: Callable[[Header], bool]
    columns: Mapping[str, Kind]
    prefixes: Mapping[str, Kind] = field(default_factory=dict)
    states_all: bool = False
    sampler: Callable[[Cells], str] | None = None
    pruner: Callable[[Cells], str] | None = None
    cut_short: str = ""


def _kinds(**columns: str) -> dict[str, Kind]:
    """Names, parted by commas, by their kind."""
    return {
        name.strip(): Kind(kind.replace("_", " "))
        for kind, names in columns.items()
        for name in names.split(",")
    }


def _any(header: Header, *starts: str) -> bool:
    return any(name.startswith(starts) for name in header)


def _is_optuna(header: Header) -> bool:
    own = bool({"datetime_start", "datetime_complete", "state"} & header)
    valued = "value" in header or _any(header, "values_", "value_")
    return "number" in header and (valued or own) and (own or _any(header, "params_"))


def _optuna_sampler(cells: Cells) -> str:
    """The sampler, by the marks that it leaves in the system attributes."""
    marks = {
        "tpe:": "TPE",
        "gp:": "a Gaussian process",
        "cma": "CMA-ES",
        "nsga": "an evolutionary search",
        "grid_id": GRID,
    }
    for column, values in cells.items():
        attribute = column.lower().removeprefix("system_attrs_")
        if attribute != column.lower() and any(values):
            named = next((name for mark, name in marks.items() if attribute.startswith(mark)), "")
            if named:
                return named
    return ""


def _optuna_pruner(cells: Cells) -> str:
    """The pruner, by the marks that it leaves in the system attributes: it chooses no trial."""
    mark = "system_attrs_completed_rung_"
    pruned = any(column.lower().startswith(mark) and any(v) for column, v in cells.items())
    return "successive halving" if pruned else ""


def _is_ray(header: Header) -> bool:
    own = {"trial_id", "training_iteration", "time_total_s", "logdir", "experiment_tag"}
    return _any(header, "config/") and bool(own & header)


def _is_mlflow_search(header: Header) -> bool:
    return {"run_id", "experiment_id"} <= header and _any(header, "params.", "metrics.", "tags.")


def _is_wandb(header: Header) -> bool:
    shown = {"runtime", "created", "user", "tags", "notes", "sweep", "id", "group"} & header
    logged = {"_runtime", "_step", "_timestamp", "_wandb"} & header
    return ({"name", "state"} <= header and bool(shown)) or len(logged) > 1


def _is_sklearn(header: Header) -> bool:
    timed = bool({"mean_fit_time", "mean_score_time"} & header)
    return _any(header, "param_") and (timed or _any(header, "mean_test_", "rank_test_"))


def _is_ax(header: Header) -> bool:
    own = {"arm_name", "trial_status", "generation_node", "generation_method"}
    return "trial_index" in header and bool(own & header)


def _ax_sampler(cells: Cells) -> str:
    """The generator that is neither quasi-random nor a person."""
    plain = re.compile("sobol|uniform|center|manual|custom", re.IGNORECASE)
    for column in ("generation_node", "generation_method", "generation_model_key"):
        for model in dict.fromkeys(cells.get(column, ())):
            if model and not plain.search(model):
                return model
    return ""


def _is_keras(header: Header) -> bool:
    scored = {"trial_id", "score"} <= header
    return _any(header, "tuner/") or (
        scored and bool({"best_step", "executions_per_trial"} & header)
    )


OPTUNA = Tool(
    name="Optuna",
    told_by=_is_optuna,
    columns=_kinds(
        trial="number",
        start_time="datetime_start",
        seconds="duration",
        status="state",
        result="value",
        bookkeeping="datetime_complete, study_name",
    ),
    prefixes={
        "params_": HYPERPARAMETER,
        "values_": RESULT,
        "value_": RESULT,
        "user_attrs_": RESULT,
        "system_attrs_": BOOKKEEPING,
        "intermediate_values": BOOKKEEPING,
        "constraints": BOOKKEEPING,
        "distributions_": BOOKKEEPING,
    },
    states_all=True,
    sampler=_optuna_sampler,
    pruner=_optuna_pruner,
)

RAY = Tool(
    name="Ray Tune",
    told_by=_is_ray,
    columns=_kinds(
        trial="trial_id",
        seconds="time_total_s",
        status="status",
        bookkeeping="experiment_tag, experiment_id, trial_name, logdir, date, timestamp, pid, "
        "hostname, node_ip, done, training_iteration, time_this_iter_s, time_since_restore, "
        "iterations_since_restore, timesteps_total, timesteps_since_restore, episodes_total, "
        "warmup_time, should_checkpoint, checkpoint_dir_name",
    ),
    prefixes={"config/": HYPERPARAMETER, "perf/": BOOKKEEPING},
    states_all=True,
    cut_short="training_iteration",
)

MLFLOW_SEARCH = Tool(
    name="MLflow",
    told_by=_is_mlflow_search,
    columns=_kinds(
        trial="run_id, tags.mlflow.runname",
        status="status",
        start_time="start_time",
        bookkeeping="experiment_id, artifact_uri, end_time, user_id, lifecycle_stage",
    ),
    prefixes={"params.": HYPERPARAMETER, "metrics.": RESULT, "tags.": BOOKKEEPING},
    states_all=True,
)

MLFLOW_PAGE = Tool(
    name="MLflow",
    told_by=lambda header: {"start time", "run id"} <= header,
    columns=_kinds(
        trial="name, run id, run name",
        status="status",
        start_time="start time, created",
        seconds="duration",
        bookkeeping="source type, source name, source, user, version, models, registered models, "
        "experiment id, experiment name, experiment, lifecycle stage, description, tags",
    ),
)

WANDB = Tool(
    name="W&B",
    told_by=_is_wandb,
    columns=_kinds(
        trial="name, id",
        status="state",
        start_time="created, createdat, created_at",
        seconds="runtime, _runtime",
        bookkeeping="notes, user, username, tags, sweep, group, job type, host name, hostname, "
        "host, start time, end time, updated, heartbeatat, description, commit, git commit, "
        "git repository, gpu type, gpu count, cpu count, os, python version, cli version, agent, "
        "project, entity, url, path, priority, github, command, executable, _step, _timestamp, "
        "_wandb, _wandb.runtime, _wandb.value",
    ),
)

SKLEARN = Tool(
    name="scikit-learn",
    told_by=_is_sklearn,
    columns=_kinds(
        seconds="mean_fit_time",
        result="std_fit_time, mean_score_time, std_score_time",
        bookkeeping="params, n_resources, iter",
    ),
    prefixes={
        "param_": HYPERPARAMETER,
        "split": RESULT,
        "mean_": RESULT,
        "std_": RESULT,
        "rank_": RESULT,
    },
    states_all=True,
    cut_short="n_resources",
)

AX = Tool(
    name="Ax",
    told_by=_is_ax,
    columns=_kinds(
        trial="trial_index",
        status="trial_status",
        cause="fail_reason",
        bookkeeping="arm_name, generation_method, generation_node, generation_model_key, "
        "metric_name, time_created",
    ),
    sampler=_ax_sampler,
)

KERAS = Tool(
    name="Keras Tuner",
    told_by=_is_keras,
    columns=_kinds(
        trial="trial_id",
        status="status",
        result="score",
        bookkeeping="best_step, executions_per_trial, message",
    ),
    prefixes={"tuner/": BOOKKEEPING, "values/": HYPERPARAMETER, "metrics/": RESULT},
)

NEPTUNE = Tool(
    name="Neptune",
    told_by=lambda header: "sys/id" in header,
    columns=_kinds(
        trial="sys/id",
        start_time="sys/creation_time",
        seconds="sys/running_time",
        status="sys/state",
    ),
    prefixes={
        "sys/": BOOKKEEPING,
        "source_code/": BOOKKEEPING,
        "monitoring/": BOOKKEEPING,
        "parameters/": HYPERPARAMETER,
        "params/": HYPERPARAMETER,
        "metrics/": RESULT,
    },
)

TOOLS = (OPTUNA, RAY, MLFLOW_SEARCH, MLFLOW_PAGE, WANDB, SKLEARN, AX, KERAS, NEPTUNE)
"""In this order: the first whose header it is."""
