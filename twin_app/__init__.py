"""The console: a Qt window on a running or recorded cell, and the assembly that starts both."""
