"""Objects of a user that a worker keeps between calls."""

import numpy as np
import pytest

from archloom_worker import schema
from archloom_worker.protocol import unpack_tensors
from tests import user_functions
from tests.call_worker import HERE, Worker, opened, session_call


@pytest.fixture
def worker() -> Worker:
    return Worker(HERE)


def test_a_session_keeps_its_object_between_calls(worker: Worker) -> None:
    assert isinstance(worker.do(opened()).message, schema.Result)
    inputs = {"inputs": np.ones((1, 2), dtype=np.float32)}
    outputs = []
    for _ in range(2):
        ended = worker.do(session_call("predict"), inputs)
        assert isinstance(ended.message, schema.Result)
        outputs.append(unpack_tensors(ended.message.tensors, ended.frames)["outputs"].tolist())
        worker.do(session_call("fit", steps=1))
    assert outputs == [[2.0], [4.0]]
    assert [report["step"] for report in worker.reports] == [0, 0]


def test_a_tensor_of_a_session_is_a_copy(worker: Worker) -> None:
    worker.do(opened())
    ended = worker.do(session_call("fit", steps=1))
    worker.do(session_call("fit", steps=5))
    assert isinstance(ended.message, schema.Result)
    assert unpack_tensors(ended.message.tensors, ended.frames)["weight"].tolist() == [2, 2]


def test_a_closed_session_is_gone_and_was_told(worker: Worker) -> None:
    worker.do(opened())
    kept = user_functions.Model.last
    for _ in range(2):  # closing twice is fine
        ended = worker.do({"kind": "session-close", "session": "s1"})
        assert isinstance(ended.message, schema.Result)
    assert kept.closed
    failure = worker.refused(session_call("fit", steps=1))
    assert failure.message == "This worker holds no session s1; open it first"


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("guess", "Model has no method guess, it has close, fit, predict"),
        ("weight", "Model has no method weight"),
        ("fit", "Model.fit needs steps"),
    ],
)
def test_a_method_that_cannot_be_called_is_told(worker: Worker, method: str, said: str) -> None:
    worker.do(opened())
    assert said in worker.refused(session_call(method)).message


def test_a_session_may_be_made_by_a_function_only_where_it_is_allowed(worker: Worker) -> None:
    assert worker.refused(opened(function="os:getcwd")).kind == "invalid_task"
