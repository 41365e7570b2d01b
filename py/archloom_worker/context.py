"""What a training or an evaluation is given beside its work: the seam between tasks and training.

Training knows nothing of the protocol: it reports points through a callable and asks through
another whether to go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

    from archloom_worker import schema


class DatasetStore(Protocol):
    """Data sets by name and split; keeps what it has loaded, resident on the device."""

    def load(self, split: schema.DatasetSplit) -> Any:
        """Returns the split's tensors.

        Raises:
            DataError: When the data set is missing or corrupt.
            InvalidTask: When the split cannot be made, such as with more classes than images.
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
