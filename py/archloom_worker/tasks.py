"""From a task's work to its outcome: the only file that names task kinds.

README.md says how to add one. Whatever goes wrong in a task becomes a classified failure here;
nothing that a task raises gets any further.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, get_args

from archloom_worker import schema
from archloom_worker.calls import CallContext, Calls
from archloom_worker.context import DatasetStore, TrainContext
from archloom_worker.determinism import torch_installed
from archloom_worker.errors import Diverged, InvalidTask
from archloom_worker.events import TaskEnded
from archloom_worker.failure import classify, describe_failure, free_memory
from archloom_worker.protocol import (
    ProtocolError,
    encode,
    non_finite_place,
    pack_tensors,
    unpack_tensors,
)
from archloom_worker.run_folder import locate_files
from archloom_worker.user_traceback import own_place, own_traceback

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from archloom_worker.events import Order
    from archloom_worker.protocol import Arrays, Frames

NETWORK_KINDS = ("describe", "train", "evaluate")
"""Kinds of task that build a network, and so need PyTorch."""

NetworkWork: TypeAlias = schema.DescribeWork | schema.TrainWork | schema.EvaluateWork
UserWork: TypeAlias = (
    schema.CallWork | schema.SessionOpenWork | schema.SessionCallWork | schema.SessionCloseWork
)

CALL_KINDS = ("call", "session-open", "session-call", "session-close")
"""Kinds of task that run code of the user's."""


@dataclass(frozen=True)
class Services:
    """What every task of this process shares."""

    device: torch.device | None
    """None in an environment without PyTorch."""
    datasets: DatasetStore
    calls: Calls = field(default_factory=Calls)
    root: Path | None = None
    """The only folder that tasks may name files in; None for none."""


@dataclass(frozen=True)
class Watch:
    """How a task reports, and how it learns that it must stop."""

    on_progress: Callable[[schema.CurvePoint], None]
    on_report: Callable[[schema.JsonObject], None]
    check: Callable[[], None]
    should_finish: Callable[[], bool]
    steps: Callable[[], int]
    """Epochs and reports so far."""


@dataclass(frozen=True)
class Answer:
    """What a kind of task hands back."""

    result: schema.TaskResult
    tensors: Arrays = field(default_factory=dict)


def perform(
    order: Order,
    services: Services,
    *,
    on_point: Callable[[schema.CurvePoint], None],
    check: Callable[[], None],
    on_report: Callable[[schema.JsonObject], None] = lambda _report: None,
    should_finish: Callable[[], bool] = lambda: False,
) -> TaskEnded:
    """Does a task and says how it ended; raises nothing that the task raised.

    Args:
        order: The task.
        services: What the process holds.
        on_point: Told of every epoch.
        check: Raises when the task must stop.
        on_report: Told of everything that a function of the user's reports.
        should_finish: Whether such a function is to finish early.
    """
    began = time.perf_counter()
    steps = 0

    def on_progress(point: schema.CurvePoint) -> None:
        nonlocal steps
        place = non_finite_place(point)
        if place is not None:
            raise Diverged(
                f"Epoch {point.epoch} ended with {place} no finite number; a lower learning rate or"
                " clipped gradients may help"
            )
        steps += 1
        on_point(point)

    def on_user_report(report: schema.JsonObject) -> None:
        nonlocal steps
        _verify_size(schema.Reported(task=order.run.task, lease=order.run.lease, report=report), ())
        steps += 1
        on_report(report)

    watch = Watch(on_progress, on_user_report, check, should_finish, lambda: steps)
    try:
        check()
        return _answered(order, services, watch)
    except BaseException as error:  # also sys.exit, which is the task's end and not the worker's
        kind = classify(error)
        cost = schema.Cost(seconds=time.perf_counter() - began, epochs=float(steps))
        place = ""
        if isinstance(order.run.work, UserWork):
            place = own_place(error)
            error = error.with_traceback(own_traceback(error))
        failure = describe_failure(error, kind, cost, place)
    # Outside the handler, where the error and with it the task's tensors are gone.
    if kind == "out_of_memory":
        free_memory(services.device)
    failed = schema.Failed(task=order.run.task, lease=order.run.lease, failure=failure)
    return TaskEnded(failed, fatal=kind == "crashed")


