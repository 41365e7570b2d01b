"""Which of a user's functions may be called, and modules that cannot be imported."""

import sys
from pathlib import Path

import pytest

from archloom_worker import tasks
from tests.call_worker import HERE, Worker, call


@pytest.fixture
def worker() -> Worker:
    return Worker(HERE)


@pytest.mark.parametrize("function", ["decorated", "partly"])
def test_wrapped_functions_are_the_users(worker: Worker, function: str) -> None:
    given = {"x": 1} if function == "decorated" else {"learning_rate": 1}
    assert worker.call(function, input=given).output


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("os:system", "os:system may not be called: this worker allows tests.user_functions only"),
        (f"{HERE}:system", f"{HERE}:system may not be called, since it is defined in posix"),
        (f"{HERE}:borrowed", "since it is defined in tests.user_library"),
        (f"{HERE}:printer", "since it is defined in builtins"),
        ("tests.user_functions2:train", "start it with permission for tests.user_functions2"),
        ("tests:train", "may not be called"),
        (f"{HERE}:nothing", f"The module {HERE} has no nothing, it defines Model, Settings,"),
        (f"{HERE}:HERE", "has no HERE"),
        (f"{HERE}.below:train", f"There is no module {HERE}.below"),
    ],
)
def test_only_what_is_allowed_can_be_called(worker: Worker, function: str, said: str) -> None:
    failure = worker.refused({**call("x"), "function": function})
    assert failure.kind == "invalid_task"
    assert said in failure.message


def test_nothing_is_imported_before_it_is_allowed(worker: Worker) -> None:
    assert worker.refused({**call("x"), "function": "antigravity:fly"}).kind == "invalid_task"
    assert "antigravity" not in sys.modules


def test_a_package_allows_what_is_in_it() -> None:
    package = Worker("tests")
    assert package.call("train", input={"learning_rate": 1}).output
    assert package.call("borrowed").output == "borrowed"


def test_without_permission_nothing_can_be_called() -> None:
    failure = Worker().refused(call("train"))
    assert "this worker allows no module" in failure.message
    assert "call" not in tasks.capabilities()
    assert "session-open" in tasks.capabilities(calls=True)


def test_a_module_whose_own_import_fails_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needy.py").write_text("import surely_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    failure = Worker("needy").refused({**call("x"), "function": "needy:train"})
    assert failure.kind == "invalid_task"
    assert failure.message == (
        "The module needy cannot be imported: ModuleNotFoundError: No module named"
        " 'surely_not_there' (needy.py, line 1)"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("\n1 / 0", "ZeroDivisionError: division by zero (broken.py, line 2)"),
        ("def f(:", "SyntaxError: invalid syntax (broken.py, line 1)"),
        ("raise SystemExit", "SystemExit (broken.py, line 1)"),
    ],
)
def test_a_module_that_cannot_be_imported_is_no_fault_of_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    (tmp_path / "broken.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    failure = Worker("broken").refused({**call("x"), "function": "broken:f"})
    assert failure.kind == "invalid_task"
    assert failure.message == f"The module broken cannot be imported: {said}"
