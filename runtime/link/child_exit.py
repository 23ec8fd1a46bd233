"""How a child process ended, in words."""

from __future__ import annotations

import signal


def exit_in_words(code: int) -> str:
    """From its return code: `exit code 2`, `killed by SIGHUP`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
