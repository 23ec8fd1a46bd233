"""The cell's runtime: messages, link, System 1, System 2, guard, supervision and recording."""
