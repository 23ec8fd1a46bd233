"""Smaller and quicker variants of the policy: made, checked against what they come from, and written as models."""
