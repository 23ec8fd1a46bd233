"""The three perspectives as they come out of the box."""

from __future__ import annotations

from twin_app.model.layout import Layout, Split, Tabs

OPERATE = Layout(
    Split(
        "across",
        (530, 470),
        (
            Tabs(("twin",), "twin"),
            Split(
                "down",
                (470, 530),
                (Tabs(("cameras",), "cameras"), Tabs(("tasks", "alarms", "policy", "history"), "tasks")),
            ),
        ),
    )
)
"""What is it doing, may I stop it: the cell large, what it sees, what it was asked."""

DIAGNOSE = Layout(
    Split(
        "across",
        (330, 250, 420),
        (
            Split(
                "down", (460, 540), (Tabs(("alarms",), "alarms"), Tabs(("processes", "history", "policy"), "processes"))
            ),
            Split("down", (540, 460), (Tabs(("twin",), "twin"), Tabs(("cameras",), "cameras"))),
            Tabs(("trends",), "trends"),
        ),
    )
)
"""Which layer failed, what is the evidence: alarms and health left, all signals right."""

TEST = Layout(
    Split(
        "across",
        (380, 250, 370),
        (
            Tabs(("faults", "policy", "runs", "tasks"), "faults"),
            Split("down", (500, 500), (Tabs(("twin",), "twin"), Tabs(("cameras", "alarms", "history"), "cameras"))),
            Tabs(("trends", "processes"), "trends"),
        ),
    )
)
"""What breaks this policy: faults, swaps and runs left, their effect right."""

DEFAULTS: dict[str, Layout] = {"operate": OPERATE, "diagnose": DIAGNOSE, "test": TEST}
