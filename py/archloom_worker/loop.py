"""The worker's behavior as a pure state machine: events in, commands out, no socket and no clock.

`step` takes the state, one event and the time; `bridge.py` feeds it and carries out its commands.
README.md tells the life of a worker and of a task that this file implements.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from archloom_worker import schema
from archloom_worker.errors import EXIT_OK, EXIT_WORKER
from archloom_worker.events import (
    Command,
    Event,
    FinishTask,
    Leave,
    LinkDown,
    LinkUp,
    Logged,
    Malformed,
    Order,
    PointReached,
    Received,
    ReportMade,
    Send,
    StartTask,
    StopTask,
    TaskEnded,
    Terminated,
    Tick,
    VersionRefused,
)
from archloom_worker.outbox import close_task, flush, offer
from archloom_worker.protocol import Frames, TaskKey
from archloom_worker.state import Departure, Outcome, Running, State

STUCK_SECONDS = 60.0
"""How long a task may ignore its deadline or a cancel, as inside one long native call, before the
worker gives itself up; a fresh process takes its place."""

UNRESPONSIVE_SECONDS = 300.0
"""How long an orchestrator may say nothing while its link stands: its process lives, and waits, as
for a slow disk."""

STOPPED_SECONDS = 86_400.0
"""How long an orchestrator whose end a guardian would tell may be stopped, as by Ctrl-Z overnight.
Bounded in case somebody has killed the guardian, too."""

TERMINATE_SECONDS = 5.0
"""How long a terminated worker waits for its task to stop and its outcome to be acknowledged."""

REMEMBERED_TASKS = 1024
"""Finished leases remembered, so that a run that arrives twice is not done twice."""


Step: TypeAlias = tuple[State, tuple[Command, ...]]


def begin(
    hello: schema.Hello, patience_seconds: float, now: float, *, guarded: bool = False
) -> Step:
    """The first step: says hello."""
    state = State(
        hello=hello,
        patience_seconds=patience_seconds,
        guarded=guarded,
        greeted_at=now,
        heard_at=now,
        beat_at=float("inf"),
    )
    return state, (Send(hello),)


def step(state: State, event: Event, now: float) -> Step:
    """One event: the state after it, and what to do in this order."""
    if state.left:
        return state, ()
    state, commands = _handle(state, event, now)
    return _then(state, commands, lambda next_state: _advance(next_state, now))


def wake_at(state: State) -> float:
    """When the next Tick has something to do."""
    times = [state.beat_at, state.heard_at + _patience(state)]
    if not state.welcomed:
        times.append(state.greeted_at + _hello_patience(state))
    elif state.connected:
        times.extend(outcome.sent_at + _silence(state) for outcome in state.outcomes)
    if state.running is not None:
        times.append(state.running.give_up_at)
    if state.departure is not None:
        times.append(state.departure.leave_by)
        if state.running is None:
            times.extend(outcome.made_at + _silence(state) for outcome in state.outcomes)
    return min(times)


def _handle(  # noqa: C901, PLR0911 - one line an event
    state: State, event: Event, now: float
) -> Step:
    match event:
        case Received(message, frames):
            return _received(replace(state, heard_at=now), message, frames, now)
        case Malformed():
            return _malformed(replace(state, heard_at=now), event, now)
        case VersionRefused(reason):
            return _leave(state, EXIT_WORKER, reason)
        case LinkUp():
            return _link_up(replace(state, connected=True), now)
        case LinkDown():
            return replace(state, connected=False), ()
        case Tick():
            return _tick(state, now)
        case PointReached(key, point):
            progress = schema.Progress(task=key.task, lease=key.lease, point=point)
            return replace(state, outbox=offer(state.outbox, progress)), ()
        case ReportMade(key, report):
            reported = schema.Reported(task=key.task, lease=key.lease, report=report)
            return replace(state, outbox=offer(state.outbox, reported)), ()
        case TaskEnded():
            return _task_ended(state, event, now)
        case Logged(log):
            return replace(state, outbox=offer(state.outbox, log)), ()
        case Terminated():
            return _terminated(state, now)


def _received(  # noqa: PLR0911 - one line a message
    state: State, message: schema.ToWorker, frames: Frames, now: float
) -> Step:
    match message:
        case schema.Welcome():
            return _welcome(state, message, now)
        case schema.Refused(reason=reason, mend=mend):
            return _leave(state, EXIT_WORKER, f"{reason}: {mend}")
        case schema.Run():
            return _run(state, Order(message, frames), now)
        case schema.Cancel(task=task, lease=lease):
            return _cancel(state, TaskKey(task, lease), now)
        case schema.Stop(task=task, lease=lease):
            return _ask_to_finish(state, TaskKey(task, lease))
        case schema.Acknowledge(task=task, lease=lease):
            return _acknowledge(state, TaskKey(task, lease)), ()
        case schema.Grant(credits=granted):
            outbox = replace(state.outbox, credits=state.outbox.credits + granted)
            return replace(state, outbox=outbox), ()
        case schema.Drain():
            departure = state.departure or Departure(EXIT_OK, True, float("inf"))
            return _dismiss_queue(replace(state, departure=departure), now)
        case schema.Heartbeat():
            return state, ()


def _welcome(state: State, welcome: schema.Welcome, now: float) -> Step:
    """Starts the heartbeat, and says again what may not have arrived over an earlier link."""
    outbox = replace(state.outbox, credits=welcome.credits)
    outcomes = tuple(replace(outcome, sent_at=now) for outcome in state.outcomes)
    state = replace(
        state,
        rules=welcome,
        welcomed=True,
        beat_at=min(state.beat_at, now + welcome.heartbeat_seconds),
        outbox=outbox,
        outcomes=outcomes,
    )
    commands = [Send(outcome.message, outcome.frames) for outcome in outcomes]
    if state.running is not None:
        commands.append(Send(_started(state.running.order.key)))
    return state, tuple(commands)


def _run(state: State, order: Order, now: float) -> Step:
    """Takes an order in, unless it is known; a newer lease takes the place of an older one."""
    known = _newest_lease(state, order.key.task)
    if known is not None and order.key.lease <= known:
        return state, ()
    if state.departure is not None:
        failure = schema.Failure(kind="cancelled", message="The worker takes nothing new any more")
        return _fail(state, order.key, failure, now)
    older = None if known is None else TaskKey(order.key.task, known)
    commands: tuple[Command, ...] = ()
    if older is not None:
        state, commands = _cancel(state, older, now)
    return replace(state, queue=(*state.queue, order)), commands


def _newest_lease(state: State, task: str) -> int | None:
    keys = [order.key for order in state.queue]
    keys += [outcome.key for outcome in state.outcomes]
    keys += state.finished
    if state.running is not None:
        keys.append(state.running.order.key)
    return max((key.lease for key in keys if key.task == task), default=None)


def _cancel(state: State, key: TaskKey, now: float) -> Step:
    running = state.running
    if running is not None and running.order.key == key:
        give_up_at = min(running.give_up_at, now + STUCK_SECONDS)
        running = replace(running, give_up_at=give_up_at, cancelled=True)
        state = replace(state, running=running)
        return state, (StopTask(key),)
    if any(order.key == key for order in state.queue):
        queue = tuple(order for order in state.queue if order.key != key)
        failure = schema.Failure(kind="cancelled", message="The task was cancelled before it began")
        return _fail(replace(state, queue=queue), key, failure, now)
    return state, ()


def _ask_to_finish(state: State, key: TaskKey) -> Step:
    """A task that has not begun is told when it does; one that is done has nothing to shorten."""
    if state.running is not None and state.running.order.key == key:
        return state, (FinishTask(key),)
    queue = tuple(
        replace(order, stop_asked=True) if order.key == key else order for order in state.queue
    )
    return replace(state, queue=queue), ()


def _acknowledge(state: State, key: TaskKey) -> State:
    left = tuple(outcome for outcome in state.outcomes if outcome.key != key)
    if len(left) == len(state.outcomes):
        return state
    finished = (*state.finished, key)[-REMEMBERED_TASKS:]
    return replace(state, outcomes=left, finished=finished)


def _malformed(state: State, event: Malformed, now: float) -> Step:
    log = schema.Log(
        level="warn",
        message="A message from the orchestrator could not be read",
        fields={"reason": event.reason},
    )
    state = replace(state, outbox=offer(state.outbox, log))
    if event.run is None:
        return state, ()
    known = _newest_lease(state, event.run.task)
    if known is not None and event.run.lease <= known:
        return state, ()
    failure = schema.Failure(kind="invalid_task", message=event.reason)
    return _fail(state, event.run, failure, now)


def _link_up(state: State, now: float) -> Step:
    """Introduces the worker anew on every link but the first, for which hello already waits.

    What was sent over the lost link may not have arrived, so credits are void until the welcome.
    """
    if not state.linked:
        return replace(state, linked=True), ()
    outbox = replace(state.outbox, credits=0)
    state = replace(state, welcomed=False, greeted_at=now, outbox=outbox)
    return state, (Send(state.hello),)


def _tick(state: State, now: float) -> Step:
    silence = now - state.heard_at
    if silence >= _patience(state):
        return _leave(
            state, EXIT_WORKER, f"The orchestrator has been silent for {silence:.1f} s, giving up"
        )
    if not state.welcomed and now - state.greeted_at >= _hello_patience(state):
        return _leave(
            state,
            EXIT_WORKER,
            f"No orchestrator answered within {state.patience_seconds:g} s, "
            "check the URL and the keys, and that a run is going on",
        )
    if state.running is not None and now >= state.running.give_up_at:
        return _give_up(state, state.running, now)
    if state.departure is not None and now >= state.departure.leave_by:
        return _leave(state, state.departure.exit_code)
    state, again = _resend(state, now)
    if state.rules is None or now < state.beat_at:
        return state, again
    # Over no link they would only pile up.
    beat = (Send(schema.WorkerHeartbeat()),) if state.connected else ()
    return replace(state, beat_at=now + state.rules.heartbeat_seconds), (*beat, *again)


def _resend(state: State, now: float) -> Step:
    """Sends an outcome again that was not acknowledged for as long as silence may last."""
    if not (state.welcomed and state.connected):
        return state, ()
    due = {outcome.key for outcome in state.outcomes if now >= outcome.sent_at + _silence(state)}
    outcomes = tuple(
        replace(outcome, sent_at=now) if outcome.key in due else outcome
        for outcome in state.outcomes
    )
    commands = tuple(
        Send(outcome.message, outcome.frames) for outcome in outcomes if outcome.key in due
    )
    return replace(state, outcomes=outcomes), commands


def _give_up(state: State, running: Running, now: float) -> Step:
    """Ends the whole process, since a thread inside a native call cannot be stopped."""
    failure = schema.Failure(
        kind="cancelled" if running.cancelled else "timeout",
        message=f"The task did not stop within {STUCK_SECONDS:g} s after "
        f"{'it was cancelled' if running.cancelled else 'its deadline'}, "
        "so its worker gave itself up",
    )
    key = running.order.key
    state, failed = _fail(replace(state, running=None), key, failure, now)
    state, left = _leave(state, EXIT_WORKER, f"Task {key.task} does not stop, giving up")
    return state, (*failed, *left)


def _task_ended(state: State, event: TaskEnded, now: float) -> Step:
    if event.fatal:
        departure = Departure(EXIT_WORKER, announce=False, leave_by=now + TERMINATE_SECONDS)
        state = replace(state, departure=departure)
    state, closing = _close(replace(state, running=None), event.message, event.frames, now)
    if not event.fatal:
        return state, closing
    return _then(state, closing, lambda next_state: _dismiss_queue(next_state, now))


def _terminated(state: State, now: float) -> Step:
    departure = Departure(EXIT_OK, announce=True, leave_by=now + TERMINATE_SECONDS)
    state, dismissed = _dismiss_queue(replace(state, departure=departure), now)
    if state.running is None:
        return state, dismissed
    return state, (*dismissed, StopTask(state.running.order.key))


def _dismiss_queue(state: State, now: float) -> Step:
    queue = state.queue
    state = replace(state, queue=())
    commands: tuple[Command, ...] = ()
    failure = schema.Failure(kind="cancelled", message="The worker left before the task began")
    for order in queue:
        state, failed = _fail(state, order.key, failure, now)
        commands += failed
    return state, commands


def _fail(state: State, key: TaskKey, failure: schema.Failure, now: float) -> Step:
    failed = schema.Failed(task=key.task, lease=key.lease, failure=failure)
    return _close(state, failed, (), now)


def _close(
    state: State, message: schema.Result | schema.Failed, frames: Frames, now: float
) -> Step:
    """Makes an outcome: the task's last point goes out before it, nothing of the task after it."""
    key = TaskKey(message.task, message.lease)
    outcome = Outcome(key, message, frames, made_at=now, sent_at=now)
    outbox, points = close_task(state.outbox, key)
    state = replace(state, outbox=outbox, outcomes=(*state.outcomes, outcome))
    if not state.welcomed:
        return state, ()  # the next welcome sends it
    return state, (*map(Send, points), Send(message, frames))


