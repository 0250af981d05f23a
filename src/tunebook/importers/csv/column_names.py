"""What a column's name says of it, where no tool states it: the commonest names (C11).

A name is weak evidence, so that values have a say too: a `loss` of words is a choice of losses, a
`time` of three values is no clock.
"""

from __future__ import annotations

import re

from tunebook.domain.origin import Kind
from tunebook.importers.csv.column_profile import Look, moment_of, seconds_of
from tunebook.importers.csv.statuses import is_flag, knows_status

LABELS_OF_VARIATION = frozenset(
    {"split", "fold", "data_split", "cv_fold", "split_seed", "data_seed", "split_number",
     "fold_number", "cv_split", "data_fold", "search_seed", "study_seed", "search_repeat",
     "study_repeat", "repetition", "repeat", "search_number", "study_number"}
)  # fmt: skip
"""Labels of a source of variation, which D2 reads from the configuration."""

TRIALS = (
    "trial", "trial_number", "number", "trial_index", "trial_no", "trial_nr", "trial_num",
    "run_number", "run_name", "name", "display_name", "trial_name", "trial_id", "run", "run_id",
    "id", "uid", "uuid", "tid", "index", "idx", "no", "nr", "num", "#", "exp", "exp_id",
    "exp_name", "experiment", "experiment_name", "experiment_number", "job", "job_id", "job_name",
    "config_id", "config_number", "arm_name", "model_id", "key", "run_uuid", "row", "row_id",
    "", "unnamed_0", "level_0",
)  # fmt: skip
"""Names of trials, the one that is shown first."""

_REPLICATES = frozenset({"run", "run_id", "run_number", "rep", "reps", "replicate", "replica",
                         "replication", "restart"})  # fmt: skip
_ORDERS = ("number", "trial_number", "trial_index", "trial", "trial_no", "run_number", "index",
           "idx", "no", "nr", "num", "#", "", "unnamed_0", "level_0", "id", "tid", "row",
           "trial_id", "run", "run_id", "exp_id", "experiment", "job", "job_id")  # fmt: skip
_STARTS = ("datetime_start", "start_time", "started_at", "started", "start", "created",
           "created_at", "creation_time", "begin", "begin_time", "timestamp", "datetime", "date",
           "time", "date_time")  # fmt: skip
_STATUSES = ("status", "state", "trial_status", "trial_state", "run_status", "run_state",
             "job_status", "job_state", "exit_status", "outcome", "termination", "result_status",
             "final_status", "experiment_status")  # fmt: skip
_CAUSES = ("cause", "reason", "error_message", "error_msg", "failure_reason", "fail_reason",
           "failure", "exception", "failure_cause", "status_reason", "stop_reason", "error",
           "traceback")  # fmt: skip
_SECONDS = frozenset(
    {"seconds", "duration", "duration_s", "duration_seconds", "duration_sec", "runtime",
     "run_time", "runtime_s", "runtime_seconds", "elapsed", "elapsed_s", "elapsed_time",
     "elapsed_seconds", "wall_time", "walltime", "wall_clock", "wallclock", "wall_time_s",
     "wall_seconds", "time_s", "time_sec", "time_seconds", "time_in_seconds", "train_time",
     "training_time", "train_time_s", "training_time_s", "train_seconds", "training_seconds",
     "total_time", "time_total_s", "time", "fit_time", "mean_fit_time", "total_seconds",
     "training_duration", "execution_time"}
)  # fmt: skip
_BOOKKEEPING = frozenset(
    {"user", "username", "host", "hostname", "host_name", "node_ip", "ip", "pid", "device_name",
     "gpu_name", "gpu_type", "gpu_id", "gpu_count", "cuda_visible_devices", "logdir", "log_dir",
     "log_file", "logfile", "log_path", "log", "path", "output_dir", "save_dir", "save_path",
     "checkpoint", "checkpoint_path", "checkpoint_dir", "ckpt", "ckpt_path", "url", "link",
     "commit", "git_commit", "git_hash", "git_sha", "commit_hash", "sha", "hash", "config_hash",
     "tags", "tag", "notes", "note", "comment", "comments", "description", "remark", "remarks",
     "project", "entity", "job_type", "sweep", "sweep_id", "sweep_name", "experiment_tag",
     "command", "cmd", "config_path", "config_file", "config_name", "created_by",
     "lifecycle_stage", "artifact_uri", "end_time", "ended_at", "finished_at", "end",
     "completed_at", "datetime_complete", "datetime_end", "updated", "updated_at",
     "last_updated", "heartbeat_at", "training_iteration", "iterations_since_restore",
     "time_since_restore", "time_this_iter_s", "timesteps_total", "episodes_total",
     "timesteps_since_restore", "should_checkpoint", "worker", "worker_id", "process_id",
     "slurm_job_id", "python_version", "generation_method", "generation_node", "fail_reason",
     "filename", "file", "folder", "directory", "dirname", "stdout", "stderr", "group_name",
     "server", "cluster", "queue", "last_checkpoint", "wandb_url", "wandb_id", "wandb_run_id"}
)  # fmt: skip
CONFIGURATIONS = frozenset(
    {"config", "configuration", "params", "parameters", "hparams", "hyperparameters", "args",
     "hyperparams", "parameterization", "settings", "kwargs", "hyper_parameters"}
)  # fmt: skip
"""Names of columns whose cells are whole configurations."""

