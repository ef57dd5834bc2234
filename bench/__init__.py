"""Benchmarks: each figure is a ratio to a named limit measured in the same run."""
