"""Examinations of a policy: one fresh cell and one instruction a seed, judged by plant truth."""
