"""Frozen records for everything that crosses a process border.

Needs only the standard library, numpy and msgspec, so that any process can read any message.
"""
