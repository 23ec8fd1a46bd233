"""Arms by name: what the runtime may know of them, and the bodies that only the simulated cell needs."""

from sim_worlds.robots.body import BodyBox, RobotBody
from sim_worlds.robots.loading import load_body, load_robot, robot_names

__all__ = ["BodyBox", "RobotBody", "load_body", "load_robot", "robot_names"]
