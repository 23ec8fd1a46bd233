"""Policies behind GR00T servers: ZeroMQ REQ/REP, msgpack in three dialects, both ends of it."""
