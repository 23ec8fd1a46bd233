"""Layouts and settings as texts: read back as written, refused with the place of the mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin_app.model.layout import BadLayout, Floating, Layout, Split, Tabs, from_text, to_text
from twin_app.model.settings import Settings, SettingsStore

KNOWN = frozenset({"twin", "cameras", "tasks", "trends"})
RIGHT = Split("down", (500, 500), (Tabs(("tasks", "cameras"), "cameras"), Tabs(("trends",), "trends")))
SOME = Layout(Split("across", (600, 400), (Tabs(("twin",), "twin"), RIGHT)))


def test_a_layout_reads_back_as_it_was_written_and_always_gives_the_same_text() -> None:
    text = to_text(SOME)
    assert from_text(text, known=KNOWN) == SOME
    assert to_text(from_text(text, known=KNOWN)) == text


def test_floating_panels_are_kept() -> None:
    layout = Layout(Tabs(("twin",), "twin"), (Floating("trends", (10, 20, 300, 200)),))
    assert from_text(to_text(layout), known=KNOWN) == layout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1"),
        ("[]", "named entries"),
        ('{"layout": {}}', "needs one of"),
        ('{"layout": {"tabs": ["twim"]}}', "twim"),
        ('{"layout": {"tabs": []}}', "empty"),
        ('{"layout": {"across": []}}', "empty"),
        ('{"layout": {"across": [{"tabs": ["twin"]}]}}', "share"),
        ('{"layout": {"across": [{"share": 0, "tabs": ["twin"]}, {"share": 9, "tabs": ["tasks"]}]}}', "1 to 1000"),
        ('{"layout": {"down": [{"share": 5, "tabs": ["twin"]}, {"share": 9, "tabs": ["twin"]}]}}', "two places"),
        ('{"layout": {"tabs": ["twin"]}, "floating": [{"panel": "tasks", "rectangle_px": [1, 2]}]}', "four"),
    ],
)
def test_a_text_that_is_no_layout_is_refused_with_the_place_of_the_mistake(text: str, words: str) -> None:
    with pytest.raises(BadLayout, match=words):
        from_text(text, known=KNOWN)


def test_settings_read_back_as_they_were_saved(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "deep" / "er")
    assert store.load() == Settings()
    chosen = Settings(theme="dark", perspective="test", font_pt=13, window_px=(1600, 1000))
    store.save(chosen)
    assert SettingsStore(tmp_path / "deep" / "er").load() == chosen
    assert store.troubles == []


@pytest.mark.parametrize(
    "text", ["{", '{"theme": "pink"}', '{"font_pt": 6}', '{"window_px": [1]}', '{"window_px": "big"}', "[]", "\0"]
)
def test_broken_settings_give_the_defaults_and_say_so_where_something_was_wrong(tmp_path: Path, text: str) -> None:
    (tmp_path / "console.json").write_text(text)
    store = SettingsStore(tmp_path)
    assert store.load() == Settings()
    assert bool(store.troubles) == (text != "[]")


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_raised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = SettingsStore(tmp_path / "file")
    store.save(Settings())
    assert "cannot be written" in store.troubles[0]


def test_a_broken_layout_file_gives_the_default_and_is_told(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    store.layout_file("operate").write_text('{"layout": {"tabs": ["gone"]}}')
    assert store.load_layout("operate", known=KNOWN) is None
    assert "gone" in store.troubles[0]


def test_a_saved_layout_can_be_forgotten(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    assert store.save_layout("test", SOME)
    assert store.load_layout("test", known=KNOWN) == SOME
    store.forget_layout("test")
    assert store.load_layout("test", known=KNOWN) is None
