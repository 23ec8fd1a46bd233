"""Sets up a clone: Debian packages, virtual environment, locked versions. Standard library only.

Run as `python3 -m installer` from the top of the clone; `make setup` does that.
"""
