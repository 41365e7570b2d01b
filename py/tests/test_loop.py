"""The worker's behavior, told as events and the commands that must follow. No socket, no clock."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from archloom_worker import loop, schema
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
from archloom_worker.loop import STUCK_SECONDS, TERMINATE_SECONDS
from archloom_worker.protocol import TaskKey
from archloom_worker.state import State

WELCOME = schema.Welcome(heartbeat_seconds=2.0, silence_seconds=10.0, credits=4)
HEARTBEAT = Received(schema.Heartbeat())


@dataclass
class Worker:
    """Steps the machine, remembers what it did, and checks its invariants after every step."""

    state: State
    now: float
    graph: schema.NetworkGraph
    seen: list[Command]

    def on(self, *events: Event, at: float | None = None) -> list[Command]:
        self.now = self.now if at is None else at
        commands: list[Command] = []
        for event in events:
            self.state, more = loop.step(self.state, event, self.now)
            commands.extend(more)
            self.check(more)
        self.seen.extend(commands)
        return commands

    def check(self, commands: Sequence[Command]) -> None:
        keys = [outcome.key for outcome in self.state.outcomes]
        assert len(set(keys)) == len(keys), "two outcomes of one lease"
        assert self.state.left or loop.wake_at(self.state) > self.now or self.behind()
        leaves = [command for command in commands if isinstance(command, Leave)]
        assert len(leaves) <= 1
        assert self.state.left == bool(leaves) or not commands
        assert not leaves or commands[-1] == leaves[0], "something follows the departure"

    def behind(self) -> bool:
        # Only a tick acts on time: until then the wake-up stays due.
        return loop.step(self.state, Tick(), self.now)[0] != self.state

    def run(self, task: str = "t1", lease: int = 0, deadline: float | None = None) -> Received:
        return Received(
            schema.Run(
                task=task,
                lease=lease,
                deadline_seconds=deadline,
                work=schema.DescribeWork(graph=self.graph),
                tensors=(),
            )
        )

    def order(self, task: str = "t1", lease: int = 0, deadline: float | None = None) -> Order:
        message = self.run(task, lease, deadline).message
        assert isinstance(message, schema.Run)
        return Order(message, ())


@pytest.fixture
def fresh(hello: schema.Hello, graph: schema.NetworkGraph) -> Worker:
    state, commands = loop.begin(hello, patience_seconds=60.0, now=100.0)
    assert commands == (Send(hello),)
    return Worker(state, 100.0, graph, [])


@pytest.fixture
def worker(fresh: Worker) -> Worker:
    fresh.on(LinkUp(), Received(WELCOME))
    return fresh


def result(task: str = "t1", lease: int = 0) -> schema.Result:
    described = schema.DescribeResult(
        output_shapes=((10,),),
        counts=schema.NetworkCounts(parameter_count=650, multiply_adds=640),
        parameters=(),
        code="",
    )
    return schema.Result(task=task, lease=lease, result=described, tensors=())


def failed(kind: schema.FailureKind, task: str = "t1", lease: int = 0) -> schema.Failed:
    return schema.Failed(task=task, lease=lease, failure=schema.Failure(kind=kind, message="No"))


def point(epoch: int) -> schema.CurvePoint:
    return schema.CurvePoint(
        epoch=epoch,
        train_loss=1.0,
        train_accuracy=0.5,
        val_loss=1.0,
        val_accuracy=0.5,
        learning_rate=0.1,
        seconds=1.0,
    )


def reached(epoch: int, task: str = "t1") -> PointReached:
    return PointReached(TaskKey(task, 0), point(epoch))


def progress(epoch: int, task: str = "t1") -> Send:
    return Send(schema.Progress(task=task, lease=0, point=point(epoch)))


def started(task: str = "t1", lease: int = 0) -> Send:
    return Send(schema.Started(task=task, lease=lease))


def acknowledge(task: str = "t1", lease: int = 0) -> Received:
    return Received(schema.Acknowledge(task=task, lease=lease))


def cancel(task: str = "t1", lease: int = 0) -> Received:
    return Received(schema.Cancel(task=task, lease=lease))


def failure_kinds(commands: Sequence[Command]) -> list[tuple[str, int, str]]:
    return [
        (command.message.task, command.message.lease, command.message.failure.kind)
        for command in commands
        if isinstance(command, Send) and isinstance(command.message, schema.Failed)
    ]


# The handshake


def test_before_the_welcome_no_heartbeat_is_sent(fresh: Worker) -> None:
    assert fresh.on(LinkUp(), Tick(), at=159.0) == []


def test_an_unanswered_hello_ends_the_worker(fresh: Worker) -> None:
    assert loop.wake_at(fresh.state) == 160.0
    (leave,) = fresh.on(Tick(), at=160.0)
    assert isinstance(leave, Leave)
    assert leave.exit_code == EXIT_WORKER
    assert leave.notice is not None
    assert "60 s" in leave.notice


def test_a_refusal_ends_the_worker_with_reason_and_mend(fresh: Worker) -> None:
    refused = schema.Refused(reason="The lock differs", mend="Run archloom env create cpu")
    assert fresh.on(Received(refused)) == [
        Leave(EXIT_WORKER, "The lock differs: Run archloom env create cpu")
    ]


def test_another_version_ends_the_worker(worker: Worker) -> None:
    assert worker.on(VersionRefused("Versions differ")) == [Leave(EXIT_WORKER, "Versions differ")]


def test_nothing_follows_once_it_has_left(worker: Worker) -> None:
    worker.on(VersionRefused("Versions differ"))
    assert worker.on(worker.run(), Tick(), Terminated(), at=900.0) == []


# Heartbeats and silence


def test_heartbeats_go_out_at_their_interval(worker: Worker) -> None:
    assert loop.wake_at(worker.state) == 102.0
    assert worker.on(Tick(), at=101.9) == []
    assert worker.on(Tick(), at=102.0) == [Send(schema.WorkerHeartbeat())]
    assert worker.on(Tick(), at=103.9) == []
    assert worker.on(Tick(), at=104.0) == [Send(schema.WorkerHeartbeat())]


def test_heartbeats_do_not_stop_while_a_task_runs(worker: Worker) -> None:
    worker.on(worker.run(deadline=1000.0))
    beats = 0
    for second in range(101, 161):
        beats += worker.on(HEARTBEAT, Tick(), at=float(second)).count(
            Send(schema.WorkerHeartbeat())
        )
    assert beats == 30


def test_a_late_tick_sends_one_heartbeat_not_many(worker: Worker) -> None:
    assert worker.on(Tick(), at=109.0) == [Send(schema.WorkerHeartbeat())]


def test_a_silent_orchestrator_stops_the_task_and_ends_the_worker(worker: Worker) -> None:
    worker.on(worker.run(), LinkDown())
    worker.on(HEARTBEAT, at=105.0)
    assert not any(isinstance(command, Leave) for command in worker.on(Tick(), at=114.9))
    stop, leave = worker.on(Tick(), at=115.0)
    assert stop == StopTask(TaskKey("t1", 0))
    assert isinstance(leave, Leave)
    assert leave.exit_code == EXIT_WORKER


def test_an_orchestrator_whose_link_stands_may_be_silent_for_longer(worker: Worker) -> None:
    worker.on(HEARTBEAT, at=105.0)
    assert not any(isinstance(command, Leave) for command in worker.on(Tick(), at=404.9))
    assert loop.wake_at(worker.state) == 405.0
    assert isinstance(worker.on(Tick(), at=405.0)[-1], Leave)


def test_a_link_that_is_lost_ends_that_patience(worker: Worker) -> None:
    worker.on(HEARTBEAT, at=105.0)
    worker.on(Tick(), at=200.0)
    assert isinstance(worker.on(LinkDown(), Tick(), at=201.0)[-1], Leave)


@pytest.fixture
def guarded(hello: schema.Hello, graph: schema.NetworkGraph) -> Worker:
    state, _ = loop.begin(hello, patience_seconds=60.0, now=100.0, guarded=True)
    worker = Worker(state, 100.0, graph, [])
    worker.on(LinkUp(), Received(WELCOME))
    return worker


def test_under_a_guardian_a_stopped_orchestrator_is_waited_for(guarded: Worker) -> None:
    guarded.on(guarded.run(), LinkDown())
    assert guarded.on(Tick(), at=3700.0) == []
    assert guarded.on(TaskEnded(result())) == [Send(result())]
    assert guarded.on(Tick(), at=7300.0) == [], "nothing piles up on a link that is down"
    assert guarded.on(LinkUp()) == [Send(guarded.state.hello)]
    assert not any(isinstance(command, Leave) for command in guarded.on(Tick(), at=9000.0))
    assert Send(result()) in guarded.on(Received(WELCOME))


def test_under_a_guardian_a_day_of_silence_is_the_end(guarded: Worker) -> None:
    assert guarded.on(LinkDown(), Tick(), at=86_499.0) == []
    assert isinstance(guarded.on(Tick(), at=86_500.0)[-1], Leave)


def test_under_a_guardian_a_wrong_endpoint_is_still_told(
    hello: schema.Hello, graph: schema.NetworkGraph
) -> None:
    state, _ = loop.begin(hello, patience_seconds=60.0, now=100.0, guarded=True)
    worker = Worker(state, 100.0, graph, [])
    assert isinstance(worker.on(Tick(), at=160.0)[-1], Leave)


@pytest.mark.parametrize("event", [HEARTBEAT, Malformed("garbage"), acknowledge(), cancel("t9")])
def test_any_message_is_a_sign_of_life(worker: Worker, event: Event) -> None:
    worker.on(event, at=109.0)
    assert not any(isinstance(command, Leave) for command in worker.on(Tick(), at=118.0))


# Tasks


def test_a_task_is_started_and_its_result_kept_until_acknowledged(worker: Worker) -> None:
    assert worker.on(worker.run()) == [started(), StartTask(worker.order())]
    assert worker.on(TaskEnded(result(), (b"x",))) == [Send(result(), (b"x",))]
    assert [outcome.message for outcome in worker.state.outcomes] == [result()]
    assert worker.on(acknowledge()) == []
    assert worker.state.outcomes == ()


def test_a_second_task_waits_for_the_first(worker: Worker) -> None:
    worker.on(worker.run("t1"))
    assert worker.on(worker.run("t2")) == []
    assert worker.on(TaskEnded(result("t1"))) == [
        Send(result("t1")),
        started("t2"),
        StartTask(worker.order("t2")),
    ]


def test_an_unacknowledged_outcome_is_sent_again_after_the_silence_bound(worker: Worker) -> None:
    worker.on(worker.run(), TaskEnded(result()))
    worker.on(HEARTBEAT, Tick(), at=109.0)
    assert Send(result()) in worker.on(HEARTBEAT, Tick(), at=110.0)
    assert Send(result()) not in worker.on(HEARTBEAT, Tick(), at=119.9)
    assert Send(result()) in worker.on(HEARTBEAT, Tick(), at=120.0)


@pytest.mark.parametrize("moment", ["queued", "running", "ended", "acknowledged"])
def test_a_run_that_arrives_twice_is_done_once(worker: Worker, moment: str) -> None:
    if moment == "queued":
        worker.on(worker.run("t0"))
    worker.on(worker.run("t1"))
    if moment in ("ended", "acknowledged"):
        worker.on(TaskEnded(result("t1")))
    if moment == "acknowledged":
        worker.on(acknowledge("t1"))
    assert worker.on(worker.run("t1")) == []
    assert [order.key for order in worker.state.queue].count(TaskKey("t1", 0)) <= 1


def test_an_older_lease_is_ignored(worker: Worker) -> None:
    worker.on(worker.run("t1", lease=3))
    assert worker.on(worker.run("t1", lease=2)) == []


def test_a_newer_lease_stops_the_older_and_then_runs(worker: Worker) -> None:
    worker.on(worker.run("t1", lease=0))
    assert worker.on(worker.run("t1", lease=1)) == [StopTask(TaskKey("t1", 0))]
    assert worker.on(TaskEnded(failed("cancelled", lease=0))) == [
        Send(failed("cancelled", lease=0)),
        started(lease=1),
        StartTask(worker.order(lease=1)),
    ]


def test_finished_leases_are_forgotten_beyond_a_bound(worker: Worker) -> None:
    for index in range(loop.REMEMBERED_TASKS + 10):
        task = f"t{index}"
        worker.on(worker.run(task), TaskEnded(result(task)), acknowledge(task))
    assert len(worker.state.finished) == loop.REMEMBERED_TASKS
    assert worker.on(worker.run(f"t{loop.REMEMBERED_TASKS + 9}")) == []


def test_a_malformed_run_fails_its_task_and_is_logged(worker: Worker) -> None:
    commands = worker.on(Malformed("Expected int", TaskKey("t4", 1)))
    assert failure_kinds(commands) == [("t4", 1, "invalid_task")]
    logs = [
        c.message for c in commands if isinstance(c, Send) and isinstance(c.message, schema.Log)
    ]
    assert [log.fields for log in logs] == [{"reason": "Expected int"}]
    assert failure_kinds(worker.on(Malformed("Expected int", TaskKey("t4", 1)))) == []


def test_a_malformed_message_is_only_logged(worker: Worker) -> None:
    (send,) = worker.on(Malformed("no tag"))
    assert isinstance(send, Send)
    assert isinstance(send.message, schema.Log)
    assert send.message.level == "warn"


# Cancelling


def test_a_cancelled_task_that_runs_is_stopped_and_ends_once(worker: Worker) -> None:
    worker.on(worker.run())
    assert worker.on(cancel()) == [StopTask(TaskKey("t1", 0))]
    assert failure_kinds(worker.on(TaskEnded(failed("cancelled")))) == [("t1", 0, "cancelled")]


def test_a_cancelled_task_that_waits_fails_at_once(worker: Worker) -> None:
    worker.on(worker.run("t1"), worker.run("t2"))
    assert failure_kinds(worker.on(cancel("t2"))) == [("t2", 0, "cancelled")]
    assert worker.on(TaskEnded(result("t1"))) == [Send(result("t1"))]


def test_a_task_asked_to_finish_early_goes_on_and_ends_as_it_likes(worker: Worker) -> None:
    worker.on(worker.run())
    stop = Received(schema.Stop(task="t1", lease=0))
    assert worker.on(stop) == [FinishTask(TaskKey("t1", 0))]
    assert worker.on(Tick(), at=worker.now + STUCK_SECONDS) == [Send(schema.WorkerHeartbeat())]
    assert worker.on(TaskEnded(result())) == [Send(result())]


def test_a_waiting_task_asked_to_finish_early_knows_it_when_it_begins(worker: Worker) -> None:
    worker.on(worker.run("t1"), worker.run("t2"))
    assert worker.on(Received(schema.Stop(task="t2", lease=0))) == []
    commands = worker.on(TaskEnded(result("t1")))
    order = replace(worker.order("t2"), stop_asked=True)
    assert commands == [Send(result("t1")), started("t2"), StartTask(order)]


def test_a_stop_for_another_lease_changes_nothing(worker: Worker) -> None:
    worker.on(worker.run("t1", lease=1))
    before = worker.state
    assert worker.on(Received(schema.Stop(task="t1", lease=0))) == []
    assert worker.state == before


def test_a_task_that_beats_its_cancel_keeps_its_result(worker: Worker) -> None:
    worker.on(worker.run())
    worker.on(cancel())
    assert worker.on(TaskEnded(result())) == [Send(result())]


@pytest.mark.parametrize("event", [cancel("t9"), cancel("t1", lease=1), acknowledge("t9")])
def test_orders_about_unknown_leases_change_nothing(worker: Worker, event: Event) -> None:
    worker.on(worker.run())
    before = worker.state
    assert worker.on(event) == []
    assert worker.state == before


def test_a_task_deaf_to_its_cancel_takes_the_worker_with_it(worker: Worker) -> None:
    worker.on(worker.run())
    worker.on(cancel(), at=105.0)
    worker.on(HEARTBEAT, Tick(), at=104.0 + STUCK_SECONDS)
    commands = worker.on(HEARTBEAT, Tick(), at=105.0 + STUCK_SECONDS)
    assert failure_kinds(commands) == [("t1", 0, "cancelled")]
    assert isinstance(commands[-1], Leave)
    assert commands[-1].exit_code == EXIT_WORKER


def test_a_task_deaf_to_its_deadline_takes_the_worker_with_it(worker: Worker) -> None:
    worker.on(worker.run(deadline=30.0))
    worker.on(HEARTBEAT, at=125.0 + STUCK_SECONDS)
    assert failure_kinds(worker.on(Tick(), at=129.0 + STUCK_SECONDS)) == []
    commands = worker.on(HEARTBEAT, Tick(), at=130.0 + STUCK_SECONDS)
    assert failure_kinds(commands) == [("t1", 0, "timeout")]
    assert isinstance(commands[-1], Leave)


# Credits


def test_progress_beyond_the_credits_waits_for_a_grant(worker: Worker) -> None:
    worker.on(worker.run())
    sent = worker.on(*(reached(epoch) for epoch in range(1, 7)))
    assert sent == [progress(epoch) for epoch in range(1, 5)]
    assert worker.on(Received(schema.Grant(credits=1))) == [progress(5)]
    assert worker.on(Received(schema.Grant(credits=9))) == [progress(6)]


def test_reports_of_a_function_cost_credits_as_progress_does(worker: Worker) -> None:
    worker.on(worker.run())
    reports = [ReportMade(TaskKey("t1", 0), {"step": step}) for step in range(6)]
    sent = [Send(schema.Reported(task="t1", lease=0, report={"step": step})) for step in range(6)]
    assert worker.on(*reports) == sent[:4]
    assert worker.on(TaskEnded(result())) == [sent[5], Send(result())]


def test_a_result_never_waits_for_credits_and_its_last_point_precedes_it(worker: Worker) -> None:
    worker.on(worker.run(), *(reached(epoch) for epoch in range(1, 9)))
    assert worker.on(TaskEnded(result())) == [progress(8), Send(result())]
    assert worker.on(Received(schema.Grant(credits=9))) == []


def test_logs_before_the_welcome_follow_it(fresh: Worker) -> None:
    log = schema.Log(level="info", message="Loaded", fields={})
    assert fresh.on(Logged(log), LinkUp()) == []
    assert fresh.on(Received(WELCOME)) == [Send(log)]


# Lost links


def test_a_new_link_is_greeted_and_the_welcome_brings_everything_again(worker: Worker) -> None:
    worker.on(worker.run("t1"), TaskEnded(result("t1")), worker.run("t2"))
    assert worker.on(LinkUp()) == [Send(worker.state.hello)]
    assert worker.on(reached(1, "t2")) == []
    assert worker.on(Received(WELCOME)) == [Send(result("t1")), started("t2"), progress(1, "t2")]


def test_an_outcome_made_without_a_welcome_goes_out_with_the_next(worker: Worker) -> None:
    worker.on(worker.run(), LinkUp())
    assert worker.on(TaskEnded(result())) == []
    assert worker.on(Received(WELCOME)) == [Send(result())]
    assert worker.on(acknowledge(), LinkUp(), Received(WELCOME)) == [Send(worker.state.hello)]


def test_a_new_link_makes_old_credits_void(worker: Worker) -> None:
    worker.on(worker.run(), LinkUp(), reached(1))
    few = schema.Welcome(heartbeat_seconds=2.0, silence_seconds=10.0, credits=1)
    worker.on(Received(few))
    assert worker.on(reached(2)) == []


def test_a_new_link_that_nobody_answers_ends_the_worker(worker: Worker) -> None:
    worker.on(LinkUp(), at=105.0)
    worker.on(HEARTBEAT, at=160.0)
    commands = worker.on(HEARTBEAT, Tick(), at=165.0)
    assert isinstance(commands[-1], Leave)
    assert commands[-1].exit_code == EXIT_WORKER


# Leaving


def test_an_idle_worker_drains_at_once(worker: Worker) -> None:
    assert worker.on(Received(schema.Drain())) == [Send(schema.Drained()), Leave(EXIT_OK)]


def test_a_draining_worker_finishes_what_runs_and_waits_for_the_acknowledgement(
    worker: Worker,
) -> None:
    worker.on(worker.run())
    assert worker.on(Received(schema.Drain())) == []
    assert worker.on(TaskEnded(result())) == [Send(result())]
    assert worker.on(acknowledge()) == [Send(schema.Drained()), Leave(EXIT_OK)]


def test_a_draining_worker_refuses_what_waits_and_what_comes(worker: Worker) -> None:
    worker.on(worker.run("t1"), worker.run("t2"))
    assert failure_kinds(worker.on(Received(schema.Drain()))) == [("t2", 0, "cancelled")]
    assert failure_kinds(worker.on(worker.run("t3"))) == [("t3", 0, "cancelled")]
    assert worker.state.running is not None


def test_a_draining_worker_leaves_without_an_acknowledgement_in_the_end(worker: Worker) -> None:
    worker.on(worker.run(), Received(schema.Drain()), TaskEnded(result()))
    assert Leave(EXIT_OK) not in worker.on(HEARTBEAT, Tick(), at=109.0)
    assert worker.on(HEARTBEAT, Tick(), at=110.0)[-2:] == [Send(schema.Drained()), Leave(EXIT_OK)]


def test_waiting_for_old_acknowledgements_while_a_task_runs_does_not_spin(worker: Worker) -> None:
    worker.on(worker.run("t1"), TaskEnded(result("t1")), worker.run("t2"))
    worker.on(Received(schema.Drain()))
    worker.on(HEARTBEAT, Tick(), at=115.0)
    assert loop.wake_at(worker.state) > 115.0


def test_a_terminated_worker_stops_its_task_and_says_goodbye(worker: Worker) -> None:
    worker.on(worker.run())
    assert worker.on(Terminated()) == [StopTask(TaskKey("t1", 0))]
    assert failure_kinds(worker.on(TaskEnded(failed("cancelled")))) == [("t1", 0, "cancelled")]
    assert worker.on(acknowledge()) == [Send(schema.Drained()), Leave(EXIT_OK)]


def test_a_terminated_worker_does_not_wait_for_ever(worker: Worker) -> None:
    worker.on(worker.run(), Terminated())
    commands = worker.on(HEARTBEAT, Tick(), at=100.0 + TERMINATE_SECONDS)
    assert commands[-1] == Leave(EXIT_OK)


def test_a_worker_terminated_before_the_welcome_just_leaves(fresh: Worker) -> None:
    assert fresh.on(Terminated()) == [Leave(EXIT_OK)]


def test_after_a_fatal_task_the_worker_leaves_without_saying_drained(worker: Worker) -> None:
    worker.on(worker.run("t1"), worker.run("t2"))
    commands = worker.on(TaskEnded(failed("crashed"), fatal=True))
    assert failure_kinds(commands) == [("t1", 0, "crashed"), ("t2", 0, "cancelled")]
    assert worker.on(acknowledge("t1"), acknowledge("t2")) == [Leave(EXIT_WORKER)]


# Everything at once


def test_under_any_order_of_events_each_lease_ends_once(worker: Worker) -> None:
    draw = random.Random(7)
    ended = 0
    for turn in range(3000):
        now = worker.now + draw.random()
        task, lease = f"t{turn // 20 + draw.randrange(6)}", draw.randrange(4)
        event = draw.choice(
            [
                worker.run(task, lease, draw.choice([None, 50.0])),
                cancel(task, lease),
                acknowledge(task, lease),
                HEARTBEAT,
                Tick(),
                LinkUp(),
                Received(WELCOME),
                Received(schema.Grant(credits=2)),
                Malformed("garbage", TaskKey(task, lease)),
            ]
        )
        worker.on(HEARTBEAT, event, at=now)
        running = worker.state.running
        if running is not None and draw.random() < 0.3:
            key = running.order.key
            worker.on(PointReached(key, point(turn + 1)), TaskEnded(result(key.task, key.lease)))
            ended += 1
        if worker.state.left:
            assert not worker.state.welcomed
            break
    starts = [c.order.key for c in worker.seen if isinstance(c, StartTask)]
    assert len(set(starts)) == len(starts)
    assert ended > 100
    assert ended <= len(starts)
