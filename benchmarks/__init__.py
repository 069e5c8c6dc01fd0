"""Figures, bars and measured values; ``python -m benchmarks``."""
