"""What people ask of a cell, in free words: seeded sentences with their meaning."""

from sim_worlds.sentences.forms import CHECKING, PLAIN, TESTING, TRAINING, Forms
from sim_worlds.sentences.sentence import Meaning, Sense, Sentence, Speaker

__all__ = ["CHECKING", "PLAIN", "TESTING", "TRAINING", "Forms", "Meaning", "Sense", "Sentence", "Speaker"]
