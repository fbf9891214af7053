"""What the world is started with; the command's options and the environment variables YUQING_WORLD_… set it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """How the town is served."""

    port: int = 8790
    """Port on the loopback interface; 0 takes a free one."""
    seed: int = 1
    """The same seed and size tell the same story."""
    posts: int = 2_000
    """How many texts the whole story has, history included."""
    speed: float = 60.0
    """Hours of story for each hour of wall clock: at 60 the story of twelve hours passes in twelve minutes."""
    start: datetime | None = None
    """The moment of hour 0; now where it is not given."""
    crawl_delay_seconds: float = 1.0
    """What the news site's robots.txt asks for; 0 asks for nothing."""
    control: bool = False
    """Whether POST /control changes the world."""
