# pyright: basic, reportMissingImports=false
"""The encoder with the two heads of the model: polarity and neutral, from the first position and the mean of all.

Two savings make it about twice as fast as the pretrained one. From the second layer on, two neighbouring tokens are one state, which asks as their
mean and is told by both (Z. Dai et al., Funnel-Transformer, NeurIPS 2020). And the last layer is asked only for the two states that the heads read.
"""

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
        self.query, self.key, self.value, self.mixed = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.inner, self.outer = nn.Linear(WIDTH, _INNER), nn.Linear(_INNER, WIDTH)
        self.norm_attention, self.norm_outer = (nn.LayerNorm(WIDTH, eps=_NORM_EPSILON) for _ in range(2))
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, asking: torch.Tensor, states: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """`asking` (batch × some × WIDTH) after it was told by `states` (batch × length × WIDTH), of which `hidden` takes out what is padding."""
        query, key, value = _by_head(self.query(asking)), _by_head(self.key(states)), _by_head(self.value(states))
        attended: Any = functional.scaled_dot_product_attention(query, key, value, attn_mask=hidden.to(query.dtype))
        attended = attended.transpose(1, 2).flatten(2)
        asking = self.norm_attention(asking + self.dropout(self.mixed(attended)))
        return self.norm_outer(asking + self.dropout(self.outer(functional.gelu(self.inner(asking)))))


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
        self.whole = False
        """Whether it runs without the two savings, as the pretrained one does."""
        self._take(pretrained)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        order = torch.arange(tokens.shape[1], device=tokens.device)
        states = self.dropout(self.norm(self.words(tokens) + self.places(order)))
        seen = mask.to(states.dtype)
        read = self._all_layers(states, seen) if self.whole else self._fewer_states(states, seen)
        return self.heads(self.dropout(read.flatten(1)))

    def _all_layers(self, states: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Batch × 2 × WIDTH: what the heads read."""
        for layer in self.layers:
            states = layer(states, states, _hidden(seen))
        return _first_and_mean(states, seen)

    def _fewer_states(self, states: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """The same with both savings."""
        first, second, *between, last = self.layers
        states = first(states, states, _hidden(seen))
        pairs, counts = _paired(states, seen)
        states = second(pairs, states, _hidden(seen))
        for layer in between:
            states = layer(states, states, _hidden(counts))
        return last(_first_and_mean(states, counts), states, _hidden(counts))

    def _take(self, pretrained: dict[str, torch.Tensor]) -> None:
        _load(self.norm, pretrained, "embeddings.LayerNorm")
        if "heads.weight" in pretrained:
            _load(self.heads, pretrained, "heads")
        for index, layer in enumerate(self.layers):
            for part, name in (
                (layer.query, "attention.self.query"),
                (layer.key, "attention.self.key"),
                (layer.value, "attention.self.value"),
                (layer.mixed, "attention.output.dense"),
                (layer.norm_attention, "attention.output.LayerNorm"),
                (layer.inner, "intermediate.dense"),
                (layer.outer, "output.dense"),
                (layer.norm_outer, "output.LayerNorm"),
            ):
                _load(part, pretrained, f"encoder.layer.{index}.{name}")


def _by_head(states: torch.Tensor) -> torch.Tensor:
    """Batch × heads × length × the width of each."""
    return states.unflatten(2, (_ATTENTION_HEADS, -1)).transpose(1, 2)


def _hidden(seen: torch.Tensor) -> torch.Tensor:
    """What is added to the attention paid to each position: batch × 1 × 1 × length, from how many tokens stand there."""
    return (seen[:, None, None, :] == 0).to(seen.dtype) * -1e4


def _paired(states: torch.Tensor, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The first position, then the mean of each two that follow; and how many tokens each of them stands for (0 where all is padding)."""
    batch, length, width = states.shape
    pairs = length // 2
    weighted = functional.pad(states * seen[:, :, None], (0, 0, 0, 1))[:, 1 : 1 + 2 * pairs].view(batch, pairs, 2, width).sum(dim=2)
    counts = functional.pad(seen, (0, 1))[:, 1 : 1 + 2 * pairs].view(batch, pairs, 2).sum(dim=2)
    means = weighted / counts.clamp(min=1)[:, :, None]
    return torch.cat([states[:, :1], means], dim=1), torch.cat([seen[:, :1], counts], dim=1)


def _first_and_mean(states: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Batch × 2 × WIDTH: the first state, and the mean of all, each as often as it stands for tokens."""
    mean = (states * counts[:, :, None]).sum(dim=1) / counts.sum(dim=1)[:, None]
    return torch.stack([states[:, 0], mean], dim=1)


def _load(part: nn.Module, pretrained: dict[str, torch.Tensor], name: str) -> None:
    part.load_state_dict({kind: pretrained[f"{name}.{kind}"] for kind in ("weight", "bias")})
