"""A teacher who sees where everything really is: for demonstrations and for relabelling, never in a cell that works."""

from sim_worlds.expert.expert import Advice, Expert
from sim_worlds.expert.situation import Situation, situation_of

__all__ = ["Advice", "Expert", "Situation", "situation_of"]
