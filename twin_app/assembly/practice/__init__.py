"""Lessons in lock-step: a teacher who sees the truth shows how it is done, or corrects a learner who drives."""
