"""What the console remembers between two starts, as texts in one folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

from runtime.messages.requests import TEXT_LIMIT
from twin_app.model.instructions import MOST_INSTRUCTIONS
from twin_app.model.layout import BadLayout, Layout, from_text, to_text

THEMES = ("light", "dark")
PERSPECTIVES = ("operate", "diagnose", "test")
SMALLEST_FONT_PT = 11


@dataclass(frozen=True, slots=True)
class Settings:
    """A person's choices."""

    theme: str = "light"
    perspective: str = "operate"
    font_pt: int = SMALLEST_FONT_PT
    window_px: tuple[int, int] = (1280, 720)
    heat_map: bool = True
    """Whether a policy's heat map lies over the pictures."""

    instructions: tuple[str, ...] = ()
    """Asked for before, oldest first."""


class SettingsStore:
    """Reads and writes `console.json` and `layout-<perspective>.json` in a folder of the user's configuration.

    Never raises for a file that is missing, broken or cannot be written: `troubles` says so in words.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.troubles: list[str] = []

    def load(self) -> Settings:
        """The stored choices; the defaults where nothing usable is stored."""
        text = self._read("console.json")
        if text is None:
            return Settings()
        try:
            data: Any = json.loads(text)
        except json.JSONDecodeError as trouble:
            self._complain("console.json", f"line {trouble.lineno}: {trouble.msg}; defaults are used")
            return Settings()
        return self._checked(cast("dict[str, Any]", data) if isinstance(data, dict) else {})

    def save(self, settings: Settings) -> None:
        """Write the choices, all or nothing."""
        names = (field.name for field in fields(settings))
        self._write("console.json", json.dumps({name: getattr(settings, name) for name in names}, indent=2) + "\n")

    def layout_file(self, perspective: str) -> Path:
        """Where a perspective's own layout is kept."""
        return self.folder / f"layout-{perspective}.json"

    def load_layout(self, perspective: str, *, known: frozenset[str]) -> Layout | None:
        """The person's own layout of a perspective; None when there is none or it is unusable."""
        text = self._read(self.layout_file(perspective).name)
        if text is None:
            return None
        try:
            return from_text(text, known=known)
        except BadLayout as trouble:
            self._complain(self.layout_file(perspective).name, f"{trouble}; the default layout is used")
            return None

    def save_layout(self, perspective: str, layout: Layout) -> bool:
        """Write a perspective's layout; False when it could not be written."""
        return self._write(self.layout_file(perspective).name, to_text(layout))

    def forget_layout(self, perspective: str) -> None:
        """Remove a perspective's own layout: the default holds again."""
        try:
            self.layout_file(perspective).unlink(missing_ok=True)
        except OSError as trouble:
            self._complain(self.layout_file(perspective).name, f"cannot be removed: {trouble.strerror}")

    def _checked(self, data: dict[str, Any]) -> Settings:
        found = Settings()
        for key, allowed in (("theme", THEMES), ("perspective", PERSPECTIVES)):
            if key in data and data[key] not in allowed:
                self._complain("console.json", f"{key}: {data[key]!r}; one of {', '.join(allowed)}")
            elif key in data:
                found = replace(found, **{key: data[key]})
        points = data.get("font_pt", SMALLEST_FONT_PT)
        if isinstance(points, int) and SMALLEST_FONT_PT <= points <= 24:
            found = replace(found, font_pt=points)
        else:
            self._complain("console.json", f"font_pt: {points!r}; {SMALLEST_FONT_PT} to 24")
        found = self._with_window(found, data.get("window_px", list(found.window_px)))
        return self._with_instructions(self._with_heat(found, data.get("heat_map", True)), data.get("instructions", []))

    def _with_heat(self, found: Settings, value: Any) -> Settings:
        if isinstance(value, bool):
            return replace(found, heat_map=value)
        self._complain("console.json", f"heat_map: {value!r}; true or false")
        return found

    def _with_instructions(self, found: Settings, value: Any) -> Settings:
        lines = cast("list[Any]", value) if isinstance(value, list) else [None]
        if len(lines) <= MOST_INSTRUCTIONS and all(isinstance(line, str) and len(line) <= TEXT_LIMIT for line in lines):
            return replace(found, instructions=tuple(lines))
        limits = f"at most {MOST_INSTRUCTIONS} texts of at most {TEXT_LIMIT} letters"
        self._complain("console.json", f"instructions: {limits}; none are kept")
        return found

    def _with_window(self, found: Settings, value: Any) -> Settings:
        numbers = cast("list[Any]", value) if isinstance(value, list) else []
        if len(numbers) == 2 and all(isinstance(number, int) and 400 <= number <= 16000 for number in numbers):
            return replace(found, window_px=(numbers[0], numbers[1]))
        self._complain("console.json", f"window_px: {value!r}; two whole numbers from 400 to 16000")
        return found

    def _read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as trouble:
            self._complain(name, f"cannot be read: {trouble}")
            return None

    def _write(self, name: str, text: str) -> bool:
        target = self.folder / name
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        except OSError as trouble:
            self._complain(name, f"cannot be written: {trouble.strerror}")
            draft.unlink(missing_ok=True) if draft.is_file() else None
            return False
        return True

    def _complain(self, name: str, words: str) -> None:
        self.troubles.append(f"{self.folder / name}: {words}")
