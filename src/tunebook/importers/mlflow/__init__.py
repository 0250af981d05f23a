"""Experiments of MLflow: run folders, databases, servers; read without MLflow (C11)."""
