"""Lets `python -m yuqing_world` serve the demonstration world."""

from yuqing_world.command import world

if __name__ == "__main__":
    world(prog_name="python -m yuqing_world")
