"""Data files: what each arm looks like."""
