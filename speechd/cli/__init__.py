"""The command line.

Standard streams that are closed get the null device before anything else is imported: libffi, which ctypes loads, keeps
a file of its own open from then on, and would have the number of one of them.
"""

from speechd.stderr import open_missing

open_missing()
