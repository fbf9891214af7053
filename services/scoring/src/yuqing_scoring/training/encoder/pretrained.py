# pyright: basic, reportMissingImports=false
"""The encoder that the fine-tuning starts from, read out of an ONNX file: the pretrained one, or one that was exported here.

BAAI/bge-small-zh-v1.5 (MIT licence): a BERT (J. Devlin et al., NAACL 2019) of 4 layers, 512 wide. Its weights carry their usual names,
but for the six matrices of a layer, which only the node that multiplies by them names, and which lie transposed. One that was exported has 8 bits a
weight, and its matrices stand in the order in which they are used.
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
_PARTS: Final = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "norm_attention": "attention.output.LayerNorm",
    "norm_outer": "output.LayerNorm",
}
"""What `network` calls the parts of a layer, its matrices first and in the order of their use."""
_LEVELS: Final = "_quantized"


def weights_of(file: Path) -> dict[str, torch.Tensor]:
    """All weights by their usual names, matrices as `nn.Linear` keeps them (out × in)."""
    graph: Any = onnx.load(str(file)).graph
    arrays = {each.name: np.array(numpy_helper.to_array(each)) for each in graph.initializer}
    if f"words.weight{_LEVELS}" in arrays:
        return _exported(arrays)
    found = {name: torch.from_numpy(array) for name, array in arrays.items() if name.startswith(("embeddings.", "encoder."))}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            _, _, layer, *rest = node.name.split("/")
            name = _NODES["/".join(rest[:-1])]
            found[f"encoder.{layer}.{name}.weight"] = torch.from_numpy(arrays[node.input[1]].T.copy())
    return found


def _exported(arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The weights of `network` after `export`, by the names that they began with; the heads by their own."""
    whole = {name.removesuffix(_LEVELS): _restored(arrays, name.removesuffix(_LEVELS)) for name in arrays if name.endswith(_LEVELS)}
    words, places, heads = whole.pop("words.weight"), whole.pop("places.weight"), whole.pop("heads.weight_Transposed")
    found = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": places,
        "embeddings.token_type_embeddings.weight": np.zeros_like(places[:1]),
        "heads.weight": heads.T,
        "heads.bias": arrays["heads.bias"],
    }
    matrices = iter(sorted(whole, key=lambda name: int(name.removeprefix("val_"))))
    layers = len({name.split(".")[1] for name in arrays if name.startswith("layers.")})
    for layer in range(layers):
        for part, name in _PARTS.items():
            prefix, own = f"encoder.layer.{layer}.{name}", f"layers.{layer}.{part}"
            found[f"{prefix}.weight"] = arrays[f"{own}.weight"] if f"{own}.weight" in arrays else whole[next(matrices)].T
            found[f"{prefix}.bias"] = arrays[f"{own}.bias"]
    found |= {f"embeddings.LayerNorm.{kind}": arrays[f"norm.{kind}"] for kind in ("weight", "bias")}
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in found.items()}


def _restored(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    levels, zero = (arrays[f"{name}{kind}"].astype(np.float32) for kind in (_LEVELS, "_zero_point"))
    return ((levels - zero) * arrays[f"{name}_scale"]).astype(np.float32)
