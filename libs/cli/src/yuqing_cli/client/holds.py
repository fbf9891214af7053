"""`yuqing holds`: legal holds put on what a query finds or on one mention, listed and released, through the gateway."""

import json

import click
from rich.console import Console

from yuqing_cli.client.commands import with_gateway
from yuqing_cli.client.connection import Gateway
from yuqing_cli.client.tables import show_holds

_reason = click.option("--reason", required=True, help="事由,如案号 / why, such as the number of the case; it stands in the audit record")


@click.group()
def holds() -> None:
    """法律保全：设置、列出、解除 / legal holds: put, listed, released."""


@holds.command("list")
@click.option("--mention", default="", help="只列出涉及该信息的 / only those that cover this mention")
@click.option("--released", is_flag=True, help="包含已解除的 / also those that were released")
@click.option("--json", "as_json", is_flag=True, help="JSON, one hold a line, for programs")
@with_gateway
def list_command(gateway: Gateway, mention: str, *, released: bool, as_json: bool) -> None:
    """列出保全 / the holds, newest first."""
    found = gateway.pages("/v1/legalHolds", "legalHolds", params={"mention": mention, "showReleased": released})
    if as_json:
        for hold in found:
            click.echo(json.dumps(hold, ensure_ascii=False))
    else:
        show_holds(Console(), found)


@holds.command()
@click.argument("query")
@_reason
@with_gateway
def put(gateway: Gateway, query: str, reason: str) -> None:
    """保全检索命中的信息,或一条 mentions/… / puts a hold on all that a query finds, or on one mentions/…"""
    if query.startswith("mentions/"):
        hold = gateway.call("POST", f"/v1/{query}:hold", json={"reason": reason})["legalHold"]
        click.echo(hold["name"])
        return
    reply = gateway.call("POST", "/v1/mentions:hold", json={"query": query, "reason": reason})
    click.echo(f"{reply['legalHold']['name']}\t{reply['legalHold']['job']}")
    click.echo(f"正在保全 {reply['totalSize']} 条 / {reply['totalSize']} mentions are being held", err=True)


@holds.command()
@click.argument("name")
@_reason
@with_gateway
def release(gateway: Gateway, name: str, reason: str) -> None:
    """解除保全 / releases a hold."""
    name = f"legalHolds/{name.removeprefix('legalHolds/')}"
    hold = gateway.call("POST", f"/v1/{name}:release", json={"reason": reason})["legalHold"]
    click.echo(f"已解除 / released: {hold['name']}", err=True)
