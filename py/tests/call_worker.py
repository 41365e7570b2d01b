"""A worker within this process, for tests of calls of a user's functions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch

from archloom_worker import schema, tasks
from archloom_worker.calls import Calls
from archloom_worker.data.store import DatasetStore
from archloom_worker.events import Order, TaskEnded
from archloom_worker.modules import Modules
from archloom_worker.protocol import encode, pack_tensors
from archloom_worker.tasks import perform

CPU = torch.device("cpu")
HERE = "tests.user_functions"


class Worker:
    """Does tasks as the worker process does, one after the other."""

    def __init__(self, *allowed: str) -> None:
        calls = Calls(Modules(allowed))
        self.services = tasks.Services(CPU, DatasetStore(CPU, ()), calls, root=Path("/"))
        self.reports: list[dict[str, Any]] = []
        self.check: Callable[[], None] = lambda: None
        self.should_finish: Callable[[], bool] = lambda: False

    def do(self, work: dict[str, Any], tensors: dict[str, Any] | None = None) -> TaskEnded:
        entries, frames = pack_tensors(tensors or {})
        # As they arrive: memory that is the message's own.
        own = tuple(memoryview(bytearray(frame)) for frame in frames)
        run = schema.Run(
            task="t1",
            lease=0,
            deadline_seconds=None,
            work=msgspec.convert(work, schema.TaskWork),
            tensors=entries,
        )
        ended = perform(
            Order(run, own),
            self.services,
            on_point=lambda _point: None,
            check=self.check,
            on_report=self.reports.append,
            should_finish=self.should_finish,
        )
        encode(ended.message, ended.frames)  # it can go on the wire
        return ended

    def call(self, function: str, tensors: dict[str, Any] | None = None, **changes: Any) -> Any:
        ended = self.do(call(function, **changes), tensors)
        assert isinstance(ended.message, schema.Result), ended.message
        return ended.message.result

    def refused(self, work: dict[str, Any], tensors: Any = None) -> schema.Failure:
        ended = self.do(work, tensors)
        assert isinstance(ended.message, schema.Failed), ended.message
        return ended.message.failure


def call(function: str, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "call",
        "function": f"{HERE}:{function}",
        "input": {},
        "graph": None,
        "seed": "7",
        "resume": None,
        "checkpointPath": None,
        **changes,
    }


def opened(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "session-open",
        "session": "s1",
        "function": f"{HERE}:Model",
        "input": {"size": 2},
        "graph": None,
        "seed": "7",
        **changes,
    }


def session_call(method: str, **given: Any) -> dict[str, Any]:
    return {"kind": "session-call", "session": "s1", "method": method, "input": given}
