"""The command `yuqing world`, which serves the demonstration world until it is stopped."""

from datetime import datetime

import click

from yuqing_world.server import listening, server, town
from yuqing_world.settings import WorldSettings
from yuqing_world.story.plan import SMALLEST

_DEFAULTS = WorldSettings()


@click.command("world", context_settings={"auto_envvar_prefix": "YUQING_WORLD", "show_default": True})
@click.option("--port", default=_DEFAULTS.port, type=click.IntRange(0, 65535), help="回环地址上的端口，0 表示任取空闲端口")
@click.option("--seed", default=_DEFAULTS.seed, help="随机种子，同一种子讲同一个故事")
@click.option("--posts", default=_DEFAULTS.posts, type=click.IntRange(SMALLEST, 5_000_000), help="全部内容条数")
@click.option("--speed", default=_DEFAULTS.speed, type=click.FloatRange(0, min_open=True), help="故事时间与真实时间之比")
@click.option("--start", default=None, type=datetime.fromisoformat, help="故事零点（带时区的 ISO 8601），默认现在", show_default=False)
@click.option("--crawl-delay", "crawl_delay_seconds", default=_DEFAULTS.crawl_delay_seconds, help="新闻站 robots.txt 的抓取间隔秒数，0 表示不要求")
@click.option("--control", is_flag=True, help="允许通过 POST /control 改动世界（仅供测试）")
def world(**options: object) -> None:
    """演示世界：一座只存在于本机的小城，网站、论坛、商城和微谈上正发生一场舆情。"""
    settings = WorldSettings(**options)  # pyright: ignore[reportArgumentType] (click has checked the options' types)
    if settings.start is not None and settings.start.tzinfo is None:
        raise click.BadParameter("需要带时区，例如 2026-11-24T09:00:00+08:00", param_hint="--start")
    try:
        listener = listening(settings.port)
    except OSError as error:
        raise click.ClickException(f"端口 {settings.port} 不可用：{error.strerror}") from error
    with listener:
        click.echo(f"演示世界：http://127.0.0.1:{listener.getsockname()[1]}/")
        server(town(settings)).run(sockets=[listener])