_NUMBERED_NOTE = re.compile(r"(note|notes|comment|remark|tag)_?\d+")
_WORKLOADS = frozenset(
    {"dataset", "datasets", "dataset_name", "data_set", "task", "task_name", "task_id", "workload",
     "benchmark", "env", "env_id", "env_name", "environment", "corpus", "game", "problem"}
)  # fmt: skip
_PARTS_OF_DATA = frozenset(
    {"train", "training", "val", "valid", "validation", "test", "testing", "eval", "evaluation",
     "dev", "holdout", "cv", "oof"}
)  # fmt: skip
METRICS = frozenset(
    {"loss", "losses", "acc", "accuracy", "accuracies", "error", "err", "errors", "perplexity",
     "ppl", "nll", "bpb", "bpc", "mse", "rmse", "mae", "mape", "msle", "rmsle", "wer", "cer",
     "fid", "lpips", "logloss", "brier", "ece", "regret", "bleu", "sacrebleu", "chrf", "meteor",
     "cider", "recall", "f1", "auc", "auroc", "auprc", "rocauc", "iou", "miou", "jaccard", "dice",
     "rouge", "rouge1", "rouge2", "rougel", "r2", "psnr", "ssim", "reward", "rewards", "rew",
     "return",
     "returns", "score", "scores", "mcc", "kappa", "pearson", "spearman", "ndcg", "mrr", "elbo",
     "top1", "top5", "acc1", "acc5", "accuracy1", "objective", "metric", "metrics", "likelihood",
     "crossentropy", "specificity", "sensitivity", "verlust", "fehler", "genauigkeit", "perte",
     "perdida", "throughput", "flops", "gflops", "macs", "latency"}
)  # fmt: skip
_MAYBE_METRICS = frozenset(
    {"precision", "map", "ap", "value", "result", "results", "time", "gap", "memory", "mem",
     "epoch", "step", "iteration", "iterations", "steps", "norm", "entropy", "divergence", "kl",
     "target", "params", "parameters", "seconds", "minutes", "hours", "em", "fitness", "cost",
     "gb", "mb", "gib", "mib", "ms",
     "utility", "performance", "quality", "std", "mean", "variance", "rank"}
)  # fmt: skip
_AGGREGATES = frozenset(
    {"best", "final", "last", "mean", "avg", "average", "std", "min", "max", "median", "sem", "ci",
     "epoch", "at", "macro", "micro", "weighted", "overall", "total", "ema", "raw", "norm", "pct",
     "percent", "s"}
)  # fmt: skip
_SETS = frozenset(
    {"weight", "weights", "coef", "coefficient", "fn", "func", "function", "type", "name", "scale",
     "factor", "alpha", "beta", "gamma", "lambda", "ratio", "target", "threshold", "scaling",
     "reg", "clip", "lr", "rate", "warmup", "smoothing", "max", "patience", "num", "size",
     "batch", "shape", "discount", "penalty", "temperature"}
)  # fmt: skip
_RESULT_STARTS = ("final_", "best_", "last_", "std_", "mean_test", "mean_train", "rank_test")
_RESULT_ENDS = ("_to_target", "_seconds", "_measured")
_TUNED = ("min_loss", "target_loss", "last_layer", "last_activation", "last_layer_lr")
_LAST_WORDS = frozenset({"layer", "layers", "activation", "dropout", "div", "factor"})
_STOPS = frozenset({"epoch", "step", "global_step", "steps_done", "best_epoch", "iteration",
                    "last_epoch", "stopped_epoch", "epochs_run", "epochs_trained",
                    "total_steps_run", "epochs_completed", "steps_completed", "n_iter_",
                    "num_params", "n_params",
                    "param_count", "num_parameters", "n_parameters", "parameter_count",
                    "total_params", "trainable_params", "model_size", "size_mb"})  # fmt: skip


def plain_name(column: str) -> str:
    """The name in lower case with single underscores: `Start Time` is `start_time`.

    Example:
        >>> plain_name("Start Time"), plain_name("valAccuracy"), plain_name("Unnamed: 0")
        ('start_time', 'val_accuracy', 'unnamed_0')
    """
    if column.strip() == "#":
        return "#"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^0-9a-z]+", "_", parted.lower()).strip("_")


