"""A session in one MCAP file: the wire, written down. Writing, reading, playing back and judging a file."""
