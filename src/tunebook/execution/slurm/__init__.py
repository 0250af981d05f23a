"""Trials as SLURM jobs, through submitit; tunebook[slurm] (I2)."""
