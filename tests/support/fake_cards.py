"""The cards of the made-up cell's policies: one that was examined, and one of which nothing was measured."""

from __future__ import annotations

from runtime.messages.card import CardSection, Examination, PolicyCard

_ROWS = ((0.34, 0.4, 25), (0.55, 0.5, 40), (0.76, 0.8, 160), (0.97, 0.99, 4100))
_VERDICTS = (("succeeded", 192), ("missed_grasp", 6), ("wrong_part", 2))
EXAMINED = PolicyCard(
    "flow_vla",
    "flow vla",
    "1.2",
    "Learned: reads a sentence and acts in chunks.",
    ("Trained in simulation <only>.", "One part at a time."),
    (Examination("validation plain", 200, _VERDICTS, (0.9234, 0.9796), 0.021, 0.91, _ROWS),),
    (
        CardSection("Recipe", (("seed", "0"), ("seeds", "validation 200000, calibration 300000"))),
        CardSection("Data", (("demonstrations", "sha256 " + "5fb4" * 16),)),
        CardSection("Time and memory", (("1-reading", "166.7 s"),)),
    ),
    trained=True,
)
CARDS = (EXAMINED, PolicyCard("programmed", "programmed", "1.0", "Programmed, not trained.", ("Knows colours only.",)))
