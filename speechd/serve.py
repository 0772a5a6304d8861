"""What `server.launch` executes: prepare the application, and be the arbiter. It alone imports both."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final, NoReturn

from speechd.app import prepare
from speechd.config.settings import InvalidSetting, Settings
from speechd.errors import EngineUnavailable
from speechd.log import configure_server
from speechd.server.arbiter import serve

INTERRUPTED: Final = 130
"""Exit status after Ctrl-C, as of shells: 128 + SIGINT."""

log = logging.getLogger("speechd")


def main() -> NoReturn:
    """Be the server, until it ends. Ctrl-C while the model is loaded ends it without a word, as later."""
    try:
        settings = Settings.load({}, os.environ)
    except InvalidSetting as error:
        sys.exit(f"speechd: {error}")
    configure_server(settings.log_level, json=settings.log_format == "json")
    try:
        hooks = prepare(settings)
    except (InvalidSetting, EngineUnavailable) as error:
        log.critical("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    serve(settings, hooks)


if __name__ == "__main__":
    main()
