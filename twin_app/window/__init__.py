"""The window: what it is made of, how its parts are connected, and what happens in each frame."""

from twin_app.window.console import ConsoleWindow

__all__ = ["ConsoleWindow"]
