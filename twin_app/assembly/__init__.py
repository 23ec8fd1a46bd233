"""The one place that knows every part: the command line and what it puts together."""
