"""Environment variables that begin as ours do, and are none."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from speechd.config import file as settings_file
from speechd.config.options import PREFIX

OTHERS: Final = (
    settings_file.VARIABLE,
    "SPEECHD_TORCH",  # which build of torch is installed
    "SPEECHD_NO_NATIVE",  # tests without the compiled kernels
    "SPEECHD_ADDRESS",  # Speech Dispatcher's, a program that is called the same
    "SPEECHD_SOCKET",
)
"""Those that are no options."""

SERVICE_LINKS: Final = ("SPEECHD_SERVICE_", "SPEECHD_PORT_", "SPEECHD_SERVER_")
"""Beginnings of what Kubernetes sets in pods for a Service named speechd or speechd-server."""


def unknown(environ: Mapping[str, str], variables: Collection[str]) -> Iterator[str]:
    """A message for each variable that looks like one of ours and does nothing; one for all of Kubernetes'.

    variables: those of all options.
    """
    ours = {*variables, *OTHERS}
    strange = sorted(name for name in environ if name.startswith(PREFIX) and name not in ours)
    for name in strange:
        if name.startswith(SERVICE_LINKS):
            continue
        near = difflib.get_close_matches(name, ours, n=2, cutoff=0.8)
        meant = f": did you mean {' or '.join(near)}?" if near else ": `speechd serve --help` has all settings"
        yield f"{name} is in the environment, and there is no such setting{meant}"
    if links := [name for name in strange if name.startswith(SERVICE_LINKS)]:
        yield f"{', '.join(links)}: Kubernetes' service links, which do nothing here; set enableServiceLinks: false"
