# pyright: basic, reportMissingImports=false
"""The encoder with the two heads of the model: polarity and neutral, from the first position and the mean of all."""

from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

from yuqing_scoring.domain.weights import HEADS

WIDTH: Final = 512
_INNER: Final = 4 * WIDTH
_ATTENTION_HEADS: Final = 8
_LAYERS: Final = 4
_NORM_EPSILON: Final = 1e-12
_DROPOUT: Final = 0.1


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.asked = nn.Linear(WIDTH, 3 * WIDTH)  # query, key and value as one multiplication
        self.mixed = nn.Linear(WIDTH, WIDTH)
        self.inner, self.outer = nn.Linear(WIDTH, _INNER), nn.Linear(_INNER, WIDTH)
        self.norm_attention, self.norm_outer = (nn.LayerNorm(WIDTH, eps=_NORM_EPSILON) for _ in range(2))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, states: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        batch, length, _ = states.shape
        query, key, value = self.asked(states).view(batch, length, 3, _ATTENTION_HEADS, -1).permute(2, 0, 3, 1, 4)
        attended: Any = functional.scaled_dot_product_attention(query, key, value, attn_mask=hidden.to(query.dtype))
        attended = attended.transpose(1, 2).reshape(batch, length, WIDTH)
        states = self.norm_attention(states + self.dropout(self.mixed(attended)))
        return self.norm_outer(states + self.dropout(self.outer(functional.gelu(self.inner(states)))))


class Network(nn.Module):
    """Token ids and mask (both batch × length) → logits (batch × HEADS). The word embeddings stay as they were pretrained."""

    def __init__(self, pretrained: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(pretrained["embeddings.word_embeddings.weight"], freeze=True)
        places = pretrained["embeddings.position_embeddings.weight"] + pretrained["embeddings.token_type_embeddings.weight"][0]
        self.places = nn.Embedding.from_pretrained(places, freeze=False)
        self.norm = nn.LayerNorm(WIDTH, eps=_NORM_EPSILON)
        self.layers = nn.ModuleList(_Layer() for _ in range(_LAYERS))
        self.dropout = nn.Dropout(_DROPOUT)
        self.heads = nn.Linear(2 * WIDTH, HEADS)
        self._take(pretrained)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        order = torch.arange(tokens.shape[1], device=tokens.device)
        states = self.dropout(self.norm(self.words(tokens) + self.places(order)))
        hidden = (1.0 - mask[:, None, None, :].to(states.dtype)) * -1e4
        for layer in self.layers:
            states = layer(states, hidden)
        seen = mask[:, :, None].to(states.dtype)
        mean = (states * seen).sum(dim=1) / seen.sum(dim=1)
        return self.heads(self.dropout(torch.cat([states[:, 0], mean], dim=1)))

    def _take(self, pretrained: dict[str, torch.Tensor]) -> None:
        _load(self.norm, pretrained, "embeddings.LayerNorm")
        for index, layer in enumerate(self.layers):
            for part, *names in (
                (layer.asked, "attention.self.query", "attention.self.key", "attention.self.value"),
                (layer.mixed, "attention.output.dense"),
                (layer.norm_attention, "attention.output.LayerNorm"),
                (layer.inner, "intermediate.dense"),
                (layer.outer, "output.dense"),
                (layer.norm_outer, "output.LayerNorm"),
            ):
                _load(part, pretrained, *(f"encoder.layer.{index}.{name}" for name in names))


def _load(part: nn.Module, pretrained: dict[str, torch.Tensor], *names: str) -> None:
    part.load_state_dict({kind: torch.cat([pretrained[f"{name}.{kind}"] for name in names]) for kind in ("weight", "bias")})
