"""What happens to a worker, and what it does about it: the events and commands of `loop.py`."""

from dataclasses import dataclass
from typing import TypeAlias

from archloom_worker import schema
from archloom_worker.protocol import Frames, TaskKey


@dataclass(frozen=True)
class Order:
    """A task as it was asked for, with its tensor frames."""

    run: schema.Run
    frames: Frames
    stop_asked: bool = False
    """Whether it is to finish early from the start."""

    @property
    def key(self) -> TaskKey:
        """What the task is known by."""
        return TaskKey(self.run.task, self.run.lease)


@dataclass(frozen=True)
class Received:
    """A valid message arrived."""

    message: schema.ToWorker
    frames: Frames = ()


@dataclass(frozen=True)
class Malformed:
    """A message arrived that cannot be read."""

    reason: str
    run: TaskKey | None = None


@dataclass(frozen=True)
class VersionRefused:
    """A message of another protocol version arrived."""

    reason: str


@dataclass(frozen=True)
class LinkUp:
    """A connection was made, the first or a new one."""


@dataclass(frozen=True)
class LinkDown:
    """The connection was lost: the other side is dead, stopped or cut off, or made a new one."""


@dataclass(frozen=True)
class Tick:
    """Time may have passed; every message that had arrived was handed in before."""


@dataclass(frozen=True)
class PointReached:
    """The running task finished an epoch."""

    key: TaskKey
    point: schema.CurvePoint


@dataclass(frozen=True)
class ReportMade:
    """The running function of the user's says how far it is."""

    key: TaskKey
    report: schema.JsonObject


@dataclass(frozen=True)
class TaskEnded:
    """The main thread is done with its task."""

    message: schema.Result | schema.Failed
    frames: Frames = ()
    fatal: bool = False
    """The process is spoilt, as after a CUDA error that sticks: leave after this outcome."""


@dataclass(frozen=True)
class Logged:
    """Something was logged."""

    log: schema.Log


@dataclass(frozen=True)
class Terminated:
    """The operating system asked the process to end."""


Event: TypeAlias = (
    Received
    | Malformed
    | VersionRefused
    | LinkUp
    | LinkDown
    | Tick
    | PointReached
    | ReportMade
    | TaskEnded
    | Logged
    | Terminated
)


@dataclass(frozen=True)
class Send:
    """Send a message."""

    message: schema.FromWorker
    frames: Frames = ()


@dataclass(frozen=True)
class StartTask:
    """Hand a task to the main thread, which is idle."""

    order: Order


@dataclass(frozen=True)
class StopTask:
    """Make the running task stop at its next check."""

    key: TaskKey


@dataclass(frozen=True)
class FinishTask:
    """Tell the running task that it is to finish early, if it ever asks."""

    key: TaskKey


@dataclass(frozen=True)
class Leave:
    """End the process; nothing follows."""

    exit_code: int
    notice: str | None = None
    """One sentence for standard error."""


Command: TypeAlias = Send | StartTask | StopTask | FinishTask | Leave
