"""Experiments that check what the system promises."""
