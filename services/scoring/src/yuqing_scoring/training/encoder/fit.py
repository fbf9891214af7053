# pyright: basic, reportMissingImports=false
"""Fine-tunes the encoder on examples: bfloat16 where the processor has it, once through what `rows` chose, on an accelerator if there is one."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from yuqing_scoring.domain.weights import NEUTRAL, POLARITY
from yuqing_scoring.training.encoder.network import Network
from yuqing_scoring.training.encoder.rows import Example, batches

_HEADS_FASTER: Final = 10
"""By what the rate of the heads, which begin as noise, is larger than that of the pretrained weights."""
_WARM_UP: Final = 0.06
_WEIGHT_DECAY: Final = 0.01
_SMOOTHING: Final = 0.05
"""Targets are so far from 0 and 1: labels are wrong now and then."""
_LARGEST_GRADIENT: Final = 1.0
_STEPS_BETWEEN_WORDS: Final = 50

Say = Callable[[str], None]


def fit(network: Network, tokens: Sequence[Sequence[int]], examples: Sequence[Example], say: Say, *, rate: float) -> None:
    """Trains the network in place; `tokens` are those of each example. Targets that an example lacks do not count. `rate`: the largest of a step."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).train()
    steps = list(batches([len(each) for each in tokens]))
    optimizer = torch.optim.AdamW(_groups(network, rate), weight_decay=_WEIGHT_DECAY, fused=True)
    schedule: Any = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step / len(steps)))
    begun, seen, lost = time.monotonic(), 0, 0.0
    for number, places in enumerate(steps, 1):
        ids, mask = padded([tokens[place] for place in places])
        targets, counts = _targets([examples[place] for place in places])
        with torch.autocast(device.type, torch.bfloat16):
            logits = network(ids.to(device), mask.to(device))
        losses = functional.binary_cross_entropy_with_logits(logits.float(), targets.to(device), reduction="none")
        loss = (losses * counts.to(device)).sum() / len(places)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        seen, lost = seen + len(places), lost + float(loss.detach())
        if number % _STEPS_BETWEEN_WORDS == 0:
            rate = seen / (time.monotonic() - begun)
            say(f"{number} of {len(steps)} steps, loss {lost / _STEPS_BETWEEN_WORDS:.4f}, {rate:.0f} rows a second")
            lost = 0.0
    network.to("cpu").eval()


def padded(tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, batch × longest row."""
    longest = max(map(len, tokens))
    ids = np.zeros((len(tokens), longest), np.int64)
    for row, each in enumerate(tokens):
        ids[row, : len(each)] = each
    lengths = np.array([len(each) for each in tokens])
    return torch.from_numpy(ids), torch.from_numpy((np.arange(longest) < lengths[:, None]).astype(np.int64))


def _targets(examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    targets = torch.zeros(len(examples), 2)
    counts = torch.zeros(len(examples), 2)
    for row, example in enumerate(examples):
        for head, wanted in ((POLARITY, example.positive), (NEUTRAL, example.neutral)):
            if wanted is not None:
                targets[row, head] = 1 - _SMOOTHING if wanted else _SMOOTHING
                counts[row, head] = 1
    return targets, counts


def _groups(network: Network, rate: float) -> list[dict[str, Any]]:
    heads = list(network.heads.parameters())
    rest = [each for name, each in network.named_parameters() if each.requires_grad and not name.startswith("heads.")]
    return [{"params": rest, "lr": rate}, {"params": heads, "lr": _HEADS_FASTER * rate}]


def _share(done: float) -> float:
    """Of the full rate: up over the first steps, then down to nothing along half a cosine."""
    if done < _WARM_UP:
        return done / _WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP)))
