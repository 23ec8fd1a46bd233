"""Benchmarks: each prints a figure beside a floor taken in the same run."""
