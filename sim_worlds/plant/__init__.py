"""The simulated arm and its cell behind the `Plant` port. Only `bullet_world` knows the physics engine.

Nothing is imported here: recorder and cameras know the plant's mismatch and truth without loading the engine.
"""