def capabilities(*, calls: bool = False) -> tuple[str, ...]:
    """What hello says that this worker can do; calls only where a module may be called."""
    kinds = (str(work.__struct_config__.tag) for work in get_args(schema.TaskWork))
    here = (
        kind
        for kind in kinds
        if (calls or kind not in CALL_KINDS) and (torch_installed() or kind not in NETWORK_KINDS)
    )
    return (*here, "tensors")


def _answered(order: Order, services: Services, watch: Watch) -> TaskEnded:
    run = order.run
    work = locate_files(run.work, services.root)
    tensors = unpack_tensors(run.tensors, order.frames)
    if isinstance(work, UserWork):
        answer = _call(work, tensors, services, watch)
    else:
        answer = _answer(work, tensors, services, watch)
    place = non_finite_place(answer.result)
    if place is not None:
        raise Diverged(f"The result's {place} is no finite number")
    entries, frames = pack_tensors(answer.tensors)
    result = schema.Result(task=run.task, lease=run.lease, result=answer.result, tensors=entries)
    _verify_size(result, frames)
    return TaskEnded(result, frames)


def _verify_size(message: schema.Result | schema.Reported, frames: Frames) -> None:
    """Here, where it is the task's failure; the thread that sends could only end the worker."""
    try:
        encode(message, frames)
    except ProtocolError as error:
        raise InvalidTask(
            f"{error.message}; return less, and numbers in bulk as tensors"
        ) from error


def _answer(work: NetworkWork, tensors: Arrays, services: Services, watch: Watch) -> Answer:
    # Imported with the first task of their kind, so that the worker is ready sooner.
    if tensors:
        raise InvalidTask(f"This kind of task takes no tensors, found {', '.join(tensors)}")
    match work:
        case schema.DescribeWork():
            return Answer(_describe(work))
        case schema.TrainWork():
            from archloom_worker import train  # noqa: PLC0415

            return Answer(train.train(work, _training(services, watch)))
        case schema.EvaluateWork():
            from archloom_worker import evaluation  # noqa: PLC0415

            return Answer(evaluation.evaluate(work, _training(services, watch)))


def _call(work: UserWork, tensors: Arrays, services: Services, watch: Watch) -> Answer:
    """Runs code of the user's; where no module may be called, `Calls` refuses."""
    began = time.perf_counter()
    calls = services.calls
    context = CallContext(
        services.device, tensors, watch.on_report, watch.check, watch.should_finish
    )

    def cost() -> schema.Cost:
        return schema.Cost(seconds=time.perf_counter() - began, epochs=float(watch.steps()))

    match work:
        case schema.CallWork():
            returned = calls.call(work, context)
            result = schema.CallResult(
                output=returned.output,
                checkpoint=returned.checkpoint,
                stopped=returned.stopped,
                cost=cost(),
            )
            return Answer(result, returned.tensors)
        case schema.SessionOpenWork():
            calls.open(work, context)
            return Answer(schema.SessionOpenResult(cost=cost()))
        case schema.SessionCallWork():
            returned = calls.call_session(work, context)
            stopped = watch.should_finish()
            answer = schema.SessionCallResult(output=returned.output, stopped=stopped, cost=cost())
            return Answer(answer, returned.tensors)
        case schema.SessionCloseWork():
            calls.close(work)
            return Answer(schema.SessionCloseResult())


def _training(services: Services, watch: Watch) -> TrainContext:
    if services.device is None:
        raise InvalidTask(
            f"The environment {sys.prefix} has no PyTorch, which networks need; install it there,"
            " or name an environment that has it"
        )
    return TrainContext(services.device, services.datasets, watch.on_progress, watch.check)


def _describe(work: schema.DescribeWork) -> schema.DescribeResult:
    from archloom_worker import measure  # noqa: PLC0415

    description = measure.describe_network(work.graph)
    return schema.DescribeResult(
        output_shapes=description.output_shapes,
        counts=schema.NetworkCounts(
            parameter_count=description.parameter_count, multiply_adds=description.multiply_adds
        ),
        parameters=tuple(
            schema.ParameterShape(name=name, shape=shape) for name, shape in description.parameters
        ),
        code=description.code,
    )
