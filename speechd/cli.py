"""The command line: flags over settings, nothing else."""

from __future__ import annotations
