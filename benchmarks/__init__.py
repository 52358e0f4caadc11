"""Benchmarks: every figure is a ratio against a floor measured beside it, in the same run. See docs/performance.md."""
