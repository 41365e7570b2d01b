"""A small process beside the worker that ends it with its parent, whatever the worker is doing.

A thread of the worker could not: it needs the interpreter lock, which a native call may hold for
ever, and it stands still when the process is stopped. The guardian is forked before there is any
thread or PyTorch, so it costs next to nothing. It belongs to the worker's process group, which
therefore cannot be another's by the time that the guardian ends what is left of it.
"""

import os
import select
import signal
from contextlib import suppress
from pathlib import Path

LOOK_MILLISECONDS = 1000
"""How often the guardian looks whether its worker lives, should a child of it hold the pipe."""


def die_with_stdin(endpoint: str) -> None:
    """Makes this process end at once when standard input closes: its parent has died.

    The guardian gets standard input; here it reads as empty from now on. When the worker ends, by
    itself or not, the guardian also ends what the worker has started, if they are a group of their
    own.

    Args:
        endpoint: Where the worker connects to; a Unix socket is removed after a killed parent.
    """
    worker = os.getpid()
    # The worker's end closes with it: that is how the guardian knows.
    alive, _kept_open = os.pipe()
    if os.fork() != 0:
        os.close(alive)
        # What the user's code forks must not look like a worker that lives on.
        os.register_at_fork(after_in_child=lambda: os.close(_kept_open))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        return
    try:
        os.close(_kept_open)
        _guard(worker, alive, endpoint)
    finally:
        os._exit(0)


def _guard(worker: int, alive: int, endpoint: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nothing, output)  # else whoever reads the worker's output would wait for this one
    if _wait_for_end(worker, alive):
        remove_socket(endpoint)
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    if os.getpgrp() == worker:
        os.killpg(worker, signal.SIGKILL)  # this process among them


def _wait_for_end(worker: int, alive: int) -> bool:
    """Whether standard input closed first; else the worker has ended."""
    poller = select.poll()
    poller.register(0, select.POLLIN)
    poller.register(alive, select.POLLIN)
    while os.getppid() == worker:
        ready = dict(poller.poll(LOOK_MILLISECONDS))
        if alive in ready:
            return False
        if 0 in ready and _is_closed():
            # Whoever started the worker closes it, too, once it has ended.
            return os.getppid() == worker
    return False


def _is_closed() -> bool:
    try:
        return not os.read(0, 4096)
    except OSError:
        return True  # closed from the start


def remove_socket(endpoint: str) -> None:
    """Removes what a killed orchestrator could not: its Unix socket, and the folder made for it."""
    if not endpoint.startswith("ipc://"):
        return
    path = Path(endpoint.removeprefix("ipc://"))
    with suppress(OSError):  # another worker was faster, or the folder holds more
        path.unlink(missing_ok=True)
        path.parent.rmdir()
