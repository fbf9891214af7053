"""A process that works off calls one after the other, spoken to by the event loop itself.

Python's own pool of processes puts two threads of the service between a call and its process; with a page in every few milliseconds, handing
the interpreter from thread to thread costs more than the pages' way there.
"""

import asyncio
import multiprocessing
import pickle
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any

_LENGTH = struct.Struct("!Q")
Entry = Callable[[socket.socket, float], None]
"""What the process runs: `serve`, from the module whose imports the work needs, so that they are there before the first call."""


class AsideEnded(Exception):
    """The process died before it answered."""


class CallTimeout(Exception):
    """A call took too long."""


class Aside(asyncio.Protocol):
    """The process and the service's end of the socket to it. Made without an event loop, used on one; `ended` when it has died."""

    def __init__(self, entry: Entry, call_seconds: float) -> None:
        self.ended = False
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._received = bytearray()
        self._opening: asyncio.Task[asyncio.Transport] | None = None
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            # Not forked: a copy of a process with threads and open gRPC channels may hang.
            self._process = multiprocessing.get_context("spawn").Process(target=entry, args=(theirs, call_seconds), daemon=True)
            self._process.start()

    @property
    def calls(self) -> int:
        """How many are under way or wait."""
        return len(self._waiting)

    async def ask(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What `work` returns there. Errors: what it raises; CallTimeout; AsideEnded."""
        call = pickle.dumps((work, arguments), pickle.HIGHEST_PROTOCOL)
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        transport = await asyncio.shield(self._opening)
        if self.ended:
            raise AsideEnded("the process has ended")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        transport.writelines((_LENGTH.pack(len(call)), call))
        return await future

    async def _open(self) -> asyncio.Transport:
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, sock=self._socket)
        return transport

    def data_received(self, data: bytes) -> None:
        """Answers come in the order of the calls."""
        self._received += data
        while len(self._received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            end = _LENGTH.size + length
            if len(self._received) < end:
                return
            with memoryview(self._received) as received:
                went_well, answer = pickle.loads(received[_LENGTH.size : end])  # noqa: S301 - it comes from our own process
            del self._received[:end]
            _settle(self._waiting.popleft(), answer, went_well=went_well)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process is gone, and what it had not answered yet."""
        self.ended = True
        while self._waiting:
            _settle(self._waiting.popleft(), AsideEnded(f"the process ended: {exc or 'it closed its end'}"), went_well=False)

    def close(self) -> None:
        """Ends it at once; what it had not answered ends by AsideEnded."""
        self.ended = True
        self._process.terminate()
        self._process.join()
        if self._opening is not None and self._opening.done() and not self._opening.cancelled():
            self._opening.result().abort()
        else:
            self._socket.close()


def _settle(future: asyncio.Future[Any], answer: Any, *, went_well: bool) -> None:
    if future.done():  # whoever asked was cancelled
        return
    if went_well:
        future.set_result(answer)
    else:
        future.set_exception(answer)


def serve(channel: socket.socket, call_seconds: float) -> None:
    """Runs in the process: answers until the other end is closed, also by its death. Signals for the service are the service's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _too_long)
    with channel, channel.makefile("rb") as calls:
        while len(header := calls.read(_LENGTH.size)) == _LENGTH.size:
            answer = _answer(calls.read(*_LENGTH.unpack(header)), call_seconds)
            channel.sendall(_LENGTH.pack(len(answer)))
            channel.sendall(answer)


def _too_long(_number: int, _frame: object) -> None:
    raise CallTimeout("it takes too long")


def _answer(call: bytes, seconds: float) -> bytes:
    try:
        work, arguments = pickle.loads(call)  # noqa: S301 - it comes from our own service
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            result = work(*arguments)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return pickle.dumps((True, result), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - it is raised where the call came from
        return pickle.dumps((False, _portable(error)), pickle.HIGHEST_PROTOCOL)


def _portable(error: Exception) -> Exception:
    """The error itself, or its text where it cannot travel."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever its class does wrong
        return RuntimeError(repr(error))
    return error
