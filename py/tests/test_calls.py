"""Calls of a user's functions, from the task to its outcome, within this process."""

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from archloom_worker import schema
from archloom_worker.errors import Cancelled
from archloom_worker.protocol import unpack_tensors
from tests.call_worker import HERE, Worker, call
from tests.conftest import GRAPH


@pytest.fixture
def worker() -> Worker:
    return Worker(HERE)


def test_arguments_come_by_name_and_the_result_goes_back(worker: Worker) -> None:
    result = worker.call("train", input={"learning_rate": 1, "epochs": 2})
    assert result.output == {"loss": 2.0, "kind": "float"}  # JSON's 1 is a float where one is asked
    assert (result.checkpoint, result.stopped, result.cost.epochs) == (None, False, 0)


def test_a_default_of_the_function_holds(worker: Worker) -> None:
    assert worker.call("train", input={"learning_rate": 0.5}).output["loss"] == 1.5


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        ("train", {}, "needs learning_rate, but the call gives nothing"),
        ("train", {"epochs": 1}, "needs learning_rate, but the call gives epochs"),
        (
            "train",
            {"learning_rate": 1, "learningrate": 2},
            "takes no learningrate; of what was given it takes learning_rate",
        ),
        ("everything", {}, "needs a network (graph), but the call brings none"),
        ("with_settings", {"epochs": 1}, "The input is no Settings: Object missing required"),
        ("positional", {"x": 1}, "takes x by position only"),
    ],
)
def test_arguments_that_do_not_fit_are_told(
    worker: Worker, function: str, given: dict[str, Any], said: str
) -> None:
    failure = worker.refused(call(function, input=given))
    assert failure.kind == "invalid_task"
    assert said in failure.message
    assert failure.traceback is msgspec.UNSET


def test_a_configuration_is_the_whole_input(worker: Worker) -> None:
    given = {"a": 1, "nested": {"b": [1.5, None]}}
    assert worker.call("with_configuration", input=given).output == {"got": given}


def test_a_configuration_may_be_a_dataclass(worker: Worker) -> None:
    result = worker.call("with_settings", input={"learning_rate": 1})
    assert result.output == {"rate": 1.0, "epochs": 3}


def test_what_has_no_parameter_goes_to_the_rest(worker: Worker) -> None:
    result = worker.call("with_rest", input={"a": 1, "b": 2})
    assert result.output == {"a": 1, "rest": {"b": 2}}


def test_the_worker_gives_what_the_signature_names(worker: Worker) -> None:
    result = worker.call("everything", graph=GRAPH, seed=str(2**32 + 5))
    assert result.output == {
        "seed": 5,
        "device": "cpu",
        "inputs": [{"id": "image", "shape": [1, 8, 8]}],
        "shape": [2, 10],
        "reporter": "Reporter",
    }


def test_an_input_goes_before_what_the_worker_could_give(worker: Worker) -> None:
    result = worker.call("with_rest", input={"a": 1, "model": "resnet", "seed": 3})
    assert result.output["rest"] == {"model": "resnet", "seed": 3}


def test_a_model_with_a_default_may_be_left_out(worker: Worker) -> None:
    assert worker.call("optional_model").output == {"has_model": False, "width": 8}
    assert worker.call("optional_model", graph=GRAPH).output["has_model"] is True


def test_a_model_in_an_environment_without_pytorch_is_refused_with_what_to_do() -> None:
    worker = Worker(HERE)
    worker.services = dataclasses.replace(worker.services, device=None)
    failure = worker.refused(call("optional_model", graph=GRAPH))
    assert failure.kind == "invalid_task"
    assert "has no PyTorch, which a model needs; install it there" in failure.message


def test_generators_are_seeded_for_who_asks_for_no_seed(worker: Worker) -> None:
    first = worker.call("draws").output
    assert worker.call("draws").output == first
    assert worker.call("draws", seed="8").output != first


def test_reports_arrive_and_count(worker: Worker) -> None:
    result = worker.call("reporting", input={"epochs": 2})
    assert worker.reports == [
        {"step": 1, "loss": 1.0, "who": "me"},
        {"step": 2, "loss": 0.5, "who": "me"},
    ]
    assert (result.output, result.cost.epochs) == ({"epochs": 2}, 2)


def test_a_function_that_is_asked_to_finish_hands_back_what_it_has(worker: Worker) -> None:
    worker.should_finish = lambda: len(worker.reports) == 3
    result = worker.call("reporting", input={"epochs": 1000})
    assert (result.output, result.stopped) == ({"epochs": 3}, True)


def test_a_function_finishes_early_by_a_rule_of_its_reports(worker: Worker) -> None:
    # The loss falls by ever less: from the fifth report on by less than a sixteenth.
    rule = {"metric": "loss", "goal": "minimize", "patience": 1, "minimumGain": 1 / 16}
    result = worker.call("reporting", input={"epochs": 1000}, earlyStop=rule)
    assert (result.output, result.stopped) == ({"epochs": 5}, True)
    rule = {**rule, "patience": 1000}
    result = worker.call("reporting", input={"epochs": 20}, earlyStop=rule)
    assert (result.output, result.stopped) == ({"epochs": 20}, False)


def test_a_cancelled_function_ends_at_its_next_report(worker: Worker) -> None:
    def check() -> None:
        if len(worker.reports) == 2:
            raise Cancelled("The task was cancelled")

    worker.check = check
    failure = worker.refused(call("reporting", input={"epochs": 1000}))
    assert (failure.kind, failure.cost.epochs) == ("cancelled", 2)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("function", "place"), [("diverging", "nan at loss"), ("returns_nan", "nan at metrics.loss")]
)
def test_a_metric_that_is_no_finite_number_diverged(
    worker: Worker, function: str, place: str
) -> None:
    failure = worker.refused(call(function))
    assert failure.kind == "diverged"
    assert place in failure.message


