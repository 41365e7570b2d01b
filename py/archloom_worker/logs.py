"""Python's logging and warnings, as log messages of the protocol."""

import logging
import sys
from collections.abc import Callable

from archloom_worker import schema
from archloom_worker.command_line import LogLevel
from archloom_worker.events import Logged
from archloom_worker.protocol import clean_text

LOG_LEVELS: dict[LogLevel, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}

LOG_CHARACTERS = schema.MAX_LOG_CHARACTERS // 2 - 64
"""What is kept of a text: the orchestrator counts some characters twice, as UTF-16 does."""


def forward_logs(report: Callable[[Logged], None], level: LogLevel) -> None:
    """Sends what Python's logging and warnings say, from a level on, to the orchestrator."""
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.setLevel(LOG_LEVELS[level])
    root.addHandler(LogForwarder(report))


class LogForwarder(logging.Handler):
    """Hands log records on; fields may be given as `extra={"fields": {...}}`."""

    def __init__(self, report: Callable[[Logged], None]) -> None:
        super().__init__()
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises: a record that cannot be formatted says so on standard error."""
        try:
            self._report(Logged(log_message(record)))
        except Exception:
            self.handleError(record)


def log_message(record: logging.LogRecord) -> schema.Log:
    """A log record as a message: only finite numbers, text, booleans and null in its fields."""
    fields: dict[str, str | float | bool | None] = {"logger": record.name}
    for key, value in getattr(record, "fields", {}).items():
        fields[log_text(str(key))] = log_value(value)
    if record.exc_info is not None:
        fields["traceback"] = log_text(logging.Formatter().formatException(record.exc_info))
    level: LogLevel = "debug"
    for name, bound in LOG_LEVELS.items():
        if record.levelno >= bound:
            level = name  # they rise
    return schema.Log(level=level, message=log_text(record.getMessage()), fields=fields)


def log_value(value: object) -> str | float | bool | None:
    """A field's value as the protocol carries it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= sys.float_info.max:
        return float(value)
    return log_text(str(value))


def log_text(text: str) -> str:
    """A text as the protocol carries it: its end is left out when it is long."""
    if len(text) > LOG_CHARACTERS:
        text = f"{text[:LOG_CHARACTERS]} ({len(text) - LOG_CHARACTERS} characters left out)"
    return clean_text(text)
