"""Which seeds are for what."""

from __future__ import annotations

FIRST_TEST_SEED = 500_000
"""From here on: nothing is trained, calibrated, chosen or looked at one by one with them."""
