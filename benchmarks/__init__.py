"""Benchmarks of `sanctions_model`: ``python -m benchmarks`` from the repository root."""
