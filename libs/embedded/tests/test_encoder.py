"""The encoder's files come out of the archive, once."""

import json

from yuqing_embedded.encoder import install_encoder
from yuqing_embedded.places import places


def test_the_encoder_has_its_files_when_it_is_installed():
    folder = install_encoder(places())
    assert (folder / "encoder.onnx").stat().st_size > 20_000_000
    assert json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["type"] == "WordPiece"
    assert install_encoder(places()) == folder
