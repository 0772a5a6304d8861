"""`python -m speechd`: the command line."""

import sys

from speechd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
