"""Trials on a Ray cluster; tunebook[ray] (I2)."""
