"""What a training or an evaluation is given beside its work: the seam between tasks and training.

Training knows nothing of the protocol: it reports points through a callable and asks through
another whether to go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

    from archloom_worker import schema
    from archloom_worker.data.store import Splits


class DatasetStore(Protocol):
    """Data sets by name and split; keeps what it has loaded, resident on the device."""

    def load(self, split: schema.DatasetSplit) -> Splits:
        """Returns a split on the device.

        Raises:
            DataError: When the data set is missing or corrupt.
            InvalidTask: When a part of the split would be empty.
        """


@dataclass(frozen=True)
class TrainContext:
    """Everything that training may use beside the work itself."""

    device: torch.device
    datasets: DatasetStore
    on_progress: Callable[[schema.CurvePoint], None]
    """Called once an epoch, in order; cheap, never blocks."""
    check: Callable[[], None]
    """Called before every batch; raises Cancelled or DeadlinePassed when the task must stop."""
