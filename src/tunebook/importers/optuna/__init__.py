"""Studies of Optuna 2 to 5: databases and journals, read without Optuna (C11)."""
