"""The guard: judges every action chunk before System 1 (plan gate) and every command before the plant (limiter).

Values in, verdicts out; no torch, no clock, no socket, nothing of the other stages.
"""
