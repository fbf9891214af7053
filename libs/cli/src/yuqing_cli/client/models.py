"""`yuqing models`: models added, compared and put to work through the gateway; and the labelled set to train them with."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from yuqing_cli.client.commands import with_gateway
from yuqing_cli.client.connection import Gateway

_PART_BYTES: Final = 4 * 1024 * 1024
_MOST_TEXTS: Final = 1_000
_LONGEST_TEXT: Final = 4_000
_MOST_CHARACTERS: Final = 1_500_000
"""More would not go into one request."""
_SENTIMENTS: Final = {"neg": "SENTIMENT_NEGATIVE", "neu": "SENTIMENT_NEUTRAL", "pos": "SENTIMENT_POSITIVE"}
_HELD: Final = "dev"
_Folder = click.Path(exists=True, file_okay=False, path_type=Path)
_reason = click.option("--reason", required=True, help="事由 / why, for the audit record")


@click.group()
def models() -> None:
    """研判模型：登记、比较、启用、退回、删除 / models: add, compare, activate, roll back, remove."""


@models.command("list")
@with_gateway
def list_command(gateway: Gateway) -> None:
    """列出模型 / the models, and which is active."""
    for model in gateway.call("GET", "/v1/models")["models"]:
        stages = [f"{model['model']} {model['modelVersion']}", f"{model['secondModel']} {model['secondModelVersion']}".strip()]
        active = "在用/active" if model["active"] else ""
        click.echo("\t".join((model["name"], active, " + ".join(filter(None, stages)), model["note"])).rstrip())


@models.command()
@click.argument("folder", type=_Folder)
@click.option("--note", default="", help="说明 / what it was made of")
@with_gateway
def add(gateway: Gateway, folder: Path, note: str) -> None:
    """登记模型目录 / adds the model in a folder, as `yuqing model train --out` writes it."""
    files = [{"name": file.name, "parts": [_upload(gateway, part) for part in _parts(file)]} for file in sorted(folder.iterdir()) if file.is_file()]
    model = gateway.call("POST", "/v1/models", json={"files": files, "note": note})
    click.echo(f"{model['name']}\t{model['modelVersion']} {model['secondModelVersion']}".rstrip())


@models.command()
@click.argument("name")
@_reason
@with_gateway
def activate(gateway: Gateway, name: str, reason: str) -> None:
    """启用模型 / puts a model to work; what was judged before keeps its model until it is judged anew."""
    gateway.call("POST", f"/v1/{_name(name)}:activate", json={"reason": reason})
    click.echo(f"已启用 / active: {_name(name)}", err=True)


@models.command("roll-back")
@_reason
@with_gateway
def roll_back(gateway: Gateway, reason: str) -> None:
    """退回上一个模型 / puts the model before to work again."""
    reply = gateway.call("POST", "/v1/models:rollBack", json={"reason": reason})
    click.echo(f"已启用 / active: {reply['activation']['model']}", err=True)


@models.command()
@click.argument("name")
@_reason
@with_gateway
def remove(gateway: Gateway, name: str, reason: str) -> None:
    """删除模型 / removes a model; neither the active one nor the one before it."""
    gateway.call("POST", f"/v1/{_name(name)}:remove", json={"reason": reason})
    click.echo(f"已删除 / removed: {_name(name)}", err=True)


@models.command()
@click.argument("one")
@click.argument("other")
@click.option("--data", type=_Folder, required=True, help="标注集目录 / folder of labelled sets; rows of the split dev are compared")
@with_gateway
def compare(gateway: Gateway, one: str, other: str, data: Path) -> None:
    """在保留的标注行上比较两个模型 / compares two models on rows that were held back."""
    texts = list(_held_back(data))
    if not texts:
        raise click.ClickException(f"没有保留的行 / no rows of the split {_HELD}: {data}")
    reply = gateway.call("POST", "/v1/models:compare", json={"models": [_name(one), _name(other)], "texts": texts})
    for each in reply["figures"]:
        numbers = f"accuracy {each['accuracy']:.3f}\tmacro-F1 {each['macroF1']:.3f}\tcalibration error {each['calibrationError']:.3f}"
        click.echo(f"{each['model']}\t{each['modelVersion']}\t{numbers}")
    click.echo(f"仅其一判对 / right alone: {reply['firstOnlySize']} : {reply['secondOnlySize']}, p = {reply['pValue']:.3g}, {len(texts)} 行 / rows")


@models.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="输出目录 / folder; other sets in it stay")
@click.option("--with-corrections", is_flag=True, help="包含自发纠正的信息 / also what people corrected on their own")
@with_gateway
def labels(gateway: Gateway, out: Path, *, with_corrections: bool) -> None:
    """导出人工标注集 / writes what people labelled, for `yuqing model train --data`."""
    with gateway.download("/v1/labels:export", json={"withCorrections": with_corrections}) as reply:
        rows, archive = reply.headers.get("x-yuqing-rows", "0"), zipfile.ZipFile(io.BytesIO(b"".join(reply.iter_bytes())))
    out.mkdir(parents=True, exist_ok=True)
    media = out / "media.json"
    known: dict[str, str] = json.loads(media.read_text(encoding="utf-8")) if media.exists() else {}
    media.write_text(json.dumps(known | json.loads(archive.read(media.name)), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for name in archive.namelist():
        if name != media.name:
            (out / Path(name).name).write_bytes(archive.read(name))
    click.echo(f"已导出 {rows} 行 / {rows} rows: {out}", err=True)


def _parts(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while part := content.read(_PART_BYTES):
            yield part


def _upload(gateway: Gateway, part: bytes) -> str:
    return gateway.call("POST", "/v1/modelParts", json={"content": base64.b64encode(part).decode()})["part"]


def _name(model: str) -> str:
    return model if model.startswith("models/") else f"models/{model}"


def _held_back(data: Path) -> Iterator[dict[str, Any]]:
    """The first rows that were held back, of each set in turn, as many as one request takes."""
    media: dict[str, str] = json.loads((data / "media.json").read_text(encoding="utf-8"))
    characters = count = 0
    sets = [_rows(file, media) for file in sorted(data.glob("*.jsonl.gz"))]
    while sets:
        for each in list(sets):
            row = next(each, None)
            if row is None:
                sets.remove(each)
                continue
            characters, count = characters + len(row["text"]), count + 1
            if count > _MOST_TEXTS or characters > _MOST_CHARACTERS:
                return
            yield row


def _rows(file: Path, media: dict[str, str]) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["split"] == _HELD and len(row["text"]) <= _LONGEST_TEXT:
                yield {"text": row["text"], "medium": f"MEDIUM_{media[row['source']].upper()}", "sentiment": _SENTIMENTS[row["label"]]}
