"""What variants of a policy are worth: how quick, how like the original, and how often they succeed."""