def _advance(state: State, now: float) -> Step:
    """What follows from any event: the next task, messages that have credit, the departure."""
    if state.left:
        return state, ()
    commands: tuple[Command, ...] = ()
    if state.running is None and state.queue:
        order, *rest = state.queue
        deadline = order.run.deadline_seconds
        give_up_at = float("inf") if deadline is None else now + deadline + STUCK_SECONDS
        state = replace(state, running=Running(order, give_up_at), queue=tuple(rest))
        started = (Send(_started(order.key)),) if state.welcomed else ()
        commands = (*started, StartTask(order))
    outbox, ready = flush(state.outbox)
    state = replace(state, outbox=outbox)
    commands += tuple(map(Send, ready))
    if state.departure is None or not _is_done(state, now):
        return state, commands
    if state.departure.announce and state.welcomed:
        commands += (Send(schema.Drained()),)
    return _then(state, commands, _depart)


def _is_done(state: State, now: float) -> bool:
    """Nothing runs, and every outcome is acknowledged or has waited long enough for it."""
    if state.running is not None:
        return False
    waiting = any(now < outcome.made_at + _silence(state) for outcome in state.outcomes)
    return state.rules is None or not waiting


def _depart(state: State) -> Step:
    return _leave(state, EXIT_OK if state.departure is None else state.departure.exit_code)


def _leave(state: State, exit_code: int, notice: str | None = None) -> Step:
    commands: tuple[Command, ...] = ()
    if state.running is not None:
        commands = (StopTask(state.running.order.key),)
    return replace(state, left=True), (*commands, Leave(exit_code, notice))


def _patience(state: State) -> float:
    """How long silence is borne: longer while ZeroMQ's own pings are answered over the link.

    Under a guardian it only means that the orchestrator is stopped, and may go on at any time.
    """
    if state.guarded:
        return STOPPED_SECONDS
    silence = _silence(state)
    return max(silence, UNRESPONSIVE_SECONDS) if state.connected else silence


def _hello_patience(state: State) -> float:
    """Under a guardian as long, too, once there was a link; before, the endpoint may be wrong."""
    return STOPPED_SECONDS if state.guarded and state.linked else state.patience_seconds


def _silence(state: State) -> float:
    return float("inf") if state.rules is None else state.rules.silence_seconds


def _started(key: TaskKey) -> schema.Started:
    return schema.Started(task=key.task, lease=key.lease)


def _then(state: State, commands: tuple[Command, ...], rest: Callable[[State], Step]) -> Step:
    state, more = rest(state)
    return state, (*commands, *more)
