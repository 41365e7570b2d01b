"""What can go wrong in a worker, by the kind of failure that the orchestrator is told.

Every class carries its failure kind; `failure.py` reads it, so a new class needs no entry
anywhere else. Messages are one sentence: where, what was expected, what was found, what to do.
"""

from typing import ClassVar, Literal

from archloom_worker.schema import FailureKind

EXIT_OK = 0
EXIT_USAGE = 2
"""The command line is wrong."""
EXIT_WORKER = 3
"""The environment, the orchestrator or the link is at fault; the notice says how to mend it."""
EXIT_INTERNAL = 70
"""The worker itself is broken."""


class WorkerError(Exception):
    """Any failure that a worker can explain."""

    failure_kind: ClassVar[FailureKind] = "internal"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Cancelled(WorkerError):  # noqa: N818 - an order, not an error
    """The orchestrator asked for the running task to stop."""

    failure_kind = "cancelled"


class DeadlinePassed(WorkerError):  # noqa: N818 - an event, not an error
    """The running task used up the seconds that it was given."""

    failure_kind = "timeout"


class Diverged(WorkerError):  # noqa: N818 - an outcome of a training, not an error
    """The training loss or a weight stopped being a finite number."""

    failure_kind = "diverged"


class InvalidTask(WorkerError):  # noqa: N818 - the task is invalid, not the worker
    """The work cannot be done as it was asked for: retrying changes nothing."""

    failure_kind = "invalid_task"


class DataError(WorkerError):
    """A data set is not there, or its files are not what they should be."""

    failure_kind = "data"

    def __init__(self, kind: Literal["missing", "corrupt"], message: str) -> None:
        super().__init__(message)
        self.kind: Literal["missing", "corrupt"] = kind


class EnvironmentProblem(WorkerError):  # noqa: N818 - the environment's fault
    """The worker cannot start here, such as without the device that it was told to use; exit 3."""
