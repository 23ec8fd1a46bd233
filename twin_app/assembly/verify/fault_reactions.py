"""What the documentation says the cell does under each fault; `docs/faults.md` holds the same table (a test compares).

A reaction is the gravest thing the cell did. Where chance decides (which chunk is hit, where the arm is), the
documentation names every reaction that may come.
"""

from __future__ import annotations

DOCUMENTED: dict[tuple[str, str], tuple[str, ...]] = {
    ("F01", "mild"): ("none", "pick retried"),
    ("F01", "medium"): ("none", "pick retried"),
    ("F01", "severe"): ("none", "pick retried", "task failed", "assist", "protective stop"),
    ("F12", "mild"): ("chunks refused",),
    ("F12", "medium"): ("chunks refused", "held", "assist", "protective stop"),
    ("F12", "severe"): ("assist",),
    ("F13", "mild"): ("none", "chunks refused", "held", "assist"),
    ("F13", "medium"): ("held", "assist"),
    ("F13", "severe"): ("assist",),
    ("F20", "mild"): ("none",),
    ("F20", "medium"): ("slowed", "protective stop"),
    ("F20", "severe"): ("protective stop",),
    ("F26", "mild"): ("none",),
    ("F26", "medium"): ("none", "pick retried", "protective stop"),
    ("F26", "severe"): ("protective stop",),
    ("F31", "mild"): ("derated",),
    ("F31", "medium"): ("derated",),
    ("F31", "severe"): ("fault",),
    ("F41", "mild"): ("none",),
    ("F41", "medium"): ("none", "chunks refused", "held"),
    ("F41", "severe"): ("assist",),
}


def as_documented(fault_id: str, severity: str, reaction: str) -> bool:
    """Whether the cell did what the documentation says."""
    return reaction in DOCUMENTED.get((fault_id, severity), ())
