"""A real worker process and a small real orchestrator for it: one ROUTER socket, no pool."""

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
import zmq

from archloom_worker import schema
from archloom_worker.protocol import decode_from_worker, encode
from tests.conftest import GRAPH

WELCOME = schema.Welcome(heartbeat_seconds=0.2, silence_seconds=20.0, credits=100)
START_SECONDS = 60.0
ANSWER_SECONDS = 20.0

M = TypeVar("M", bound=msgspec.Struct)


def describe(task: str, graph: dict[str, Any] = GRAPH, deadline: float | None = None) -> schema.Run:
    return run(task, {"kind": "describe", "graph": graph}, deadline)


def run(task: str, work: dict[str, Any], deadline: float | None = None) -> schema.Run:
    message = {"type": "run", "task": task, "lease": 0, "deadlineSeconds": deadline}
    return msgspec.convert({**message, "work": work, "tensors": []}, schema.Run)


class Router:
    """Binds a ROUTER and speaks with one worker named w00."""

    def __init__(self, endpoint: str, server_secret: bytes | None = None) -> None:
        self.endpoint = endpoint
        self.context = zmq.Context()
        self.socket = self.bind(server_secret)
        self.peer = b"w00"
        self.heard: list[msgspec.Struct] = []

    def bind(self, server_secret: bytes | None = None) -> "zmq.Socket[bytes]":
        socket = self.context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        socket.setsockopt(zmq.LINGER, 0)
        if server_secret is not None:
            socket.setsockopt(zmq.CURVE_SERVER, 1)
            socket.setsockopt(zmq.CURVE_SECRETKEY, server_secret)
        socket.bind(self.endpoint)
        self.endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT)
        return socket

    def rebind(self) -> None:
        """Cuts every link, and listens again at the same place."""
        self.socket.close(0)
        self.socket = self.bind()

    def close(self) -> None:
        self.socket.close(0)
        self.context.term()

    def send(self, message: schema.ToWorker) -> None:
        self.send_raw(*encode(message))

    def send_raw(self, *frames: Any) -> None:
        self.socket.send_multipart([self.peer, *frames])

    def expect(self, kind: type[M], seconds: float = ANSWER_SECONDS) -> M:
        """The next message of this type; all others are kept in `heard`, logs and all."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self.socket.poll(round(left * 1000)):
                break
            self.peer, *frames = self.socket.recv_multipart()
            assert self.peer.split(b"/")[0] == b"w00"
            message, _ = decode_from_worker(frames)
            self.heard.append(message)
            if isinstance(message, kind):
                return message
        raise AssertionError(f"no {kind.__name__} within {seconds} s, heard {self.heard}")

    def greet(self, welcome: schema.Welcome = WELCOME) -> schema.Hello:
        hello = self.expect(schema.Hello, START_SECONDS)
        self.send(welcome)
        return hello


class Orchestrator(Router):
    """A router with a worker process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(f"ipc://{folder / 'w.sock'}")
        lock = folder / "requirements.lock"
        lock.write_text(f"msgspec=={msgspec.__version__}\n", encoding="utf8")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "archloom_worker", "--watch-stdin"),
                *("--connect", self.endpoint, "--name", "w00", "--lock", str(lock)),
                *options,
            ],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe is not None:
                pipe.close()
        self.close()

    def ended(self, seconds: float = ANSWER_SECONDS) -> tuple[int, str]:
        """Waits for the process to end; its exit code and what it wrote to standard error."""
        assert self.process.stderr is not None
        code = self.process.wait(seconds)
        return code, self.process.stderr.read()
