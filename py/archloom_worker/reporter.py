"""What a function of the user's is given to report with, if its signature asks for a `reporter`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archloom_worker.errors import InvalidTask
from archloom_worker.output import plain_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from archloom_worker import schema
    from archloom_worker.stop_rule import StopRule


class Reporter:
    """Says how far a function is, learns when it should finish, and keeps what it may resume from.

    A function that does without one can still be cancelled, if only with its process.
    """

    def __init__(
        self,
        *,
        on_report: Callable[[dict[str, Any]], None],
        check: Callable[[], None],
        should_stop: Callable[[], bool],
        rule: StopRule | None = None,
        resume: schema.CheckpointRef | None = None,
        checkpoint_path: str | None = None,
    ) -> None:
        self._on_report = on_report
        self._check = check
        self._should_stop = should_stop
        self._rule = rule
        self._resume = resume
        self._path = None if checkpoint_path is None else Path(checkpoint_path)
        self.saved: schema.CheckpointRef | None = None
        """What was saved last."""

    def report(self, step: int | None = None, **metrics: object) -> None:
        """Tells the orchestrator how far it is; once an epoch, or as often as you like.

        Costs next to nothing and never waits: when more is reported than the orchestrator takes,
        the oldest reports are left out.

        Args:
            step: How far it is, such as epochs behind it.
            metrics: Numbers, texts, lists or dicts by name.

        Raises:
            Cancelled: When the call was cancelled: let it through.
            DeadlinePassed: When its time is up: let it through, too.
            Diverged: When a metric is NaN or infinite.
        """
        self._check()
        values = metrics if step is None else {"step": step, **metrics}
        report = plain_report(values, "The report")
        if self._rule is not None:
            self._rule.take(report)
        self._on_report(report)

    @property
    def should_stop(self) -> bool:
        """Whether enough was seen, by the orchestrator or by a rule: return what there is.

        Raises:
            Cancelled: As `report`.
            DeadlinePassed: As `report`.
        """
        self._check()
        return self.stopped

    @property
    def stopped(self) -> bool:
        """Whether the function was asked to finish early, by the orchestrator or by its rule."""
        return self._should_stop() or (self._rule is not None and self._rule.should_stop)

    def save(self, state: object) -> None:
        """Keeps a state that a later call may go on from; does nothing where none is wanted.

        Args:
            state: Tensors, arrays, numbers and texts in dicts, lists and tuples, such as
                `{"model": model.state_dict(), "epoch": 3}`. No other objects: files that hold
                them would run code when they are read.

        Raises:
            InvalidTask: When there is anything else in it, or the environment has no safetensors.
        """
        self._check()
        if self._path is not None:
            self.saved = _tensor_files().write_tensors(self._path, state)

    def load(self) -> Any:
        """The state that an earlier call saved, its tensors on the CPU; None for a new start."""
        return None if self._resume is None else _tensor_files().read_tensors(self._resume)


def _tensor_files() -> ModuleType:
    """Loaded when it is needed: an environment without PyTorch may do without safetensors."""
    try:
        from archloom_worker import tensor_file  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "safetensors":
            raise
        raise InvalidTask(
            f"The environment {sys.prefix} has no safetensors, which saved states are kept in;"
            " install it there, or save nothing"
        ) from error
    return tensor_file
