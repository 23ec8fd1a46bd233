"""Policies behind openpi servers (pi0, pi0-FAST, pi0.5): WebSocket, msgpack, both ends of it."""
