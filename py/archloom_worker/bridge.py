"""The I/O thread: feeds `loop.py` with what happens, and carries out what it decides.

It alone touches the link, so heartbeats go out while the main thread is inside a long CUDA call.
The main thread takes tasks with `next_task` and reports with `report`; a byte on a socket pair is
how a report or a signal ends the thread's wait.
"""

import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archloom_worker import loop, memory, schema
from archloom_worker.errors import EXIT_INTERNAL, Cancelled, DeadlinePassed
from archloom_worker.events import (
    Command,
    Event,
    FinishTask,
    Leave,
    LinkDown,
    LinkUp,
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
from archloom_worker.protocol import ProtocolError, VersionMismatch, decode_to_worker, encode

if TYPE_CHECKING:
    from archloom_worker.transport import Link

LINGER_SECONDS = 2.0
"""How long a leaving worker waits for its last messages to go out."""

GRACE_SECONDS = 5.0
"""How long a leaving worker waits for its task to reach its next check, and for those messages."""


class Assignment:
    """A task on its way through the main thread."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._stopped = threading.Event()
        self._finishing = threading.Event()
        if order.stop_asked:
            self._finishing.set()
        seconds = order.run.deadline_seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def stop(self) -> None:
        """Makes the next check fail; from any thread."""
        self._stopped.set()

    def ask_to_finish(self) -> None:
        """Makes `should_finish` say so; from any thread."""
        self._finishing.set()

    def should_finish(self) -> bool:
        """Whether it is to hand back early what it has; it may go on all the same."""
        return self._finishing.is_set()

    def check(self) -> None:
        """Returns when the task may go on.

        Raises:
            Cancelled: When it was stopped.
            DeadlinePassed: When its time is up.
        """
        if self._stopped.is_set():
            raise Cancelled("The task was cancelled")
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise DeadlinePassed(
                f"The task did not finish within its {self.order.run.deadline_seconds:g} s"
            )


def _part_at_fork() -> None:
    """Keeps signals of a process that the user's code forks from passing for the worker's."""
    # Held back until the child has let go of the worker's handler.
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
        after_in_parent=_unblock,
        after_in_child=_forget_signals,
    )


def _forget_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _unblock()


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


class Bridge:
    """Owns the link and the thread that serves it."""

    def __init__(
        self, link: "Link", hello: schema.Hello, patience_seconds: float, *, guarded: bool = False
    ) -> None:
        self._link = link
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        link.watch(self._wake_reader.fileno())
        self._reports: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._tasks: queue.SimpleQueue[Assignment | None] = queue.SimpleQueue()
        self._assignment: Assignment | None = None
        self._device_bytes: int | None = None
        self._state, self._first = loop.begin(
            hello, patience_seconds, time.monotonic(), guarded=guarded
        )
        self._exit_code = EXIT_INTERNAL
        self._last_resort: threading.Timer | None = None
        self._thread = threading.Thread(target=self._guarded_serve, name="io", daemon=True)

    def start(self) -> None:
        """Starts the thread; from the main thread, since it takes SIGTERM over."""
        # The handler itself would wait for the main thread to leave its native call: the byte that
        # the interpreter writes wakes the I/O thread at once.
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        _part_at_fork()
        self._thread.start()

    def next_task(self) -> Assignment | None:
        """Waits for the next task, on the main thread; None when it is time to go."""
        return self._tasks.get()

    def report(self, event: Event) -> None:
        """Tells the I/O thread what happened; from any thread, never blocks."""
        if isinstance(event, PointReached | ReportMade | TaskEnded):
            # These come from the main thread, which alone may ask: the answer can wait for the GPU,
            # and heartbeats must not.
            self._device_bytes = memory.device_bytes()
        self._reports.put(event)
        self._wake()

    def finish(self) -> int:
        """Waits until the last messages are out; returns the exit code of the process."""
        self._thread.join()
        if self._last_resort is not None:
            self._last_resort.cancel()
        return self._exit_code

    def _wake(self) -> None:
        try:
            self._wake_writer.send(b"\0")
        except BlockingIOError:
            return  # it is full of wake-ups already

    def _guarded_serve(self) -> None:
        try:
            self._serve()
        except BaseException:
            # Without this thread the worker would look dead and never end.
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(EXIT_INTERNAL)

    def _serve(self) -> None:
        self._carry_out(self._first)
        while not self._state.left:
            self._link.wait(loop.wake_at(self._state) - time.monotonic())
            # Everything that has arrived first: a thread that was held up must not mistake unread
            # messages for silence.
            for event in self._arrived():
                self._feed(event)
                if self._state.left:
                    return  # the link is closed
            self._feed(Tick())

    def _arrived(self) -> Iterator[Event]:
        for is_up in self._link.changes():
            yield LinkUp() if is_up else LinkDown()
        for frames in self._link.receive():
            try:
                message, tensors = decode_to_worker(frames)
            except VersionMismatch as error:
                yield VersionRefused(error.message)
            except ProtocolError as error:
                yield Malformed(error.message, error.run)
            else:
                yield Received(message, tensors)
        try:
            wakes = self._wake_reader.recv(4096)
        except BlockingIOError:
            wakes = b""
        if signal.SIGTERM in wakes:
            yield Terminated()
        while True:
            try:
                yield self._reports.get_nowait()
            except queue.Empty:
                return

    def _feed(self, event: Event) -> None:
        self._state, commands = loop.step(self._state, event, time.monotonic())
        self._carry_out(commands)

    def _carry_out(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case Send(schema.WorkerHeartbeat()):
                    heartbeat = schema.WorkerHeartbeat(memory=memory.of_process(self._device_bytes))
                    self._link.send(encode(heartbeat))
                case Send(message, frames):
                    self._link.send(encode(message, frames))
                case StartTask(order):
                    self._assignment = Assignment(order)
                    self._tasks.put(self._assignment)
                case StopTask(key):
                    if self._assignment is not None and self._assignment.order.key == key:
                        self._assignment.stop()
                case FinishTask(key):
                    if self._assignment is not None and self._assignment.order.key == key:
                        self._assignment.ask_to_finish()
                case Leave(exit_code, notice):
                    self._leave(exit_code, notice)

    def _leave(self, exit_code: int, notice: str | None) -> None:
        self._exit_code = exit_code
        if notice is not None:
            print(notice, file=sys.stderr, flush=True)
        self._tasks.put(None)
        # A main thread inside a native call may never come back to take that.
        self._last_resort = threading.Timer(GRACE_SECONDS, os._exit, (exit_code,))
        self._last_resort.daemon = True
        self._last_resort.start()
        self._link.close(LINGER_SECONDS)