@pytest.mark.parametrize(
    ("kind", "output"),
    [
        ("nothing", None),
        ("number", 0.5),
        ("scalar", 3.5),
        ("tuple", [1, [2.5, "x"], ["y"]]),
        ("dataclass", {"learning_rate": 0.5, "epochs": 3}),
        ("path", "/a/b"),
    ],
)
def test_plain_values_come_back_as_json(worker: Worker, kind: str, output: Any) -> None:
    assert worker.call("returns", input={"kind": kind}).output == output


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("huge", "which JSON cannot carry exactly"),
        ("object", "holds a object at deep"),
        ("bytes", "holds a bytes at the top"),
        ("tensors in a list", "give each a name in a dict"),
    ],
)
def test_a_value_that_cannot_be_carried_is_named(worker: Worker, kind: str, said: str) -> None:
    failure = worker.refused(call("returns", input={"kind": kind}))
    assert failure.kind == "invalid_task"
    assert said in failure.message
    assert failure.message.startswith(f"What {HERE}:returns returned")


def test_tensors_go_beside_the_values_under_their_keys(worker: Worker) -> None:
    ended = worker.do(call("tensors_out"))
    assert isinstance(ended.message, schema.Result)
    assert ended.message.result.output == {"accuracy": 0.5, "weights": {}}  # type: ignore[union-attr]
    arrays = unpack_tensors(ended.message.tensors, ended.frames)
    assert arrays["logits"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert arrays["weights.first"].dtype == np.int32
    assert arrays["weights.half"].dtype == np.float32


def test_a_tensor_alone_is_called_output(worker: Worker) -> None:
    ended = worker.do(call("tensor_alone"))
    assert isinstance(ended.message, schema.Result)
    assert [entry.name for entry in ended.message.tensors] == ["output"]
    assert ended.message.result.output is None  # type: ignore[union-attr]


def test_tensors_come_as_the_hints_ask(worker: Worker) -> None:
    images = np.ones((2, 2), dtype=np.float32)
    given = {"images": images, "labels": np.array([1, 2])}
    output = worker.call("mean_of", given).output
    assert output == {"mean": 1.0, "labels": 3, "kind": "Tensor"}
    kinds = worker.call("all_tensors", given).output
    assert kinds == {"images": "ndarray", "labels": "ndarray"}


def test_a_tensor_can_be_written_to_and_is_not_copied(worker: Worker) -> None:
    images = np.ones(4, dtype=np.float32)
    ended = worker.do(call("doubled"), {"images": images})
    assert isinstance(ended.message, schema.Result)
    assert unpack_tensors(ended.message.tensors, ended.frames)["images"].tolist() == [2, 2, 2, 2]
    assert images.tolist() == [1, 1, 1, 1]


def test_a_tensor_that_nobody_takes_is_told(worker: Worker) -> None:
    failure = worker.refused(call("tensor_alone"), {"images": np.ones(2)})
    assert "takes no images" in failure.message


def test_what_the_function_raises_is_told_with_its_own_part_of_the_traceback(
    worker: Worker,
) -> None:
    failure = worker.refused(call("fails"))
    assert failure.kind == "internal"
    assert failure.message.startswith("KeyError: 'what is wrong' (user_functions.py, line ")
    assert isinstance(failure.traceback, str)
    assert "in fails" in failure.traceback
    assert "archloom_worker" not in failure.traceback


def test_an_error_in_a_library_is_placed_in_the_users_code(worker: Worker) -> None:
    failure = worker.refused(call("fails_in_library"))
    assert failure.message.startswith("RuntimeError: mat1 and mat2 shapes cannot be multiplied")
    assert "(user_functions.py, line " in failure.message


def test_a_function_that_exits_fails_and_the_worker_goes_on(worker: Worker) -> None:
    assert worker.refused(call("leaves")).message.startswith("SystemExit: 3")
    assert worker.call("draws").output


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("report", "The Reported message is too large: expected at most 16777216 bytes of header"),
        ("result", "The Result message is too large: expected at most 16777216 bytes of header"),
        ("depth", "nested deeper than 32 levels"),
        ("error", "ValueError: xxxx"),
    ],
)
def test_what_is_too_large_to_send_fails_the_task_alone(
    worker: Worker, what: str, said: str
) -> None:
    failure = worker.refused(call("too_much", input={"what": what}))
    assert failure.kind == "invalid_task"
    assert said in failure.message
    assert len(failure.message) < 20_000
    assert worker.reports == []


def test_a_later_call_goes_on_from_what_an_earlier_one_saved(
    worker: Worker, tmp_path: Path
) -> None:
    path = str(tmp_path / "state")
    first = worker.call("counting", input={"epochs": 2}, checkpointPath=path)
    assert first.checkpoint.path == path
    resume = msgspec.to_builtins(first.checkpoint)
    second = worker.call("counting", input={"epochs": 5}, resume=resume)
    assert second.output == {"weight": 10.0}
    assert second.checkpoint is None  # nowhere to leave one


def test_only_plain_states_are_saved(worker: Worker, tmp_path: Path) -> None:
    failure = worker.refused(call("saves_object", checkpointPath=str(tmp_path / "state")))
    assert failure.kind == "invalid_task"
    assert list(tmp_path.iterdir()) == []
