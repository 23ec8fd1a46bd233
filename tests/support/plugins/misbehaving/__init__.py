"""Policies that pick well for a moment and then each fail in their own way."""
