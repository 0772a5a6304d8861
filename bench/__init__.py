"""Benchmarks: each runs against the real thing, prints a table for people and one JSON line last."""
