"""The command line, its refusals, and logs on their way to the orchestrator."""

import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from archloom_worker import schema
from archloom_worker.__main__ import main
from archloom_worker.command_line import parse_arguments
from archloom_worker.events import Logged
from archloom_worker.logs import forward_logs, log_text, log_value
from archloom_worker.protocol import encode

NEEDED = ("--connect", "ipc:///nowhere/w.sock", "--name", "w00", "--lock", "requirements.lock")


@pytest.fixture(autouse=True)
def keep_signals() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


def test_defaults_are_a_deterministic_worker_on_one_cpu_thread() -> None:
    options = parse_arguments(NEEDED)
    assert (options.device, options.threads, options.determinism) == ("cpu", 1, "bitwise")
    assert options.secret_key_env == "ARCHLOOM_CURVE_SECRET"
    assert options.data_folder == []
    assert not options.watch_stdin


def test_folders_and_data_sets_may_be_given_repeatedly() -> None:
    options = parse_arguments(
        [*NEEDED, *("--dataset", "digits", "--dataset", "cifar10", "--data-folder", "a")]
    )
    assert options.dataset == ["digits", "cifar10"]
    assert options.data_folder == [Path("a")]


def test_modules_that_may_be_called_and_their_folders_may_be_given_repeatedly() -> None:
    assert parse_arguments(NEEDED).allow == []
    given = ("--allow", "team.training", "--allow", "tools", "--python-path", "a")
    options = parse_arguments([*NEEDED, *given])
    assert (options.allow, options.python_path) == (["team.training", "tools"], [Path("a")])


@pytest.mark.parametrize(
    "wrong",
    [
        ("--device", "tpu"),
        ("--device", "cuda:x"),
        ("--threads", "0"),
        ("--threads", "1.5"),
        ("--determinism", "exact"),
        ("--dataset", "imagenet"),
        ("--allow", "team/training"),
        ("--allow", "team..training"),
        ("--allow", ""),
        ("--name", ""),
        ("--name", "w" * 241),
        ("--patience-seconds", "nan"),
        ("--patience-seconds", "-1"),
        ("--log-level", "loud"),
        ("--secret-key", "x"),
    ],
)
def test_a_wrong_option_exits_2_and_is_named(
    wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments([*NEEDED, *wrong])
    assert caught.value.code == 2
    assert wrong[0].replace("--secret-key", "secret-key") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--connect", "tcp://127.0.0.1:5555"), "over tcp a worker needs CURVE keys"),
        (("--connect", "udp://x"), "expected ipc://PATH or tcp://HOST:PORT"),
        (("--server-key", "x" * 40), "needs the secret key's environment variable"),
    ],
)
def test_a_worker_that_cannot_start_says_why_and_exits_3(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*NEEDED, *options]) == 3
    assert said in capsys.readouterr().err


def test_the_secret_key_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = zmq.curve_keypair()
    monkeypatch.setenv("MY_SECRET", secret.decode())
    assert main([*NEEDED, *("--secret-key-env", "MY_SECRET")]) == 3
    assert "MY_SECRET" not in os.environ


def test_refusals_come_before_pytorch_is_loaded() -> None:
    code = (
        "import sys; from archloom_worker.__main__ import main;"
        f"code = main({[*NEEDED, '--connect', 'tcp://h:1']!r});"
        "print(code, 'torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "3 False False\n"


# Logs


@pytest.fixture
def logged() -> Iterator[list[schema.Log]]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    seen: list[schema.Log] = []

    def report(event: Logged) -> None:
        encode(event.log)  # it can go on the wire
        seen.append(event.log)

    forward_logs(report, "info")
    yield seen
    root.setLevel(level)
    root.handlers[:] = handlers
    logging.captureWarnings(False)


def test_records_keep_their_level_and_fields(logged: list[schema.Log]) -> None:
    log = logging.getLogger("archloom_worker.train")
    fields: dict[str, Any] = {"epoch": 3, "cached": True, "device": None, "name": "digits"}
    log.warning("Slow epoch", extra={"fields": fields})
    log.debug("Not seen")
    log.critical("Bad")
    assert [(record.level, record.message) for record in logged] == [
        ("warn", "Slow epoch"),
        ("error", "Bad"),
    ]
    assert logged[0].fields == {**fields, "logger": "archloom_worker.train"}


def test_an_exception_brings_its_traceback(logged: list[schema.Log]) -> None:
    try:
        raise KeyError("x")
    except KeyError:
        logging.getLogger("a").exception("Failed")
    assert "KeyError" in str(logged[0].fields["traceback"])


def test_warnings_are_logged(logged: list[schema.Log]) -> None:
    warnings.warn("upsample has no deterministic implementation", UserWarning, stacklevel=1)
    assert logged[0].level == "warn"
    assert "no deterministic implementation" in logged[0].message


def test_a_long_text_is_cut() -> None:
    text = "🂡" * 10**6
    for sent in (log_value(text), log_text(text)):
        # The orchestrator counts as UTF-16 does.
        assert len(str(sent).encode("utf-16-le")) // 2 <= schema.MAX_LOG_CHARACTERS
        assert str(sent).endswith("characters left out)")


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (1, 1.0),
        (True, True),
        (None, None),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (10**400, str(10**400)),
        ("\udcff", "?"),
        (Path("a"), "a"),
    ],
)
def test_a_field_is_sent_as_the_protocol_can_carry_it(value: object, sent: object) -> None:
    assert log_value(value) == sent
