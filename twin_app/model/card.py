"""A policy's card in words: for the console's panel and for the command line alike."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.messages.card import Examination, PolicyCard


def headline(card: PolicyCard) -> str:
    """Which policy this is."""
    name = f"{card.policy} {card.version}"
    return f"{name} · {card.label}" if card.label else name


def figures(one: Examination) -> tuple[tuple[str, str], ...]:
    """What came out, name and value."""
    succeeded = dict(one.verdicts).get("succeeded", 0)
    low, high = one.interval95
    share = f"{100.0 * succeeded / one.runs:.1f} %" if one.runs else "—"
    others = [f"{count} {verdict.replace('_', ' ')}" for verdict, count in one.verdicts if verdict != "succeeded"]
    rows = [
        ("success", f"{share}, {succeeded} of {one.runs} runs (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"),
        ("otherwise", ", ".join(others) or "nothing"),
    ]
    if one.ece is not None:
        rows.append(("calibration error (ECE)", f"{one.ece:.3f}: how far the confidence is off on average"))
    if one.auroc is not None:
        failed = one.runs - succeeded
        of = f"from {failed} failed run{'s' if failed > 1 else ''}"
        rows.append(("tells failure (AUROC)", f"{one.auroc:.3f} {of}: 0.5 is guessing, 1 is always"))
    if one.auroc_early is not None:
        rows.append(("… in its first seconds", f"{one.auroc_early:.3f}"))
    return tuple(rows)


def lines(card: PolicyCard) -> Iterable[str]:
    """All of it as text."""
    yield headline(card)
    yield card.what
    if card.trouble:
        yield f"\nIts figures cannot be read: {card.trouble}"
    yield "\nKnown weaknesses"
    yield from (f"  - {sentence}" for sentence in card.weaknesses or ("none was written down",))
    for one in card.examinations:
        yield f"\n{one.name.capitalize()}"
        yield from _columns(figures(one))
        yield from _reliability(one)
    for section in card.sections:
        yield f"\n{section.title}"
        yield from _columns(section.rows)


def _columns(rows: tuple[tuple[str, str], ...]) -> Iterable[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return (f"  {name:<{width}}  {value}" for name, value in rows)


def _reliability(one: Examination) -> Iterable[str]:
    if one.reliability:
        yield "  confidence said, came true, looks"
    for said, right, count in one.reliability:
        yield f"  {said:15.2f}  {right:9.2f}  {count:5}"
