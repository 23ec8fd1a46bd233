"""Sentences with gaps: how people ask. `{part}` comes with its article, `{to}` is where it goes."""

from __future__ import annotations

FRAMES = (
    "put {part} {to}",
    "place {part} {to}",
    "move {part} {to}",
    "drop {part} {to}",
    "bring {part} {to}",
    "sort {part} {to}",
    "take {part} and put it {to}",
    "pick {part} and place it {to}",
    "pick up {part} and drop it {to}",
    "grab {part} and move it {to}",
    "please put {part} {to}",
    "could you move {part} {to}",
    "can you place {part} {to} please",
    "i want {part} {to}",
    "i need {part} {to}",
    "{part} {to}",
    "{part} {to} please",
    "{part} goes {to}",
    "{part} should go {to}",
    "{to} please put {part}",
    "now put {part} {to}",
    "next move {part} {to}",
    "get {part} and bring it {to}",
    "you should drop {part} {to}",
    "the one i want is {part}, put it {to}",
    "this time it is {part}, and it goes {to}",
    "we need {part} to be put {to}",
    "come and take {part}, then lay it {to}",
    "look for {part} and carry it {to}",
    "how about putting {part} {to}",
    "your job: {part} {to}",
    "{to} with {part} please",
    "do move {part} {to} now",
    "have {part} placed {to}",
    "help me to get {part} {to}",
    "start with {part}, it goes {to}",
)
"""For training, calibration and validation."""

NEW_FRAMES = (
    "would you kindly place {part} {to}",
    "{part} belongs {to}",
    "make sure {part} ends up {to}",
    "i would like {part} to be {to}",
    "let us have {part} {to}",
    "fetch {part} and leave it {to}",
    "{to} is where {part} should be",
    "find {part} then put it {to}",
    "go and get {part} and set it down {to}",
    "robot, move {part} over {to}",
    "what about {part} {to}",
    "the next one is {part}, it goes {to}",
    "transfer {part} {to}",
    "deliver {part} {to} now",
)
"""For the test set alone: no sentence of this form is in training."""

TO_TOTE = (
    "in the {side} {tote}",
    "into the {side} {tote}",
    "to the {side} {tote}",
    "to the {side}",
    "on the {side}",
    "in the {tote} on the {side}",
    "on the {side} side",
    "{side}",
    "in the {tote} which is on the {side}",
    "to the {side}-hand {tote}",
    "into the {tote} on your {side}",
)
NEW_TO_TOTE = (
    "into the {tote} at the {side}",
    "over to the {side} {tote}",
    "inside the {side} {tote}",
    "in the {tote} to the {side}",
    "on the {side} hand side",
)

NO_TOTE = ("put {part} away", "move {part}", "pick up {part}", "take {part} please", "{part}", "grab {part} now")
"""Where it should go is left open."""

NEGATED = (
    "do not put {part} {to}",
    "don't move {part} {to}",
    "never place {part} {to}",
    "put everything but {part} {to}",
    "stop putting {part} {to}",
)
SEVERAL = (
    "put {part} and {other} {to}",
    "move {part} {to} and then {other}",
    "place both {part} and {other} {to}",
    "take {part} or {other} {to}",
)
NONSENSE = (
    "make me a coffee",
    "what is the weather like",
    "how are you today",
    "sing a song",
    "turn the lights off",
    "where is my phone",
    "the quick brown fox jumps over the lazy dog",
    "open the door please",
    "tell me a story about a robot",
    "one two three four",
    "hello",
    "thank you",
    "is the tray full",
    "count the parts",
    "who built you",
    "clean the table",
    "drive to the left",
    "wave your hand",
    "dance",
    "go home",
    "left",
    "right please",
    "put it there",
    "move",
    "the left tote is full",
    "why did you stop",
)
NEW_NONSENSE = (
    "what time is it",
    "please call my boss",
    "play some music",
    "write an email to the customer",
    "how many robots are there",
    "good morning",
    "turn around twice",
    "bake a cake",
    "the right tote is empty",
    "do a backflip",
    "are you sure",
    "shut down the computer",
    "water the plants",
    "what did you say",
)
