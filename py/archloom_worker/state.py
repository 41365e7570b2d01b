"""What a worker remembers between two events: values only, which `loop.py` changes."""

from dataclasses import dataclass, field

from archloom_worker import schema
from archloom_worker.events import Order
from archloom_worker.outbox import Outbox
from archloom_worker.protocol import Frames, TaskKey


@dataclass(frozen=True)
class Outcome:
    """How a task ended: kept until the orchestrator has acknowledged it."""

    key: TaskKey
    message: schema.Result | schema.Failed
    frames: Frames
    made_at: float
    sent_at: float


@dataclass(frozen=True)
class Running:
    """The task that the main thread works on."""

    order: Order
    give_up_at: float
    """When a task that does not stop makes the worker give up; infinite without a deadline."""
    cancelled: bool = False


@dataclass(frozen=True)
class Departure:
    """The worker takes nothing new and leaves when it is done."""

    exit_code: int
    announce: bool
    """Whether to say `drained` first."""
    leave_by: float


@dataclass(frozen=True)
class State:
    """Everything that a worker remembers between two events. Times are monotonic seconds."""

    hello: schema.Hello
    patience_seconds: float
    """How long an unanswered hello is waited for."""
    guarded: bool
    """Whether a guardian ends this process with its orchestrator: silence is no death then."""
    greeted_at: float
    heard_at: float
    beat_at: float
    """When the next heartbeat is due; infinite before the first welcome."""
    rules: schema.Welcome | None = None
    """What the last welcome said; null before the first."""
    welcomed: bool = False
    """Whether the newest hello was answered."""
    linked: bool = False
    """Whether a connection was ever made."""
    connected: bool = False
    """Whether there is one now."""
    outbox: Outbox = field(default_factory=Outbox)
    queue: tuple[Order, ...] = ()
    running: Running | None = None
    outcomes: tuple[Outcome, ...] = ()
    """Not yet acknowledged, oldest first; never two of one key."""
    finished: tuple[TaskKey, ...] = ()
    """Acknowledged leases, oldest first, at most `loop.REMEMBERED_TASKS`."""
    departure: Departure | None = None
    left: bool = False
