import math
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from archloom_worker import evaluation, schema, tasks, train
from archloom_worker.context import TrainContext
from archloom_worker.data.store import DatasetStore
from archloom_worker.errors import (
    Cancelled,
    DataError,
    DeadlinePassed,
    Diverged,
    EnvironmentProblem,
    InvalidTask,
)
from archloom_worker.events import Order, TaskEnded
from archloom_worker.failure import TRACEBACK_CHARACTERS, classify, describe_failure
from archloom_worker.protocol import encode
from archloom_worker.tasks import perform
from tests.conftest import GRAPH
from tests.orchestrator import describe, run
from tests.test_worker import long_training

CPU = torch.device("cpu")
COST = schema.Cost(seconds=1.0, epochs=2.0)


def do(order: schema.Run, check: Callable[[], None] = lambda: None) -> TaskEnded:
    services = tasks.Services(CPU, DatasetStore(CPU, ()), root=Path("/"))
    return perform(Order(order, ()), services, on_point=lambda _point: None, check=check)


def failure_of(ended: TaskEnded) -> schema.Failure:
    assert isinstance(ended.message, schema.Failed)
    encode(ended.message)  # it can go on the wire
    return ended.message.failure


def one_epoch() -> schema.Run:
    return run("t1", {**long_training(), "toEpoch": 1})


def point(**changes: Any) -> schema.CurvePoint:
    values: dict[str, Any] = {
        "epoch": 1,
        "train_loss": 1.0,
        "train_accuracy": 0.5,
        "val_loss": 1.0,
        "val_accuracy": 0.5,
        "learning_rate": 0.1,
        "seconds": 1.0,
    }
    return schema.CurvePoint(**{**values, **changes})


def test_capabilities_are_the_kinds_of_work_and_tensors() -> None:
    assert tasks.capabilities() == ("describe", "train", "evaluate", "tensors")


def test_a_description_agrees_with_the_network() -> None:
    ended = do(describe("t1"))
    assert isinstance(ended.message, schema.Result)
    result = ended.message.result
    assert isinstance(result, schema.DescribeResult)
    assert result.output_shapes == ((10,),)
    assert result.counts == schema.NetworkCounts(parameter_count=650, multiply_adds=640)
    assert sum(math.prod(parameter.shape) for parameter in result.parameters) == 650
    encode(ended.message)


def test_a_result_names_its_task_and_lease() -> None:
    message = do(msgspec.structs.replace(describe("t9"), lease=3)).message
    assert (message.task, message.lease) == ("t9", 3)


def test_work_that_takes_no_tensors_refuses_them() -> None:
    entry = schema.TensorFrame(name="gates", dtype="float32", shape=(2,))
    order = Order(
        msgspec.structs.replace(describe("t1"), tensors=(entry,)),
        (np.zeros(2, dtype=np.float32).data.cast("B"),),
    )
    services = tasks.Services(CPU, DatasetStore(CPU, ()))
    ended = perform(order, services, on_point=lambda _point: None, check=lambda: None)
    assert failure_of(ended).kind == "invalid_task"
    assert "gates" in failure_of(ended).message


def test_a_missing_data_set_fails_as_data() -> None:
    work = long_training()
    work["dataset"]["name"] = "cifar10"
    failure = failure_of(do(run("t1", work)))
    assert failure.kind == "data"
    assert "cifar10" in failure.message
    assert failure.traceback is msgspec.UNSET


def test_a_task_stopped_before_it_began_does_nothing() -> None:
    def check() -> None:
        raise Cancelled("The task was cancelled")

    assert failure_of(do(describe("t1"), check)).kind == "cancelled"


def test_a_training_asks_before_every_batch() -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 5:
            raise DeadlinePassed("The task did not finish within its 1 s")

    failure = failure_of(do(one_epoch(), check))
    assert failure.kind == "timeout"
    assert isinstance(failure.cost, schema.Cost)
    assert failure.cost.epochs == 0
    assert failure.cost.seconds > 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_non_finite_point_is_a_divergence(value: float, monkeypatch: Any) -> None:
    def diverging(_work: schema.TrainWork, context: TrainContext) -> None:
        context.on_progress(point())
        context.on_progress(point(epoch=2, val_loss=value))

    monkeypatch.setattr(train, "train", diverging)
    failure = failure_of(do(one_epoch()))
    assert failure.kind == "diverged"
    assert "Epoch 2" in failure.message
    assert "val_loss" in failure.message
    assert isinstance(failure.cost, schema.Cost)
    assert failure.cost.epochs == 1


