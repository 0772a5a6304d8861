"""`python -m speechd`: the command line."""

import sys

from speechd.cli.main import main

sys.exit(main())
