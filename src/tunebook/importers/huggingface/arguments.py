"""Which of the Trainer's arguments are hyperparameters: a run logs more than a hundred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SIGN = "per_device_train_batch_size"
_OF_TRAINING = frozenset({
    _SIGN, "learning_rate", "lr_scheduler_type", "warmup_steps", "warmup_ratio", "weight_decay",
    "adam_beta1", "adam_beta2", "adam_epsilon", "optim", "max_grad_norm", "num_train_epochs",
    "max_steps", "gradient_accumulation_steps", "label_smoothing_factor", "seed",
})  # fmt: skip
"""Arguments that are shown where they are the same in all runs, too."""
_NONE = ("output_dir", "overwrite_", "logging_", "log_", "save_", "eval_", "hub_", "push_to_hub",
         "run_name", "report_to", "resume_from", "do_", "disable_tqdm", "ddp_", "local_rank",
         "_name_or_path", "skip_memory", "dataloader_num", "dataloader_pin", "dataloader_pers",
         "dataloader_pref", "trackio_", "project", "include_", "ignore_data_skip", "label_names",
         "load_best_model", "metric_for_best_model", "greater_is_better", "per_device_eval",
         "remove_unused", "use_cpu", "torch_compile", "debug")  # fmt: skip
"""Beginnings of arguments that say where, how often and how fast."""


def parted(
    configs: Sequence[Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """Hyperparameters and other arguments of each run, and a note on what was left out.

    Configurations that are not the Trainer's are returned as they are.

    Example:
        >>> trainer = {"per_device_train_batch_size": 8, "fp16": False, "output_dir": "a"}
        >>> parted([trainer, {**trainer, "output_dir": "b"}])[0][0]
        {'per_device_train_batch_size': 8}
    """
    if not any(_SIGN in config for config in configs):
        return [dict(config) for config in configs], [{} for _ in configs], ""
    names = dict.fromkeys(name for config in configs for name in config)
    same = {name for name in names if len({repr(config.get(name)) for config in configs}) == 1}
    dropped = {name for name in same if name not in _OF_TRAINING}
    others = {name for name in names if name.startswith(_NONE) and name not in dropped}
    kept = [n for n in names if n not in dropped and n not in others]
    note = (
        f"Arguments of the Trainer that are the same in all runs were left out: {len(dropped)}."
        if dropped
        else ""
    )
    return (
        [{n: config[n] for n in kept if n in config} for config in configs],
        [{n: config[n] for n in names if n in others and n in config} for config in configs],
        note,
    )
