"""One dock a file: each takes a `ConsoleState` and emits wishes; none holds truth."""
