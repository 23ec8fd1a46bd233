"""Simulated work cells: plants, cameras, scenes, faults. Stand in for hardware behind the ports of the runtime."""
