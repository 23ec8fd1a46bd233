"""What the console knows, without Qt: a frozen state and a function (state, arrivals) -> state."""
