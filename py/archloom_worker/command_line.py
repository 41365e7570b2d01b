"""The worker's command line.

Imports nothing that reads environment variables: see `__main__.py`.
"""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from archloom_worker import schema
from archloom_worker.determinism import MODES, Determinism

NAME_BYTES = 240
"""Longest name of a worker: ZeroMQ takes an identity of 255, which has a random part, too."""

LogLevel: TypeAlias = Literal["debug", "info", "warn", "error"]
DEFAULT_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Options:
    """The command line, read."""

    connect: str
    name: str
    device: str
    threads: int
    determinism: Determinism
    lock: Path | None
    root: Path | None
    data_folder: list[Path]
    dataset: list[schema.DatasetName]
    allow: list[str]
    python_path: list[Path]
    server_key: str | None
    public_key: str | None
    secret_key_env: str
    log_level: LogLevel
    patience_seconds: float
    watch_stdin: bool


def parse_arguments(arguments: Sequence[str] | None) -> Options:
    """Reads the command line; a wrong one prints why and exits 2."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # a secret given as --secret-key must not pass for a name
        prog="python -m archloom_worker",
        description="An archloom worker: builds, trains and measures the networks that an "
        "orchestrator sends.",
        epilog="Exit codes: 0 sent away, 2 wrong command line, 3 environment or orchestrator at "
        "fault, 70 the worker itself is broken.",
    )
    parser.add_argument("--connect", required=True, metavar="URL", help="ipc://PATH or tcp://…")
    parser.add_argument("--name", required=True, type=_name, help="the worker's name")
    parser.add_argument("--device", default="cpu", type=_device, help="cpu, cuda or cuda:INDEX")
    parser.add_argument("--threads", default=1, type=_count, help="threads of one operation")
    parser.add_argument(
        "--determinism",
        choices=MODES,
        default="bitwise",
        help="how exactly a result repeats (%(default)s)",
    )
    parser.add_argument(
        "--lock", type=Path, help="the environment's lock file; none where no lock pins it"
    )
    parser.add_argument(
        "--root",
        metavar="FOLDER",
        type=Path,
        help="the only folder that tasks may name files in; without it, none",
    )
    parser.add_argument(
        "--data-folder", action="append", default=[], type=Path, help="may be given repeatedly"
    )
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        choices=get_args(schema.DatasetName),
        help="data set to load at the start; may be given repeatedly",
    )
    parser.add_argument(
        "--allow",
        metavar="MODULE",
        action="append",
        default=[],
        type=_module,
        help="module whose functions may be called, and all in it; may be given repeatedly",
    )
    parser.add_argument(
        "--python-path",
        metavar="FOLDER",
        action="append",
        default=[],
        type=Path,
        help="where modules are looked for first; may be given repeatedly",
    )
    parser.add_argument("--server-key", metavar="KEY", help="the orchestrator's CURVE key, in Z85")
    parser.add_argument("--public-key", metavar="KEY", help="this worker's CURVE key, in Z85")
    parser.add_argument(
        "--secret-key-env",
        metavar="NAME",
        default="ARCHLOOM_CURVE_SECRET",
        help="environment variable that holds this worker's secret key (%(default)s)",
    )
    parser.add_argument(
        "--log-level", choices=get_args(LogLevel), default="info", help="(%(default)s)"
    )
    parser.add_argument(
        "--patience-seconds",
        metavar="S",
        default=DEFAULT_PATIENCE_SECONDS,
        type=_seconds,
        help="how long an orchestrator may take to answer (%(default)g)",
    )
    parser.add_argument(
        "--watch-stdin", action="store_true", help="end at once when standard input closes"
    )
    return Options(**vars(parser.parse_args(arguments)))


def _name(text: str) -> str:
    if not 1 <= len(text.encode()) <= NAME_BYTES or text.startswith("\0"):
        raise argparse.ArgumentTypeError(f"must have 1 to {NAME_BYTES} bytes, got {text!r}")
    return text


def _device(text: str) -> str:
    if re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", text) is None:
        raise argparse.ArgumentTypeError(f"must be cpu, cuda or cuda:INDEX, got {text!r}")
    return text


def _module(text: str) -> str:
    if not all(part.isidentifier() for part in text.split(".")):
        raise argparse.ArgumentTypeError(
            f"must be the name of a module, such as team.training, got {text!r}"
        )
    return text


def _count(text: str) -> int:
    if re.fullmatch(r"[1-9][0-9]{0,3}", text) is None:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 9999, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, got {text!r}")
    return seconds
