"""The worker processes of a live cell: each builds its parts and then waits, thinks and publishes."""
