"""Colours, shapes and style sheets; the same meanings in a light and a dark dress."""
