"""Functions and objects of the user's at work: called, watched, and their answers taken apart.

Nothing here knows the protocol beyond the work that it is given. What their code prints goes where
the worker's output goes; what it raises is told as it is, with its own part of the traceback.
"""

from __future__ import annotations

import gc
import inspect
import random
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from archloom_worker.binding import Supply, bind_arguments, small_seed
from archloom_worker.errors import InvalidTask
from archloom_worker.modules import Modules
from archloom_worker.output import split_output
from archloom_worker.reporter import Reporter
from archloom_worker.stop_rule import StopRule

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from archloom_worker import schema
    from archloom_worker.output import Tensors
    from archloom_worker.protocol import Arrays


@dataclass(frozen=True)
class CallContext:
    """What every call is given beside its work."""

    device: torch.device | None
    tensors: Arrays
    on_report: Callable[[dict[str, Any]], None]
    check: Callable[[], None]
    should_stop: Callable[[], bool]


@dataclass(frozen=True)
class Returned:
    """What a call came to."""

    output: Any
    tensors: Tensors
    checkpoint: schema.CheckpointRef | None = None
    stopped: bool = False
    """Whether it was asked to finish early."""


@dataclass
class Calls:
    """What may be called in this process, and the objects that stay in it."""

    modules: Modules = field(default_factory=Modules)
    sessions: dict[str, object] = field(default_factory=dict)

    def call(self, work: schema.CallWork, context: CallContext) -> Returned:
        """Calls a function.

        Raises:
            InvalidTask: When it may not be called, or not with these arguments, or what it returns
                cannot be carried.
            Exception: Whatever the function raises.
        """
        function = self.modules.find(work.function)
        _seed_generators(work.seed)
        reporter = _call_reporter(context, work)
        supply = Supply(
            work.input, context.tensors, reporter, context.device, work.seed, work.graph
        )
        value = function(**bind_arguments(function, supply, work.function))
        output, tensors = split_output(value, f"What {work.function} returned", snapshot=False)
        return Returned(output, tensors, reporter.saved, reporter.stopped)

    def open(self, work: schema.SessionOpenWork, context: CallContext) -> None:
        """Makes an object and keeps it; raises as `call`."""
        function = self.modules.find(work.function)
        _seed_generators(work.seed)
        supply = Supply(
            work.input, context.tensors, _reporter(context), context.device, work.seed, work.graph
        )
        self.sessions[work.session] = function(**bind_arguments(function, supply, work.function))

    def call_session(self, work: schema.SessionCallWork, context: CallContext) -> Returned:
        """Calls a method of an object that is kept; raises as `call`."""
        target = self._session(work.session)
        kind = type(target)
        # Looked up on the class: what an object holds is its own affair.
        if not inspect.isroutine(getattr(kind, work.method, None)):
            offers = ", ".join(_methods(kind)) or "none"
            raise InvalidTask(f"{kind.__name__} has no method {work.method}, it has {offers}")
        method = getattr(target, work.method)
        name = f"{kind.__name__}.{work.method}"
        supply = Supply(work.input, context.tensors, _reporter(context), context.device)
        value = method(**bind_arguments(method, supply, name))
        # The object may hand out its own tensors, and change them while they are on their way.
        output, tensors = split_output(value, f"What {name} returned", snapshot=True)
        return Returned(output, tensors)

    def close(self, work: schema.SessionCloseWork) -> None:
        """Lets an object go, after its own `close` where it has one; one that is gone is fine."""
        target = self.sessions.pop(work.session, None)
        try:
            close = getattr(type(target), "close", None)
            if target is not None and inspect.isroutine(close):
                close(target)
        finally:
            del target
            gc.collect()
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_initialized():
                torch.cuda.empty_cache()

    def _session(self, name: str) -> object:
        if name not in self.sessions:
            raise InvalidTask(f"This worker holds no session {name}; open it first")
        return self.sessions[name]


def _call_reporter(context: CallContext, work: schema.CallWork) -> Reporter:
    rule = work.early_stop
    return Reporter(
        on_report=context.on_report,
        check=context.check,
        should_stop=context.should_stop,
        rule=None if rule is msgspec.UNSET else StopRule(rule),
        resume=work.resume,
        checkpoint_path=work.checkpoint_path,
    )


def _reporter(context: CallContext) -> Reporter:
    return Reporter(
        on_report=context.on_report, check=context.check, should_stop=context.should_stop
    )


def _seed_generators(seed: str) -> None:
    """Also for a function that does not ask for a seed: it draws the same whenever it is called."""
    small = small_seed(seed)
    random.seed(small)
    np.random.seed(small)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(small)


def _methods(kind: type) -> list[str]:
    """Public methods of a class that it or a base of the user's defines."""
    return sorted(
        name
        for base in kind.__mro__
        if base.__module__.partition(".")[0] not in ("builtins", "torch")
        for name, value in vars(base).items()
        if inspect.isroutine(value) and not name.startswith("_")
    )
