"""Accuracy checks: cases, metrics, runs, sets."""