def test_a_non_finite_result_is_a_divergence(monkeypatch: Any) -> None:
    result = schema.EvaluateResult(split="validation", accuracy=0.1, loss=math.nan, sample_count=10)
    monkeypatch.setattr(evaluation, "evaluate", lambda _work, _context: result)
    work = long_training()
    evaluate = {key: work[key] for key in ("graph", "dataset", "recipe")}
    checkpoint = {"path": "/nowhere", "sha256": ""}
    order = run(
        "t1", {**evaluate, "kind": "evaluate", "checkpoint": checkpoint, "split": "validation"}
    )
    failure = failure_of(do(order))
    assert (failure.kind, failure.message) == (
        "diverged",
        "The result's loss is no finite number",
    )


def test_memory_that_cannot_be_had_is_classified_as_pytorch_says_it() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert classify(caught.value) == "out_of_memory"
    with pytest.raises(MemoryError) as numpy_caught:
        np.empty(1 << 60, dtype=np.uint8)
    assert classify(numpy_caught.value) == "out_of_memory"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "out_of_memory"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "out_of_memory"),
        (RuntimeError("CUDA error: out of memory"), "out_of_memory"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "crashed"),
        (torch.AcceleratorError("device-side assert triggered"), "crashed"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "internal"),
        (ValueError("Expected more than 1 value per channel"), "invalid_task"),
        (KeyError("x"), "internal"),
        (OSError(28, "No space left on device"), "internal"),
        (Diverged("The loss is NaN"), "diverged"),
        (InvalidTask("No"), "invalid_task"),
        (DataError("corrupt", "No"), "data"),
        (Cancelled("No"), "cancelled"),
        (DeadlinePassed("No"), "timeout"),
        (EnvironmentProblem("No"), "internal"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__}: {value}",
)
def test_an_error_has_its_kind(error: Exception, kind: schema.FailureKind) -> None:
    assert classify(error) == kind


def test_a_task_that_exits_ends_alone(monkeypatch: Any) -> None:
    def leaving(_work: schema.TrainWork, _context: TrainContext) -> None:
        sys.exit("Enough")

    monkeypatch.setattr(train, "train", leaving)
    failure = failure_of(do(one_epoch()))
    assert (failure.kind, failure.message) == ("internal", "SystemExit: Enough")


def test_an_unexpected_error_brings_its_traceback(monkeypatch: Any) -> None:
    def broken(_work: schema.TrainWork, _context: TrainContext) -> None:
        raise KeyError("nothing here")

    monkeypatch.setattr(train, "train", broken)
    ended = do(one_epoch())
    failure = failure_of(ended)
    assert failure.kind == "internal"
    assert failure.message == "KeyError: 'nothing here'"
    assert isinstance(failure.traceback, str)
    assert "in broken" in failure.traceback
    assert not ended.fatal


def test_a_spoilt_cuda_context_is_fatal(monkeypatch: Any) -> None:
    def broken(_work: schema.TrainWork, _context: TrainContext) -> None:
        raise torch.AcceleratorError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(train, "train", broken)
    ended = do(one_epoch())
    assert ended.fatal
    assert failure_of(ended).kind == "crashed"


def test_after_a_failure_nothing_of_the_task_is_held(monkeypatch: Any) -> None:
    class Held:
        pass

    seen: list[weakref.ref[Held]] = []

    def hungry(_work: schema.TrainWork, _context: TrainContext) -> None:
        held = Held()
        held.itself = held  # type: ignore[attr-defined]
        seen.append(weakref.ref(held))
        raise MemoryError("No memory")

    monkeypatch.setattr(train, "train", hungry)
    assert failure_of(do(one_epoch())).kind == "out_of_memory"
    assert [reference() for reference in seen] == [None]


def test_texts_that_json_cannot_carry_are_replaced() -> None:
    failure = describe_failure(OSError("no file \udcff"), "internal", COST)
    encode(schema.Failed(task="t1", lease=0, failure=failure))
    assert failure.message == "OSError: no file ?"


def test_a_traceback_is_cut_at_its_beginning() -> None:
    failure = describe_failure(RuntimeError("x" * 50_000), "internal", COST)
    assert isinstance(failure.traceback, str)
    assert len(failure.traceback) == TRACEBACK_CHARACTERS


def test_the_graph_of_these_tests_is_valid() -> None:
    assert msgspec.convert(GRAPH, schema.NetworkGraph).outputs == ("head",)
