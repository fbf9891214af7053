# pyright: basic, reportMissingImports=false
"""Writes the fine-tuned network as the 8-bit ONNX file that the second stage runs."""

import tempfile
from pathlib import Path
from typing import Final

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from yuqing_scoring.training.encoder.network import Network

_OPSET: Final = 20
_EXAMPLE: Final = (2, 8)
"""Any batch and length: the file takes all."""


def export(network: Network, file: Path) -> None:
    """The network in the file. Weights have 8 bits with a scale for each column; activations are scaled as they come."""
    network.eval()
    ids, mask = torch.ones(_EXAMPLE, dtype=torch.int64), torch.ones(_EXAMPLE, dtype=torch.int64)
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=network.places.num_embeddings)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "network.onnx"
        torch.onnx.export(
            network,
            (ids, mask),
            str(whole),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}),
            opset_version=_OPSET,
            dynamo=True,
        )
        quantize_dynamic(str(whole), str(file), weight_type=QuantType.QInt8, per_channel=True, extra_options={"MatMulConstBOnly": True})
