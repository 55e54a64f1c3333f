"""Entry point of `python3 -m tools.workshop VERB`."""

import sys

from tools.workshop.cli import main

sys.exit(main(sys.argv[1:]))