def kind_by_name(column: str, look: Look) -> Kind | None:
    """What a column's name, with its values in agreement, says it is; None where it is silent."""
    name = plain_name(column)
    if name in LABELS_OF_VARIATION:
        return Kind.HYPERPARAMETER
    if name in ("study", "study_name"):
        return Kind.STUDY
    for kind, says in (
        (Kind.SEED, _is_seed),
        (Kind.STATUS, _is_status),
        (Kind.CAUSE, _is_cause),
        (Kind.START, _is_start),
        (Kind.TRIAL, _is_trial),
        (Kind.SECONDS, _is_seconds),
        (Kind.WORKLOAD, _is_workload),
    ):
        if says(name, look):
            return kind
    if name in CONFIGURATIONS and all(c.startswith("{") for c in look.there):
        return Kind.BOOKKEEPING  # what other columns spell out
    if name in _BOOKKEEPING or _NUMBERED_NOTE.fullmatch(name) or column.startswith("_"):
        return Kind.BOOKKEEPING
    return Kind.RESULT if is_result(column, look) else None


def is_result(column: str, look: Look) -> bool:
    """True where a column's name says that it was measured, and its cells are numbers.

    Example:
        >>> from tunebook.importers.csv.column_profile import look_at
        >>> floats = look_at(["0.31", "0.29"])
        >>> [is_result(n, floats) for n in ("val_loss", "best_step", "loss_weight", "lr")]
        [True, True, False, False]
    """
    name = plain_name(column)
    words = name.split("_") if name else []
    if not words or name in _TUNED or (look.there and not look.numeric):
        return False
    if "/" in column and words[0] in _PARTS_OF_DATA:
        return True
    if name in _STOPS:
        return True
    if name == "target" or name.endswith(_RESULT_ENDS):
        return True
    if name.startswith(_RESULT_STARTS) and not _LAST_WORDS & set(words):
        return True
    if re.fullmatch(r"split\d+_(test|train)_.*", name):
        return True
    return _measures(words, look)


def _measures(words: list[str], look: Look) -> bool:
    """True for names such as `val_loss`, `accuracy_mean`, `top_1`, `test_f1_macro`."""
    bare = [w for w in words if w not in _AGGREGATES and not w.isdigit()]
    if not bare:
        # `mean` and `std` alone are results where each row has its own.
        return bool(set(words) & {"mean", "std", "avg"}) and look.own
    if words[0] == "top" and words[-1] in ("1", "5"):
        return True
    last = bare[-1]
    if set(bare) & _SETS:
        return False
    if last in METRICS or (last in _MAYBE_METRICS and look.own and len(look.there) >= 4):
        return True
    of_data = (bare[0] in _PARTS_OF_DATA and len(bare) > 1) or last in _PARTS_OF_DATA
    if of_data and look.own and not look.whole:
        return True
    return bool(set(bare) & METRICS) and look.own and not look.whole


def _is_seed(name: str, look: Look) -> bool:
    words = name.split("_")
    named = (
        words[-1] in ("seed", "seeds", "rng")
        or name.endswith("random_state")
        or (words[0] == "seed" and (len(words) == 1 or words[-1].isdigit() or words[-1] == "id"))
    )
    replicated = name in _REPLICATES and 1 < look.distinct <= look.rows / 2
    return (named or replicated) and (look.whole or not look.there)


def _is_status(name: str, look: Look) -> bool:
    if name in _STATUSES:
        return name == "status" or not look.there or knows_status(look.there)
    return is_flag(name) and set(map(str.lower, look.there)) <= {
        "true",
        "false",
        "0",
        "1",
        "yes",
        "no",
    }


def _is_cause(name: str, look: Look) -> bool:
    return name in _CAUSES and not (look.numeric and look.there)


def _is_start(name: str, look: Look) -> bool:
    return (
        name in _STARTS and bool(look.there) and all(moment_of(c) is not None for c in look.there)
    )


def _is_trial(name: str, look: Look) -> bool:
    if name == "trial":
        return True
    # Texts of run names may recur once or twice; numbers that do are no numbers of trials.
    return name in TRIALS and (look.unique or (look.own and not look.numeric))


def _is_seconds(name: str, look: Look) -> bool:
    if name == "seconds":
        return True
    return name in _SECONDS and look.own and all(seconds_of(c) is not None for c in look.there)


def _is_workload(name: str, look: Look) -> bool:
    words = look.there and not look.numeric
    return name in _WORKLOADS and bool(words) and not look.own


def orders(name: str) -> bool:
    """True for a name whose numbers count trials in the order in which they were begun."""
    return plain_name(name) in _ORDERS
