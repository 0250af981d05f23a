"""Which way a metric is better, by its name."""

import pytest

from tunebook.domain.metric_direction import likely_direction

DOWN = [
    "loss", "val_loss", "valid/error", "top_5_error", "error_rate", "dice_loss", "perplexity",
    "brier_score", "eval/wer", "neg_log_likelihood", "nll", "bits_per_byte/loss", "test_rmse",
]  # fmt: skip
UP = [
    "accuracy", "val_acc", "valid/top_1", "trainAccuracy", "F1Score", "mAP", "mIoU", "roc_auc",
    "neg_mean_squared_error", "neg_log_loss", "log_likelihood", "ep_rew_mean", "win_rate",
    "eval_rougeL", "R2", "valid/pearson",
]  # fmt: skip
OPEN = [
    "seconds", "train/lr", "learning_rate", "grad_norm", "accuracy_std", "loss_scale",
    "1 - accuracy", "my_metric", "false_negative_rate", "tokens_per_second", "",
]  # fmt: skip


@pytest.mark.parametrize("name", DOWN)
def test_names_of_losses_and_errors_are_minimized(name):
    assert likely_direction(name) == "minimize"


@pytest.mark.parametrize("name", UP)
def test_names_of_qualities_are_maximized(name):
    assert likely_direction(name) == "maximize"


@pytest.mark.parametrize("name", OPEN)
def test_names_that_say_nothing_are_left_open(name):
    assert likely_direction(name) is None
