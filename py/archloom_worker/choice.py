"""Choices of a supernet and the gates that weigh their candidates.

One forward pass of a supernet takes one gate matrix: `network(images, Gates(matrix))`. Each choice
is the sum of its candidates, weighted by one row of the matrix. A candidate whose gate is exactly 0
is not computed, and so its parameters have no gradient from that pass. Without gates, all are 1.

Parameters are named `<choice>.c<index>.<node of the candidate>`, for example
`stage0.cell0.edge0_1.c3.conv.weight`; `src/graph/choice.ts` gives the nodes of a specialized child
these names, so that it takes its weights over by name.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archloom_worker.errors import InvalidTask


class Gates:
    """The gate matrix of one forward pass.

    Which candidates are computed is decided on the host, so the values are read from their device
    once, here. Gradients flow to `values` where it requires them: to a gate that is not 0.

    Args:
        values: (rows, columns), one row a decision. Rows of fewer candidates are filled up with
            anything.
    """

    def __init__(self, values: Tensor) -> None:
        if values.ndim != 2:
            raise InvalidTask(f"Gates have shape {list(values.shape)}, expected a row a decision")
        self.values = values
        self._numbers: list[list[float]] = values.detach().tolist()

    def row(self, gate: int, count: int) -> tuple[Sequence[float], Tensor | None]:
        """The first `count` gates of a row: as numbers, and as a tensor if gradients are wanted."""
        if gate >= len(self._numbers) or len(self._numbers[gate]) < count:
            raise InvalidTask(
                f"Gates have shape {list(self.values.shape)}, expected a row {gate} of at least"
                f" {count} gates"
            )
        learned = self.values.requires_grad and torch.is_grad_enabled()
        return self._numbers[gate][:count], self.values[gate] if learned else None


class Choice(nn.Module):
    """The sum of candidates, weighted by one row of the gates.

    Args:
        gate: Row of the gate matrix.
        candidates: Networks of the same inputs and of one output shape; those that hold choices
            themselves take the gates as a last argument.
        gated: Which of them do.
        shape: Of the output, without the batch axis.
    """

    def __init__(
        self,
        gate: int,
        candidates: Sequence[nn.Module],
        *,
        gated: Sequence[bool],
        shape: Sequence[int],
    ) -> None:
        super().__init__()
        self.gate = gate
        self.count = len(candidates)
        self._gated = tuple(gated)
        self._shape = tuple(shape)
        for index, candidate in enumerate(candidates):
            self.add_module(f"c{index}", candidate)

    def forward(self, *arguments: Any) -> Tensor:
        """Takes the node's inputs, then the gates or None."""
        inputs: tuple[Tensor, ...] = arguments[:-1]
        gates: Gates | None = arguments[-1]
        numbers, values = (
            ([1.0] * self.count, None) if gates is None else gates.row(self.gate, self.count)
        )
        total: Tensor | None = None
        for index, candidate in enumerate(self.children()):
            number = numbers[index]
            if number == 0.0:
                continue
            term: Tensor = candidate(*arguments) if self._gated[index] else candidate(*inputs)
            if values is not None:
                term = term * values[index]
            elif number != 1.0:
                term = term * number
            total = term if total is None else total + term
        return self._zeros(inputs[0]) if total is None else total

    def _zeros(self, like: Tensor) -> Tensor:
        kind = like.dtype if like.is_floating_point() else torch.get_default_dtype()
        return like.new_zeros((like.shape[0], *self._shape), dtype=kind)

    def extra_repr(self) -> str:
        """The row, for printing."""
        return f"gate={self.gate}"


def gate_shape(network: nn.Module) -> tuple[int, ...]:
    """Candidates of each gate row of a supernet; 0 for a row that no choice uses."""
    counts = {m.gate: m.count for m in network.modules() if isinstance(m, Choice)}
    return tuple(counts.get(row, 0) for row in range(max(counts, default=-1) + 1))
