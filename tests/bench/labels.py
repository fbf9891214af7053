"""Texts judged by all that the first stage has, in process and over gRPC, and what the labels alone add, by the processor's time of one core."""

import asyncio
import itertools
import resource
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.figures import Row, say
from tests.bench.spooling import documents
from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.serving import Registration
from yuqing_scoring.adapters.label_file import load_labeller
from yuqing_scoring.adapters.model_file import load
from yuqing_scoring.domain.batch import Batch, batches
from yuqing_scoring.domain.first_stage import FirstStage
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage
from yuqing_scoring.domain.labels.labeller import Labeller
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.servicers.scoring import Desk, ScoringServicer
from yuqing_testkit.services import Town

MOST_MICROSECONDS = {60: 40, 700: 150}
"""Characters of a text, and what its labels may take at most."""
OVER_GRPC_WANTED = 4_000
_CALL = 1_000
_ROUNDS = 5


def measure(var: Path, *, quick: bool) -> list[Row]:
    """A row for each length, and one for ScoreMentions with texts of 60 characters; keys alone are kept in `var`."""
    corpus = [document.text for document in documents(200 if quick else 2_000)]
    first = FirstStage(load().model, load_labeller())
    rows = [_labels_row(first, _texts(corpus, characters, 100_000 if quick else 400_000), most) for characters, most in MOST_MICROSECONDS.items()]
    texts = _texts(corpus, 60, 120_000 if quick else 480_000)
    speed = asyncio.run(_over_grpc(first, texts, var))
    note = "sentiment, labels, names and language; client and server in one process"
    return [*rows, Row("ScoreMentions, 60 characters", "texts/s of one core", speed, OVER_GRPC_WANTED, at_least=True, note=note)]


def _texts(corpus: Sequence[str], characters: int, in_all: int) -> list[str]:
    """Cuts of that length out of the corpus, one after the other."""
    whole = "".join(itertools.islice(itertools.cycle(corpus), in_all // min(map(len, corpus)) + 1))
    return [whole[start : start + characters] for start in range(0, in_all, characters)]


def _labels_row(first: FirstStage, texts: Sequence[str], most: float) -> Row:
    passages = [Passage(text, medium) for text, medium in zip(texts, itertools.cycle(Medium), strict=False)]
    parts = [Batch.of(part) for part in batches(passages)]
    judged = [list(first.sentiment.judge_batch(part)) for part in parts]
    begun = time.process_time()
    for part in parts:
        list(first.sentiment.judge_batch(Batch.of(part.passages)))
    sentiment = (time.process_time() - begun) / len(texts) * 1e6
    taken = min(_seconds(first.labeller, parts, judged) / len(texts) * 1e6 for _ in range(_ROUNDS))  # neighbours on the core only add
    given = sum(bool(labels.intents) for part, each in zip(parts, judged, strict=True) for labels in first.labeller.label(part, each))
    note = f"sentiment with reading takes {sentiment:.1f} µs; {given / len(texts):.0%} of the texts have an intent that is shown"
    return Row(f"labels, {len(texts[0])} characters", "µs a text", taken, most, note=note)


def _seconds(labeller: Labeller, parts: Sequence[Batch], judged: Sequence[list[Judgement]]) -> float:
    begun = time.process_time()
    for part, each in zip(parts, judged, strict=True):
        list(labeller.label(part, each))
    return time.process_time() - begun


async def _over_grpc(first: FirstStage, texts: Sequence[str], var: Path) -> float:
    """Texts a second of one core, client and server together."""
    town = Town(var)
    requests = [
        scoring_pb2.ScoreMentionsRequest(texts=[scoring_pb2.Text(id=str(number), text=text, medium=types_pb2.MEDIUM_NEWS) for number, text in part])
        for part in _calls(texts)
    ]
    with ThreadPoolExecutor(1) as pool:
        desk = Desk(types_pb2.STAGE_FAST, first, BoundedPool(pool, waiting_calls=8))
        registration = Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, ScoringServicer(desk, None))
        async with town.running("scoring", [registration]) as address, town.channel("indexing", "scoring", address) as channel:
            stub = scoring_pb2_grpc.ScoringServiceStub(channel)
            await stub.ScoreMentions(requests[0], timeout=60)
            begun = _processor_seconds()
            for request in requests:
                await stub.ScoreMentions(request, timeout=60)
            taken = _processor_seconds() - begun
    say(f"  {len(texts)} texts in {taken:.2f} s of the processor")
    return len(texts) / taken


def _calls(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    numbered = enumerate(texts)
    while part := list(itertools.islice(numbered, _CALL)):
        yield part


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
