"""Kokoro on a GPU, many segments at once."""
