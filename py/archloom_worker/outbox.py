"""Progress and log messages that wait for credits: pure, bounded, in order.

Only these kinds cost credits: results and other control messages are bounded by the tasks that
run, and must never queue behind them.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

from archloom_worker import schema
from archloom_worker.protocol import TaskKey

POINT_BOUND = 64
"""Points and reports held back at most; beyond it the oldest goes."""

LOG_BOUND = 256
"""Log messages held back at most; beyond it new ones are dropped and counted."""

Point: TypeAlias = schema.Progress | schema.Reported
Costly: TypeAlias = Point | schema.Log


@dataclass(frozen=True)
class Outbox:
    """What waits, and how many messages may go; points and reports keep their order."""

    credits: int = 0
    """Negative after a last point went out over the credits; grants pay it off first."""
    points: tuple[Point, ...] = ()
    logs: tuple[schema.Log, ...] = ()
    dropped_logs: int = 0


def offer(outbox: Outbox, message: Costly) -> Outbox:
    """Takes a message in, dropping what the bounds say."""
    if isinstance(message, schema.Progress | schema.Reported):
        return replace(outbox, points=(*outbox.points, message)[-POINT_BOUND:])
    if len(outbox.logs) >= LOG_BOUND:
        return replace(outbox, dropped_logs=outbox.dropped_logs + 1)
    return replace(outbox, logs=(*outbox.logs, message))


def flush(outbox: Outbox) -> tuple[Outbox, tuple[Costly, ...]]:
    """Takes out what the credits allow: points, then logs, then the report of dropped logs."""
    if outbox.credits <= 0:
        return outbox, ()
    points = outbox.points[: outbox.credits]
    left = outbox.credits - len(points)
    logs = outbox.logs[:left]
    left -= len(logs)
    sent: tuple[Costly, ...] = (*points, *logs)
    remaining = replace(
        outbox, credits=left, points=outbox.points[len(points) :], logs=outbox.logs[len(logs) :]
    )
    if left > 0 and remaining.dropped_logs > 0:
        report = schema.Log(
            level="warn",
            message="Log messages were dropped for want of credits",
            fields={"dropped": remaining.dropped_logs},
        )
        return replace(remaining, credits=left - 1, dropped_logs=0), (*sent, report)
    return remaining, sent


def close_task(outbox: Outbox, key: TaskKey) -> tuple[Outbox, tuple[Costly, ...]]:
    """Ends a task's points, whose outcome goes out next: nothing may follow it.

    The last point goes out at once, over the credits if need be, so that the last epoch is seen
    even of a task that fails. That is one message a task, like the outcome itself, so the flow
    stays bounded. Earlier points still held back are dropped.
    """
    held = tuple(point for point in outbox.points if (point.task, point.lease) == _pair(key))
    if not held:
        return outbox, ()
    others = tuple(point for point in outbox.points if (point.task, point.lease) != _pair(key))
    return replace(outbox, credits=outbox.credits - 1, points=others), held[-1:]


def _pair(key: TaskKey) -> tuple[str, int]:
    return key.task, key.lease
