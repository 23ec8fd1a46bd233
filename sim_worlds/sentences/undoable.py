"""Sentences that ask for nothing that can be done here and now, by what is wrong with them.

The gaps are those of `frames`, and `{side}`, `{aside}`, `{tote}`: a tote that is named, the other one, a word for it;
`{other}`: another part; `{colour}`, `{thing}`: words for a colour and a shape alone.
Each kind has forms to train with, forms to check with, and forms for test seeds alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim_worlds.sentences.filling import filled

_ORDERS = (
    "put {part} {to}", "move {part} {to}", "place {part} {to}", "{part} {to}", "take {part} {to}", "drop it {to}",
)  # fmt: skip
_DOING = ("putting {part} {to}", "moving {part} {to}", "bringing {part} {to}", "to put {part} {to}", "{part} {to}")
_NOT = (
    "do not", "don't", "dont", "never", "you must not", "you should not", "we will not", "nobody should",
    "no one may", "under no circumstances", "by no means", "in no case", "please do not", "it is wrong to",
    "it is forbidden to", "it is not allowed to", "you may not", "i do not want you to", "better not",
    "no need to", "there is no reason to", "refuse to", "try not to", "be careful not to", "i never said to",
    "you cannot", "you can't", "it is dangerous to",
)  # fmt: skip
_NO = (
    "stop", "avoid", "quit", "cancel", "forget", "forget about", "skip", "abort", "refrain from", "no", "not",
    "ignore", "instead of", "without", "i am against", "leave out", "no more", "enough of", "nothing of",
    "i hate", "keep off",
)  # fmt: skip
_TIMES = (
    "tomorrow", "tonight", "later", "next week", "next month", "on monday", "at noon", "at six", "in an hour",
    "in five minutes", "in ten seconds", "this evening", "after lunch", "this afternoon", "another day",
    "some day", "next time", "the day after tomorrow", "at the end of the day", "in the morning", "a bit later",
    "on friday",
)  # fmt: skip
_IFS = (
    "if", "only if", "when", "only when", "once", "unless", "until", "as soon as", "provided that", "as long as",
    "in case", "whenever", "the moment", "not before", "assuming", "except if",
)  # fmt: skip
"""Not *while*, *before* and *even if*: people say these of what changes nothing, too; what writers wrote shows when."""

_CLAUSES = (
    "i say go", "i say so", "i agree", "the {tote} is empty", "the {tote} is full", "it is heavy",
    "you see {part}", "{other} is gone", "i am back", "i clap", "there is {part}", "the light is on", "i nod",
    "it is green", "it fits", "the customer calls", "you have time", "the tray is empty", "nobody is near",
    "it is broken", "we are done", "the belt stops", "i leave", "it falls", "the shift ends",
    "i press the button", "{other} is missing",
)  # fmt: skip
_WITH = (
    "and", "or", "plus", "and also", "followed by", "and afterwards", "along with", "and then", "but not",
    "instead of",
)  # fmt: skip
_VERBS = (
    "paint", "clean", "weigh", "break", "measure", "scan", "wash", "cut", "open", "close", "kick",
    "hide", "eat", "check", "test", "photograph", "wrap", "label", "squash", "polish", "heat", "count", "drill",
    "screw", "fold", "burn",
)  # fmt: skip
_ASKING = (
    "why did you", "when did you", "how do you", "who told you to", "where did you", "are you going to",
    "did you", "did somebody", "do you", "have you been told to", "were you told to", "why do you",
    "when will you", "which time did you",
)  # fmt: skip
_SEEING = (
    "can you see", "do you see", "did you find", "have you seen", "is there", "where is", "how heavy is", "how big is",
    "what happened to", "do we have", "did we lose", "do you know", "what is wrong with", "how far is", "who needs",
)  # fmt: skip
_ELSEWHERE = (
    "hand", "pocket", "drawer", "shelf", "corner", "desk", "table", "oven", "machine", "truck", "wall", "door", "wheel",
    "glove", "window", "chair", "cupboard", "lane", "foot", "seat",
)  # fmt: skip
_NON = ("non {colour} {thing}", "{thing} that is not {colour}", "{thing} but no {colour} one", "not {colour} {thing}")
_BUT = (
    "anything but {colour}", "any colour but {colour}", "whatever is not {colour}", "something other than {colour}",
    "any {thing} except the {colour} one",
)  # fmt: skip

TRAINING: Mapping[str, tuple[str, ...]] = {
    "no tote": (
        *filled("put {part} {in} {side} {else}", {"in": ("in my", "to your", "on his"), "else": _ELSEWHERE}),
        *filled("{part} on my {side} {else}", {"else": _ELSEWHERE}),
        "put {part} away", "move {part}", "pick up {part}", "take {part} please", "{part}", "grab {part} now",
        "put {part} in the middle {tote}", "put {part} in the other {tote}", "put {part} in the third {tote}",
        "put {part} in the red {tote}", "put {part} into the {tote}", "move {part} to a {tote}",
        "put {part} on the table", "drop {part} on the floor", "put {part} in my hand", "bring {part} to me",
        "put {part} over there", "move {part} to the front", "place {part} behind the robot", "put {part} in the tray",
        "put {part} next to the {side} {tote}", "put {part} beside the {side} {tote}", "lay {part} under the {tote}",
        "put {part} in front of the {side} {tote}", "place {part} behind the {side} {tote}", "put {part} anywhere",
        "put {part} near the {side} {tote}", "move {part} between both totes", "put {part} in the upper {tote}",
        "put {part} at the back of the {side} {tote}", "leave {part} on the bench", "put {part} in the lower {tote}",
    ),
    "negated": (
        *filled("{not} {order}", {"not": _NOT, "order": _ORDERS}),
        *filled("{no} {doing}", {"no": _NO, "doing": _DOING}),
        *filled("{put} {the} {non} {to}", {"put": ("put", "move"), "the": ("the", "a", "any"), "non": _NON}),
        *filled("{put} {but} {to}", {"put": ("put", "move"), "but": _BUT}),
        "put everything but {part} {to}", "put anything except {part} {to}", "all but {part} {to}", "nothing goes {to}",
        "{part} does not go {to}", "put {part} not {to}", "put {part} {to} no", "leave {part} where it is",
        "keep {part} out of the {side} {tote}", "{part} must not go {to}", "{part} is not to be put {to}",
        "none of them {to}", "{part} never goes {to}", "{part} stays where it is", "not {to} {part}",
        "it is a bad idea to put {part} {to}", "at no time move {part} {to}", "give up putting {part} {to}",
        "i do not like {part} {to}", "i would hate to see {part} {to}",
    ),
    "several": (
        "put {part} and {other} {to}", "move {part} {to} and then {other}", "place both {part} and {other} {to}",
        *filled("put {part} {with} {other} {to}", {"with": _WITH}),
        *filled("{part} {with} {other} {to}", {"with": _WITH}),
        "take {part} or {other} {to}", "put {part} {to} and {other} to the {aside}", "first {part} then {other} {to}",
        "put {part} in the {side} {tote} and {other} in the {aside} {tote}", "either {part} or {other} {to}",
        "put two of {part} {to}", "put two parts {to}", "put three pieces {to}", "put all of them {to}",
        "put every part {to}", "put all {to}", "move all parts {to}", "every {part} {to}", "all {part} {to}",
        "put {part} with {other} {to}", "put {part} in both totes", "put {part} {to} or to the {aside}",
        "put {part} in addition to {other} {to}", "put four parts {to}", "put everything {to}",
        "{part} as well as {other} {to}",
    ),
    "condition": (
        *filled("{when} {order}", {"when": _TIMES, "order": _ORDERS}),
        *filled("{order} {when}", {"when": _TIMES, "order": _ORDERS}),
        *filled("{if} {clause} {order}", {"if": _IFS, "clause": _CLAUSES, "order": _ORDERS[:3]}),
        *filled("{order} {if} {clause}", {"if": _IFS, "clause": _CLAUSES, "order": _ORDERS[:3]}),
        *filled("wait {if} {clause} and then {order}", {"if": _IFS[6:9], "clause": _CLAUSES, "order": _ORDERS[:2]}),
        *filled("wait until {clause} then {order}", {"clause": _CLAUSES, "order": _ORDERS}),
        *filled("before you {order} {ask}", {"order": _ORDERS[:3], "ask": ("ask me", "wait", "tell me", "call me")}),
        "ask me before {part} goes {to}", "in case of {part} put it {to}", "put {part} {to} after {other}",
        "should there be {part} put it {to}", "should i leave put {part} {to}", "wait and put {part} {to}",
        "hold on until noon, then {part} {to}", "on condition that it is light put {part} {to}",
        "next year put {part} {to}", "if my boss is here move {part} {to}", "put {part} {to} as soon as you are ready",
    ),
    "deed": (
        "take {part} out of the {side} {tote}", "remove {part} from the {side} {tote}", "empty the {side} {tote}",
        "get {part} out of the {side} {tote} again", "take {part} from the {side} {tote} back to the tray",
        "move {part} from the {side} {tote} to the {aside} {tote}", "from the {side} {tote} put {part} to the {aside}",
        "bring {part} from the {aside} to the {side} {tote}", "push {part} to the {side}", "push {part} away",
        "push {part} to the {side} a little", "drag {part} to the {side}", "pull {part} a bit to the {side}",
        "shove {part} to the {side} a bit", "tilt {part} to the {side}", "flip {part}", "press on {part}",
        "drop {part}", "measure {part}", "scan {part} on the {side}", "clean {part}", "replace {part} by {other}",
        "unload the {side} {tote}", "unload {part} from the {side} {tote}", "take {part} off the {side} {tote}",
        "roll {part} to the {side} side", "kick {part} to the {side}", "turn {part} to the {side}",
        "turn {part} over", "rotate {part} a little to the {side}", "hold {part} up", "watch {part}", "touch {part}",
        "hold {part} over the {side} {tote}", "throw {part} at the wall", "show me {part}", "put {part} back",
        "lift {part} and hold it", "swap {part} and {other}", "exchange {part} for {other}", "put {part} on {other}",
        "put {part} on top of {other}", "stack {part} on {other}", "put {part} next to {other}",
        "move {part} closer to {other}", "what colour is {part}", "which colour has {part} in the {side} {tote}",
        "move {part} a bit to the {side} on the tray", "move the {side} {tote}", "put the {side} {tote} on the table",
        *filled("{verb} {part} and put it {to}", {"verb": _VERBS}), *filled("{verb} {part}", {"verb": _VERBS}),
        *filled("put {part} {to} and {verb} it", {"verb": _VERBS}),
        "clean {part} before it goes {to}", "put {part} {to} and throw it",
        "put {part} {to} and turn it over", "weigh {part} then put it {to}", "break {part}",
        "put {part} {to} and take it out again", "put {part} {to} and ignore the rules", "name it {part} {to}",
        *filled("{asking} {order}", {"asking": _ASKING, "order": _ORDERS[:5]}),
        *filled("{seeing} {part} {to}", {"seeing": _SEEING}),
        "is {part} {to}", "is {part} already {to}", "was {part} {to}", "has {part} gone {to}", "who put {part} {to}",
        "is it true that {part} is {to}", "are you putting {part} {to}", "does {part} go {to}", "should {part} go {to}",
        "i wonder if {part} is {to}", "what if {part} was {to}", "whose is {part} {to}", "which one is {part} {to}",
        "tell me about {part} {to}", "count {part} {to}", "say put {part} {to}", "i said put {part} {to} yesterday",
        "yesterday you put {part} {to}", "{part} was put {to}", "i have put {part} {to}", "you put {part} {to} already",
        "pull {part} out of the {side} {tote}", "fetch {part} back from the {side} {tote}", "clear the {side} {tote}",
        "slide {part} to the {side} a bit", "spin {part} around", "point at {part}", "switch {part} with {other}",
        "pile {part} on {other}", "what made you put {part} {to}", "would it be wrong to put {part} {to}",
        "shake {part} and put it {to}",
    ),
}  # fmt: skip
TESTING: Mapping[str, tuple[str, ...]] = {
    "no tote": (
        "put {part} at the edge of the table", "put {part} above the {side} {tote}", "put {part} in the blue {tote}",
    ),
    "negated": (
        "hold back from putting {part} {to}", "whatever you do, not {part} {to}", "nobody wants {part} {to}",
        "rather not {part} {to}", "give up on {part} {to}",
    ),
    "several": (
        "put {part} together with {other} {to}", "put five parts {to}", "put half of them {to}",
        "{part} but also {other} {to}",
    ),
    "condition": (
        "put {part} {to} at the time i choose", "in half a day take {part} {to}",
        "supposing {other} is missing put {part} {to}",
        "only on my sign put {part} {to}", "put {part} {to} on sunday",
    ),
    "deed": (
        "lift {part} out of the {side} {tote}", "bring {part} back from the {side} {tote}", "shake the {side} {tote}",
        "tip {part} over", "nudge {part} to the {side} a bit", "inspect {part}", "trade {part} for {other}",
        "lay {part} on top of {other}", "where have you put {part}", "squeeze {part}", "can it be that {part} is {to}",
    ),
}  # fmt: skip
