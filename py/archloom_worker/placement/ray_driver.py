"""Keeps one worker process in each of a number of Ray actors: `python ray_driver.py`.

Run as a program by a Python that has Ray, which need not be the one that the workers run in. The
first line of standard input says what to start (`Order`); when standard input closes, all of it is
ended. What happens is told on standard output, one JSON object a line.

The secret key comes in by an environment variable, goes to the actors inside calls, and on to the
workers by their environment: neither Ray's logs nor its dashboard show it.
"""

import importlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

SECRET_VARIABLE = "ARCHLOOM_CURVE_SECRET"
EXIT_PROBLEM = 3
LOCAL = "local"
LOOK_SECONDS = 0.5
"""How often the driver looks whether it shall stop."""

LONGEST_PAUSE_SECONDS = 30.0
KEPT_LINES = 20


@dataclass(frozen=True)
class Command:
    """A worker's process."""

    name: str
    file: str
    parameters: list[str]
    variables: dict[str, str]


@dataclass(frozen=True)
class Order:
    """What to start, and where."""

    address: str
    """`local` for a Ray of its own, else what `ray.init` takes."""
    commands: list[Command]
    cpus: float
    gpus: float
    resources: dict[str, float]
    """Of each worker."""
    max_restarts: int
    """Of a worker, and of its actor by Ray; -1 for any number."""


@dataclass(frozen=True)
class Ending:
    """How a worker's process ended."""

    status: int
    said: str


class WorkerActor:
    """Runs worker processes, one after the other; its own end is theirs."""

    def serve(self, command: Command, secret: str) -> Ending:
        """Runs one worker to its end."""
        process = subprocess.Popen(
            [command.file, *command.parameters, "--watch-stdin"],
            # Nobody writes to it: it closes when this process ends, however it ends.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**_variables_of(command), SECRET_VARIABLE: secret},
            start_new_session=True,
        )
        tail: deque[str] = deque(maxlen=KEPT_LINES)
        assert process.stderr is not None
        for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            if text:
                tail.append(text)
        status = process.wait()
        return Ending(status, tail[-1] if tail else "")


def main() -> int:
    """Starts what is ordered, keeps it going until it is over or standard input closes."""
    order = read_order(sys.stdin)
    secret = os.environ.pop(SECRET_VARIABLE, None)
    if secret is None:
        return _fail(f"The variable {SECRET_VARIABLE} is not set")
    if order.address == LOCAL:
        keep_private()
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        reason = f"The Python {sys.executable} has no Ray; install it there: pip install ray"
        return _fail(reason, missing=True)
    stop = threading.Event()
    threading.Thread(target=_watch, args=(sys.stdin, stop), daemon=True).start()
    try:
        with connected(ray, order.address):
            Fleet(ray, order, secret).tend(stop)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, OSError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        return _fail(f"Ray at {order.address} cannot be used: {reason}")
    return 0


def read_order(stream: IO[str]) -> Order:
    """The first line of a stream."""
    values: dict[str, Any] = json.loads(stream.readline())
    values["commands"] = [Command(**command) for command in values["commands"]]
    return Order(**values)


def keep_private() -> None:
    """Settings of a Ray of its own, which Ray reads when it is imported.

    It reports nothing to anybody, and makes no token in the user's home.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


@contextmanager
def connected(ray: Any, address: str) -> Iterator[None]:
    """A connection to a cluster; `local` starts one, and leaves no process and no file of it."""
    options: dict[str, Any] = {"address": address, "log_to_driver": False}
    folder = None
    if address == LOCAL:
        folder = tempfile.mkdtemp(prefix="archloom-ray-")
        options |= {"include_dashboard": False, "_temp_dir": folder}
    try:
        ray.init(**options)
        yield
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


class Fleet:
    """The actors and their workers."""

    def __init__(self, ray: Any, order: Order, secret: str) -> None:
        self._ray = ray
        self._order = order
        self._secret = secret
        self._actors: dict[str, Any] = {}
        self._serving: dict[Any, Command] = {}
        self._restarts: dict[str, int] = {}
        self._due: list[tuple[float, Command]] = []

    def tend(self, stop: threading.Event) -> None:
        """Returns when every worker was sent away or given up, or when it shall stop."""
        for command in self._order.commands:
            self._actors[command.name] = self._make_actor()
            self._serve(command)
        _tell("placed", workers=len(self._actors), nodes=self._count_nodes())
        try:
            while (self._serving or self._due) and not stop.is_set():
                self._look()
        finally:
            for actor in self._actors.values():
                with suppress(Exception):  # it is dead already, or Ray is
                    self._ray.kill(actor)

    def _make_actor(self) -> Any:
        restarts = self._order.max_restarts
        made = self._ray.remote(WorkerActor).options(
            num_cpus=self._order.cpus,
            num_gpus=self._order.gpus,
            resources=self._order.resources or None,
            # Ray starts an actor again that died with its node, elsewhere if need be, and calls it
            # again.
            max_restarts=restarts,
            max_task_retries=restarts,
        )
        return made.remote()

    def _serve(self, command: Command) -> None:
        reference = self._actors[command.name].serve.remote(command, self._secret)
        self._serving[reference] = command

    def _look(self) -> None:
        now = time.monotonic()
        for entry in [entry for entry in self._due if entry[0] <= now]:
            self._due.remove(entry)
            self._serve(entry[1])
        if not self._serving:
            time.sleep(LOOK_SECONDS)
            return
        done, _ = self._ray.wait(list(self._serving), num_returns=1, timeout=LOOK_SECONDS)
        for reference in done:
            self._end(self._serving.pop(reference), reference)

    def _end(self, command: Command, reference: Any) -> None:
        try:
            ending = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            _tell("lost", worker=command.name, reason=str(error).strip().split("\n", 1)[0])
            return
        if ending.status == 0:
            _tell("left", worker=command.name)
            return
        count = self._restarts.get(command.name, 0) + 1
        self._restarts[command.name] = count
        again = self._order.max_restarts < 0 or count <= self._order.max_restarts
        reason = f"ended with exit code {ending.status}: {ending.said}"
        _tell("ended", worker=command.name, reason=reason, again=again)
        if again:
            pause = min(2.0 ** (count - 1), LONGEST_PAUSE_SECONDS)
            self._due.append((time.monotonic() + pause, command))

    def _count_nodes(self) -> int:
        return sum(1 for node in self._ray.nodes() if node["Alive"])


def _variables_of(command: Command) -> dict[str, str]:
    """The node's, but for what is said to Ray's own Python, and the command's."""
    node = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        node.pop(name, None)
    variables = {**node, **command.variables}
    if "PATH" in command.variables:
        # Programs of the worker's environment come before the node's own.
        variables["PATH"] = os.pathsep.join((command.variables["PATH"], node.get("PATH", "")))
    return variables


def _watch(stream: IO[str], stop: threading.Event) -> None:
    while stream.readline():
        pass
    stop.set()


def _tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def _fail(reason: str, *, missing: bool = False) -> int:
    _tell("failed", reason=reason, missing=missing)
    return EXIT_PROBLEM


if __name__ == "__main__":
    sys.exit(main())
