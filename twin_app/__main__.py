"""`python -m twin_app` is the command line `celltwin`."""

import sys

from twin_app.assembly.cli import main

sys.exit(main())
