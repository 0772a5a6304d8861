"""Mandarin: written → spoken."""
