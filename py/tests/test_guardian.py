"""The process that ends a worker with its parent, beside programs that do nothing to help it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE_SECONDS = 20.0
BEGINNING = "import os, sys; from archloom_worker.guardian import die_with_stdin; "


@contextmanager
def guarded(rest: str, endpoint: str = "tcp://h:1") -> Iterator["subprocess.Popen[str]"]:
    """A program under a guardian, in a process group of its own, which has said one line."""
    code = f"{BEGINNING} die_with_stdin({endpoint!r}); {rest}"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def wait_for_end(pid: int) -> None:
    """Waits until a process that is not this one's child is gone."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and " Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")


def test_a_worker_that_ends_before_what_it_forked_leaves_the_socket_alone(tmp_path: Path) -> None:
    socket = tmp_path / "folder" / "socket"
    socket.parent.mkdir()
    socket.touch()
    forks = "import time; child = os.fork(); child or time.sleep(600); print(child, flush=True);"
    with guarded(f"{forks} os.kill(os.getpid(), 9)", f"ipc://{socket}") as process:
        child = int(said(process))
        process.wait()
        assert process.stdin is not None
        process.stdin.close()  # as Node does
        wait_for_end(child)
        assert socket.exists()


@pytest.mark.parametrize("how", ["inside a native call that holds the lock", "stopped"])
def test_a_worker_dies_with_its_standard_input(how: str, tmp_path: Path) -> None:
    (tmp_path / "ipc").mkdir()
    socket = tmp_path / "ipc" / "s"
    socket.touch()
    rest = "import ctypes; print('on', flush=True); ctypes.PyDLL(None).sleep(600)"
    with guarded(rest, f"ipc://{socket}") as process:
        assert said(process) == "on"
        if how == "stopped":
            process.send_signal(signal.SIGSTOP)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        assert not (tmp_path / "ipc").exists()


@pytest.mark.parametrize("end", ["killed", "leaving"])
def test_what_a_worker_has_started_ends_with_it(end: str) -> None:
    start = "import subprocess; child = subprocess.Popen(['sleep', '600']);"
    rest = f"{start} print(child.pid, flush=True); child.wait() if {end == 'killed'} else None"
    with guarded(rest) as process:
        child = int(said(process))
        if end == "killed":
            process.kill()
        process.wait(PATIENCE_SECONDS)
        wait_for_end(child)


def test_a_fork_that_outlives_its_worker_is_found_too() -> None:
    """It holds the pipe by which the guardian sees a worker's end."""
    rest = "import time; pid = os.fork(); pid and print(pid, flush=True); time.sleep(600)"
    with guarded(rest) as process:
        child = int(said(process))
        process.kill()
        wait_for_end(child)


def test_the_program_itself_reads_nothing_from_standard_input() -> None:
    with guarded("print(repr(sys.stdin.read()), flush=True)") as process:
        assert said(process) == "''"
        assert process.wait(PATIENCE_SECONDS) == 0
