"""Runs an encoder kept as an ONNX file on one thread of its caller, and gives threads that step back for what cannot wait.

Short texts padded to the length of long ones would cost as much as these, so what comes together is sorted by length and run in small batches.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

Floats = NDArray[np.float32]

_BATCH_ROWS: Final = 8
"""What 8 short texts are made into on the way stays in a core's own memory: 32 take a tenth more time each."""
_IDS, _MASK, _TYPES = "input_ids", "attention_mask", "token_type_ids"
_ERRORS_ALONE: Final = 3
_SLOWER: Final = ["SkipLayerNormFusion"]
"""What the runtime makes of addition and normalisation takes eight times as long on a processor as the two apart."""
_runtime = cast("Any", onnxruntime)  # the package has no types


class OnnxEncoder:
    """One model with its tokenizer. Holds no state between calls, so threads may share it; each call runs on its caller's thread alone.

    The model takes int64 `input_ids` and `attention_mask` (and `token_type_ids`, all 0, where it has them), each batch × length. An 8-bit model
    scales its activations by the batch, so a row's output depends a little on the rows beside it.
    """

    def __init__(self, model: Path | bytes, tokenizer: Path) -> None:
        """Raises OSError or ValueError if a file is missing or not what it should be."""
        self._tokenizer = tokenizer_of(tokenizer)
        self._session = _session(model)
        self._has_types = _TYPES in {each.name for each in self._session.get_inputs()}

    def tokens_of(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, framed as the model wants it; nothing is cut."""
        return [self._tokenizer.encode(text).ids for text in texts]  # encode_batch would use threads of its own, which are not niced

    def run(self, tokens: Sequence[Sequence[int]], take: Callable[[Floats], Floats] = lambda output: output) -> Floats:
        """The model's first output for each row of token ids, in their order.

        `take` keeps of a batch's output what is wanted, such as the first position; without it the output must not depend on the batch's length.
        """
        by_length = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        batches = (by_length[start : start + _BATCH_ROWS] for start in range(0, len(by_length), _BATCH_ROWS))
        outputs = [take(self._run([tokens[row] for row in batch])) for batch in batches]
        if not outputs:
            return np.zeros((0, 0), np.float32)
        places = np.empty(len(by_length), np.intp)
        places[by_length] = np.arange(len(by_length))
        return np.concatenate(outputs)[places]

    def _run(self, rows: Sequence[Sequence[int]]) -> Floats:
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        feed = {_IDS: ids, _MASK: mask, **({_TYPES: np.zeros_like(ids)} if self._has_types else {})}
        output: Floats = self._session.run(None, feed)[0]
        return output


def background_pool(threads: int, name: str, *, niceness: int = 10) -> ThreadPoolExecutor:
    """Threads that get the processor when others leave it (Linux; elsewhere they are like any)."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_step_back, initargs=(niceness,))


def _step_back(niceness: int) -> None:
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def tokenizer_of(file: Path) -> Tokenizer:
    """The tokenizer in the file, which neither cuts nor pads. Errors: OSError, ValueError."""
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except Exception as error:
        if isinstance(error, OSError):
            raise
        raise ValueError(f"{file} is no tokenizer: {error}") from error  # the package raises plain Exceptions
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _session(model: Path | bytes) -> Any:
    options = _runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # plans kept for each of many lengths would only take memory
    options.log_severity_level = _ERRORS_ALONE
    content = model if isinstance(model, bytes) else model.read_bytes()
    try:
        return _runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER)
    except Exception as error:
        raise ValueError(f"not a model that can be run: {error}") from error  # the package's errors share no other base
