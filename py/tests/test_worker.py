"""A real worker process over a real socket: what only shows there. The rest is in test_loop.py."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archloom_worker import schema
from archloom_worker.protocol import PROTOCOL_TAG, encode
from tests.conftest import GRAPH
from tests.orchestrator import Orchestrator, describe, run

CONV = {
    "kind": "conv2d",
    "channels": 64,
    "kernel": [3, 3],
    "stride": [1, 1],
    "padding": [1, 1],
    "dilation": [1, 1],
    "groups": 1,
    "bias": False,
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchestrator]:
    """One welcomed worker with a data set, for the tests that leave it as they found it."""
    options = ("--dataset", "digits", "--dataset", "cifar10", "--log-level", "debug")
    with Orchestrator(tmp_path_factory.mktemp("w"), *options) as orchestrator:
        orchestrator.greet()
        yield orchestrator


def long_training() -> dict[str, Any]:
    """Minutes on a CPU, in batches of milliseconds."""
    convolutions = [
        {"id": f"conv{index}", "op": CONV, "inputs": [f"conv{index - 1}" if index else "image"]}
        for index in range(6)
    ]
    flat, head = GRAPH["nodes"]
    return {
        "kind": "train",
        "graph": {**GRAPH, "nodes": [*convolutions, {**flat, "inputs": ["conv5"]}, head]},
        "dataset": {
            "name": "digits",
            "splitSeed": "0",
            "validationShare": 0.2,
            "testShare": 0.2,
            "trainLimit": None,
            "sequenceLength": 64,
        },
        "recipe": {
            "batchSize": 16,
            "evaluationBatchSize": 512,
            "optimizer": {
                "kind": "sgd",
                "learningRate": 0.01,
                "momentum": 0.9,
                "nesterov": True,
                "weightDecay": 0.0,
            },
            "decayNormAndBias": True,
            "schedule": {"kind": "constant"},
            "warmupEpochs": 0,
            "labelSmoothing": 0,
            "gradientClip": 5,
            "augmentation": {"cropPadding": 0, "flip": False, "cutoutSize": 0},
            "precision": "float32",
            "channelsLast": False,
            "compile": False,
        },
        "seed": "1",
        "fromEpoch": 0,
        "toEpoch": 1000,
        "horizonEpochs": 1000,
        "resume": None,
        "checkpointPath": None,
    }


def test_hello_says_what_the_worker_is(shared: Orchestrator) -> None:
    hello = next(message for message in shared.heard if isinstance(message, schema.Hello))
    assert hello.worker == "w00"
    assert hello.pid == shared.process.pid
    assert hello.slots == 1
    assert set(hello.capabilities) >= {"describe", "train", "evaluate"}
    critical = hello.fingerprint.critical
    assert (critical.determinism, critical.intra_op_threads) == ("bitwise", 1)
    assert critical.deterministic_algorithms
    assert critical.packages == {"msgspec": msgspec.__version__}
    assert critical.drift == ()
    assert [facts.name for facts in hello.datasets] == ["digits"]
    assert [identity.name for identity in critical.datasets] == ["digits"]
    assert [(problem.name, problem.kind) for problem in hello.dataset_problems] == [
        ("cifar10", "missing")
    ]


def test_a_task_is_started_and_answered_once(shared: Orchestrator) -> None:
    shared.send(describe("t000001"))
    started = shared.expect(schema.Started)
    assert (started.task, started.lease) == ("t000001", 0)
    result = shared.expect(schema.Result)
    assert isinstance(result.result, schema.DescribeResult)
    assert result.result.counts == schema.NetworkCounts(parameter_count=650, multiply_adds=640)
    shared.send(describe("t000001"))
    shared.send(schema.Acknowledge(task="t000001", lease=0))
    shared.send(describe("t000002"))
    assert shared.expect(schema.Result).task == "t000002"
    shared.send(schema.Acknowledge(task="t000002", lease=0))


def test_a_graph_that_cannot_be_built_fails_as_invalid(shared: Orchestrator) -> None:
    wide = {**GRAPH, "nodes": [GRAPH["nodes"][0], {**GRAPH["nodes"][1], "op": CONV}]}
    shared.send(describe("t000003", wide))
    failure = shared.expect(schema.Failed).failure
    assert failure.kind == "invalid_task"
    assert failure.traceback is msgspec.UNSET
    shared.send(schema.Acknowledge(task="t000003", lease=0))


def test_malformed_messages_are_survived_and_a_malformed_run_fails(shared: Orchestrator) -> None:
    for frames in ([b""], [b"HTTP/1.1", b"x"], [PROTOCOL_TAG], [PROTOCOL_TAG, b"{"]):
        shared.send_raw(*frames)
    bad = json.loads(bytes(encode(describe("t000004"))[1]))
    bad["work"]["graph"]["nodes"][0]["op"]["kind"] = "teleport"
    shared.send_raw(PROTOCOL_TAG, json.dumps(bad).encode())
    failed = shared.expect(schema.Failed)
    assert (failed.task, failed.failure.kind) == ("t000004", "invalid_task")
    assert "teleport" in failed.failure.message
    shared.send(schema.Acknowledge(task="t000004", lease=0))
    shared.send(describe("t000005"))
    assert shared.expect(schema.Result).task == "t000005"
    shared.send(schema.Acknowledge(task="t000005", lease=0))
    reasons = [
        message.fields["reason"]
        for message in shared.heard
        if isinstance(message, schema.Log) and message.level == "warn"
    ]
    assert len(reasons) == 5


def test_a_training_beats_streams_and_stops_when_cancelled(shared: Orchestrator) -> None:
    shared.send(run("t000006", long_training()))
    shared.expect(schema.Started)
    first = shared.expect(schema.Progress)
    assert first.point.epoch == 1
    since = len(shared.heard)
    began = time.monotonic()
    for _ in range(5):
        beat = shared.expect(schema.WorkerHeartbeat)
    assert isinstance(beat.memory, schema.WorkerMemory)
    assert beat.memory.resident_bytes > 50e6  # PyTorch alone is more
    assert beat.memory.device_bytes is None
    assert time.monotonic() - began < 5.0  # five of 0.2 s, on a busy machine
    assert all(not isinstance(message, schema.Result) for message in shared.heard[since:])
    shared.send(schema.Cancel(task="t000006", lease=0))
    failed = shared.expect(schema.Failed)
    assert (failed.task, failed.failure.kind) == ("t000006", "cancelled")
    assert isinstance(failed.failure.cost, schema.Cost)
    assert failed.failure.cost.epochs >= 1
    shared.send(schema.Acknowledge(task="t000006", lease=0))


def test_a_training_past_its_deadline_fails_as_timed_out(shared: Orchestrator) -> None:
    shared.send(run("t000007", long_training(), deadline=0.5))
    failed = shared.expect(schema.Failed)
    assert (failed.task, failed.failure.kind) == ("t000007", "timeout")
    assert "0.5 s" in failed.failure.message
    shared.send(schema.Acknowledge(task="t000007", lease=0))


def test_a_lost_link_brings_hello_and_the_kept_result_again(shared: Orchestrator) -> None:
    shared.send(describe("t000008"))
    assert shared.expect(schema.Result).task == "t000008"
    shared.rebind()
    hello = shared.greet()
    assert hello.worker == "w00"
    again = shared.expect(schema.Result)
    assert again.task == "t000008"
    shared.send(schema.Acknowledge(task="t000008", lease=0))


def test_an_interrupt_from_the_terminal_is_left_to_the_orchestrator(shared: Orchestrator) -> None:
    shared.process.send_signal(signal.SIGINT)
    shared.send(describe("t000009"))
    assert shared.expect(schema.Result).task == "t000009"
    shared.send(schema.Acknowledge(task="t000009", lease=0))


def test_drain_waits_for_the_acknowledgement_and_ends_with_0(shared: Orchestrator) -> None:
    # The last test of the shared worker.
    shared.send(describe("t000010"))
    shared.send(schema.Drain())
    assert shared.expect(schema.Result).task == "t000010"
    shared.send(schema.Acknowledge(task="t000010", lease=0))
    shared.expect(schema.Drained)
    assert shared.ended() == (0, "")


def test_the_worker_dies_with_its_standard_input_whatever_it_does(tmp_path: Path) -> None:
    with Orchestrator(tmp_path, "--dataset", "digits") as orchestrator:
        orchestrator.greet()
        orchestrator.send(run("t000001", long_training()))
        orchestrator.expect(schema.Progress)
        assert orchestrator.process.stdin is not None
        orchestrator.process.stdin.close()
        assert orchestrator.process.wait(5) == -signal.SIGKILL
        # A killed orchestrator cannot remove its socket; the folder stays, since it holds more.
        assert not (tmp_path / "w.sock").exists()
        assert tmp_path.exists()


def test_a_terminated_worker_cancels_its_task_and_says_goodbye(tmp_path: Path) -> None:
    with Orchestrator(tmp_path, "--dataset", "digits") as orchestrator:
        orchestrator.greet()
        orchestrator.send(run("t000001", long_training()))
        orchestrator.expect(schema.Progress)
        orchestrator.process.send_signal(signal.SIGTERM)
        assert orchestrator.expect(schema.Failed).failure.kind == "cancelled"
        orchestrator.send(schema.Acknowledge(task="t000001", lease=0))
        orchestrator.expect(schema.Drained)
        assert orchestrator.ended()[0] == 0
