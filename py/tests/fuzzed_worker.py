"""What the worker must do with any message: refuse it in words, or go on with it.

Run as a program, it takes so many mutated messages and prints figures as JSON.
"""

import json
import random
import resource
import sys
import time
from typing import Any

import msgspec

from archloom_worker import loop, schema
from archloom_worker.events import Event, Malformed, Received, Send, Tick, VersionRefused
from archloom_worker.protocol import (
    ProtocolError,
    VersionMismatch,
    decode_from_worker,
    decode_to_worker,
    encode,
    unpack_tensors,
)
from tests.mutations import Parts, mutate, seeds

LONGEST_COMPLAINT = 1000


def hello() -> schema.Hello:
    """The one of the golden vectors."""
    for _, header, *_ in (parts for parts in seeds("from-worker") if len(parts) > 1):
        try:
            message = msgspec.json.decode(header, type=schema.FromWorker)
        except msgspec.DecodeError:
            continue
        if isinstance(message, schema.Hello):
            return message
    raise LookupError("There is no valid hello among the vectors")


class FuzzedWorker:
    """A worker's state, fed with messages."""

    def __init__(self) -> None:
        self._hello = hello()
        self._now = 0.0
        self._begin()
        self.refused = 0
        self.taken = 0

    def take(self, parts: Parts) -> None:
        """One message as it arrives: decoded, then stepped with."""
        event = self._event(parts)
        self._now += 0.01
        for happened in (event, Tick()):
            self._state, commands = loop.step(self._state, happened, self._now)
            for command in commands:
                if isinstance(command, Send):
                    encode(command.message, command.frames)
        self._check()
        if self._state.left or len(self._state.queue) + len(self._state.outcomes) > 100:
            self._begin()

    def _event(self, parts: Parts) -> Event:
        try:
            message, frames = decode_to_worker(parts)
        except VersionMismatch as error:
            self._complained(error)
            return VersionRefused(error.message)
        except ProtocolError as error:
            self._complained(error)
            return Malformed(error.message, error.run)
        self.taken += 1
        assert decode_to_worker(encode(message, frames)) == (message, frames)
        if isinstance(message, schema.Run):
            unpack_tensors(message.tensors, frames)
        return Received(message, frames)

    def _complained(self, error: ProtocolError) -> None:
        self.refused += 1
        assert len(error.message) <= LONGEST_COMPLAINT, f"{len(error.message)} characters of words"

    def _begin(self) -> None:
        self._state, _ = loop.begin(self._hello, 60.0, self._now)
        welcome = schema.Welcome(heartbeat_seconds=2.0, silence_seconds=10.0, credits=8)
        self._state, _ = loop.step(self._state, Received(welcome, ()), self._now)

    def _check(self) -> None:
        outbox = self._state.outbox
        assert len(outbox.points) <= 64
        assert len(outbox.logs) <= 256
        assert len(self._state.finished) <= loop.REMEMBERED_TASKS


def refuse_or_take(parts: Parts) -> bool:
    """The other direction, which only tests decode. Returns whether it was taken."""
    try:
        message, frames = decode_from_worker(parts)
    except ProtocolError as error:
        assert len(error.message) <= LONGEST_COMPLAINT
        return False
    assert decode_from_worker(encode(message, frames)) == (message, frames)
    return True


def main(count: int, seed: int) -> dict[str, Any]:
    """Takes so many messages."""
    draw = random.Random(seed)
    worker = FuzzedWorker()
    inward, outward = seeds("to-worker"), seeds("from-worker")
    taken = 0
    began = time.perf_counter()
    for index in range(count):
        if index % 4:
            worker.take(mutate(draw.choice(inward), draw))
        else:
            taken += refuse_or_take(mutate(draw.choice(outward), draw))
    return {
        "messages": count,
        "accepted": worker.taken + taken,
        "seconds": round(time.perf_counter() - began, 1),
        "peakMebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
