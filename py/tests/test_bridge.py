"""The I/O thread over a real socket, the main thread played by the test."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from archloom_worker import schema
from archloom_worker.bridge import Assignment, Bridge
from archloom_worker.errors import Cancelled, DeadlinePassed, EnvironmentProblem
from archloom_worker.events import Order, PointReached, TaskEnded
from archloom_worker.protocol import PROTOCOL_TAG
from archloom_worker.transport import CurveKeys, Link, check_endpoint, curve_keys
from tests.orchestrator import Router, describe


@pytest.fixture(autouse=True)
def keep_signals() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    router = Router(f"ipc://{tmp_path / 'w.sock'}")
    yield router
    router.close()


@pytest.fixture
def bridge(router: Router, hello: schema.Hello) -> Bridge:
    bridge = Bridge(Link(router.endpoint, "w00", None), hello, patience_seconds=20.0)
    bridge.start()
    return bridge


def failed(kind: schema.FailureKind, task: str = "t1") -> TaskEnded:
    failure = schema.Failure(kind=kind, message="No")
    return TaskEnded(schema.Failed(task=task, lease=0, failure=failure))


def drain(router: Router, bridge: Bridge) -> None:
    router.send(schema.Drain())
    router.expect(schema.Drained)
    assert bridge.next_task() is None
    assert bridge.finish() == 0


def test_a_refused_worker_says_why_and_ends_with_3(
    router: Router, bridge: Bridge, capfd: pytest.CaptureFixture[str]
) -> None:
    router.expect(schema.Hello)
    router.send(schema.Refused(reason="The lock differs", mend="Run archloom env create cpu"))
    assert bridge.next_task() is None
    assert bridge.finish() == 3
    assert capfd.readouterr().err == "The lock differs: Run archloom env create cpu\n"


def test_another_version_ends_the_worker_with_both_named(
    router: Router, bridge: Bridge, capfd: pytest.CaptureFixture[str]
) -> None:
    router.expect(schema.Hello)
    router.send_raw(b"ALP/2", b"?")
    assert bridge.next_task() is None
    assert bridge.finish() == 3
    said = capfd.readouterr().err
    assert "version 2" in said
    assert "version 1" in said


def test_heartbeats_go_out_while_the_main_thread_is_busy(router: Router, bridge: Bridge) -> None:
    router.greet(schema.Welcome(heartbeat_seconds=0.05, silence_seconds=20.0, credits=10))
    router.send(describe("t1"))
    assert bridge.next_task() is not None
    for _ in range(4):
        router.expect(schema.WorkerHeartbeat)
    bridge.report(failed("internal"))
    router.expect(schema.Failed)
    router.send(schema.Acknowledge(task="t1", lease=0))
    drain(router, bridge)


def test_a_silent_orchestrator_stops_the_task_and_ends_the_worker(
    router: Router, bridge: Bridge, capfd: pytest.CaptureFixture[str]
) -> None:
    router.greet(schema.Welcome(heartbeat_seconds=0.2, silence_seconds=0.5, credits=10))
    router.send(describe("t1"))
    assignment = bridge.next_task()
    assert assignment is not None
    assignment.check()
    router.socket.close(0)  # silence over a link that stands is borne for longer
    assert bridge.next_task() is None
    with pytest.raises(Cancelled):
        assignment.check()
    assert bridge.finish() == 3
    assert "silent" in capfd.readouterr().err


def test_a_cancel_reaches_the_running_task(router: Router, bridge: Bridge) -> None:
    router.greet()
    router.send(describe("t1", deadline=20.0))
    assignment = bridge.next_task()
    assert assignment is not None
    router.send(schema.Cancel(task="t1", lease=0))
    with pytest.raises(Cancelled):  # and not DeadlinePassed
        while True:
            assignment.check()
    bridge.report(failed("cancelled"))
    assert router.expect(schema.Failed).failure.kind == "cancelled"
    router.send(schema.Acknowledge(task="t1", lease=0))
    drain(router, bridge)


def test_reports_of_many_threads_all_arrive(router: Router, bridge: Bridge) -> None:
    router.greet(schema.Welcome(heartbeat_seconds=5.0, silence_seconds=20.0, credits=1000))
    router.send(describe("t1"))
    assignment = bridge.next_task()
    assert assignment is not None

    def report(first: int) -> None:
        for epoch in range(first, first + 100):
            point = schema.CurvePoint(
                epoch=epoch,
                train_loss=1.0,
                train_accuracy=0.5,
                val_loss=1.0,
                val_accuracy=0.5,
                learning_rate=0.1,
                seconds=1.0,
            )
            bridge.report(PointReached(assignment.order.key, point))

    threads = [threading.Thread(target=report, args=(1 + 100 * part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    seen = {router.expect(schema.Progress).point.epoch for _ in range(400)}
    for thread in threads:
        thread.join()
    assert seen == set(range(1, 401))
    bridge.report(failed("internal"))
    router.expect(schema.Failed)
    router.send(schema.Acknowledge(task="t1", lease=0))
    drain(router, bridge)


def test_a_termination_is_seen_while_the_main_thread_waits(router: Router, bridge: Bridge) -> None:
    router.greet()
    router.send(describe("t1"))
    assignment = bridge.next_task()
    assert assignment is not None
    os.kill(os.getpid(), signal.SIGTERM)
    bridge.report(failed("cancelled"))
    router.expect(schema.Failed)
    router.send(schema.Acknowledge(task="t1", lease=0))
    router.expect(schema.Drained)
    assert bridge.next_task() is None
    assert bridge.finish() == 0


def test_a_lost_link_is_made_again_and_the_result_sent_again(
    router: Router, bridge: Bridge
) -> None:
    router.greet()
    router.send(describe("t1"))
    assert bridge.next_task() is not None
    bridge.report(failed("internal"))
    router.expect(schema.Failed)
    router.rebind()
    router.greet()
    assert router.expect(schema.Failed).task == "t1"
    router.send(schema.Acknowledge(task="t1", lease=0))
    drain(router, bridge)


def test_garbage_is_answered_with_a_log(router: Router, bridge: Bridge) -> None:
    router.greet()
    for frames in ([b""], [b"HTTP/1.1", b"x"], [PROTOCOL_TAG], [PROTOCOL_TAG, b"{"]):
        router.send_raw(*frames)
        log = router.expect(schema.Log)
        assert log.level == "warn"
        assert log.fields["reason"]
    drain(router, bridge)


def test_over_tcp_the_link_is_encrypted(hello: schema.Hello) -> None:
    server_public, server_secret = zmq.curve_keypair()
    _, secret = zmq.curve_keypair()
    router = Router("tcp://127.0.0.1:*", server_secret)
    keys = curve_keys(server_public.decode(), None, secret.decode())
    bridge = Bridge(Link(router.endpoint, "w00", keys), hello, patience_seconds=20.0)
    bridge.start()
    router.greet()
    drain(router, bridge)
    router.close()


def test_a_wrong_server_key_ends_in_giving_up(
    hello: schema.Hello, capfd: pytest.CaptureFixture[str]
) -> None:
    _, server_secret = zmq.curve_keypair()
    other_public, _ = zmq.curve_keypair()
    _, secret = zmq.curve_keypair()
    keys = curve_keys(other_public.decode(), None, secret.decode())
    router = Router("tcp://127.0.0.1:*", server_secret)
    bridge = Bridge(Link(router.endpoint, "w00", keys), hello, patience_seconds=0.5)
    bridge.start()
    assert bridge.next_task() is None
    assert bridge.finish() == 3
    router.close()
    assert "check the URL and the keys" in capfd.readouterr().err


# An assignment


def assignment(deadline: float | None) -> Assignment:
    return Assignment(Order(describe("t1", deadline=deadline), ()))


def test_an_assignment_without_a_deadline_goes_on_until_it_is_stopped() -> None:
    task = assignment(None)
    task.check()
    task.stop()
    with pytest.raises(Cancelled):
        task.check()


def test_an_assignment_past_its_deadline_says_which() -> None:
    task = assignment(1e-9)
    with pytest.raises(DeadlinePassed, match="1e-09 s"):
        task.check()


# Endpoints and keys


@pytest.mark.parametrize(
    "url", ["udp://127.0.0.1:1", "inproc://x", "127.0.0.1:1", "", "ipc://", "tcp://a b"]
)
def test_an_endpoint_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(EnvironmentProblem, match="expected ipc"):
        check_endpoint(url, None)


def test_an_endpoint_that_zeromq_cannot_use_is_refused() -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    with pytest.raises(EnvironmentProblem, match=r"cannot be connected to: .*; give the one"):
        Link("tcp://127.0.0.1:notaport", "w00", CurveKeys(public, public, secret))


def test_tcp_without_keys_is_refused() -> None:
    with pytest.raises(EnvironmentProblem, match="CURVE"):
        check_endpoint("tcp://127.0.0.1:5555", None)


def test_the_public_key_is_derived_from_the_secret_one() -> None:
    server, _ = (key.decode() for key in zmq.curve_keypair())
    public, secret = (key.decode() for key in zmq.curve_keypair())
    assert curve_keys(None, None, None) is None
    assert curve_keys(server, None, secret) == CurveKeys(server, public, secret)
    assert curve_keys(server, public, secret) == CurveKeys(server, public, secret)


def test_keys_that_cannot_work_are_refused() -> None:
    server, _ = (key.decode() for key in zmq.curve_keypair())
    _, secret = (key.decode() for key in zmq.curve_keypair())
    with pytest.raises(EnvironmentProblem, match=r"needs the secret key.*found none; archloom"):
        curve_keys(server, None, None)
    with pytest.raises(EnvironmentProblem, match=r"needs --server-key.*found none; archloom"):
        curve_keys(None, None, secret)
    with pytest.raises(EnvironmentProblem, match=r"do not belong together.*; copy it anew"):
        curve_keys(server, server, secret)
    with pytest.raises(EnvironmentProblem, match=r"server key must be 40.*found 5.*; copy"):
        curve_keys("short", None, secret)
