# pyright: basic, reportMissingImports=false
"""The pretrained encoder that the fine-tuning starts from, read out of an ONNX file.

BAAI/bge-small-zh-v1.5 (MIT licence): a BERT (J. Devlin et al., NAACL 2019) of 4 layers, 512 wide. Its weights carry their usual names,
but for the six matrices of a layer, which only the node that multiplies by them names, and which lie transposed.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnx import numpy_helper

_NODES: Final = {
    "attention/self/query": "attention.self.query",
    "attention/self/key": "attention.self.key",
    "attention/self/value": "attention.self.value",
    "attention/output/dense": "attention.output.dense",
    "intermediate/dense": "intermediate.dense",
    "output/dense": "output.dense",
}


def weights_of(file: Path) -> dict[str, torch.Tensor]:
    """All weights by their usual names, matrices as `nn.Linear` keeps them (out × in)."""
    graph: Any = onnx.load(str(file)).graph
    arrays = {each.name: np.array(numpy_helper.to_array(each)) for each in graph.initializer}
    found = {name: torch.from_numpy(array) for name, array in arrays.items() if name.startswith(("embeddings.", "encoder."))}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            _, _, layer, *rest = node.name.split("/")
            name = _NODES["/".join(rest[:-1])]
            found[f"encoder.{layer}.{name}.weight"] = torch.from_numpy(arrays[node.input[1]].T.copy())
    return found
