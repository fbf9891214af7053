"""Installs the encoder that search by meaning needs: BAAI/bge-small-zh-v1.5 (MIT licence) in 8 bits, which a Java archive carries."""

import zipfile
from pathlib import Path
from typing import Final

from yuqing_embedded.downloads import Artifact, fetched
from yuqing_embedded.installs import installed
from yuqing_embedded.places import Places

ARCHIVE: Final = Artifact(
    group="dev.langchain4j",
    name="langchain4j-embeddings-bge-small-zh-v15-q",
    version="1.11.0-beta19",
    packaging="jar",
    sha256="379c43d20453aac45ed71445b65834f1e57b4e1de93047d1c97f855adbb990dd",
)
_FILES: Final = {"bge-small-zh-v1.5-q.onnx": "encoder.onnx", "bge-small-zh-v1.5-q-tokenizer.json": "tokenizer.json"}


def install_encoder(places: Places) -> Path:
    """The folder with `encoder.onnx` and `tokenizer.json`; downloads it when this machine has none yet. Raises DownloadError."""
    return installed(places.programs, install_name(), lambda folder: _unpack(places, folder))


def install_name() -> str:
    """The name of the encoder's folder among the programs."""
    return f"encoder-bge-small-zh-v1.5-{ARCHIVE.sha256[:8]}"


def _unpack(places: Places, folder: Path) -> None:
    with fetched(ARCHIVE, places.programs) as archive, zipfile.ZipFile(archive) as content:
        for packed, file in _FILES.items():
            (folder / file).write_bytes(content.read(packed))
