"""Layers that networks need and PyTorch does not have."""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel


class DropPath(nn.Module):
    """Drops the whole tensor of a sample with probability `rate` while training.

    What is kept is scaled by `1 / (1 - rate)`, so that its mean stays. A schedule may change `rate`
    between steps.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape."""
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1))  # (N, 1, ...)
        return x * mask.bernoulli_(keep).div_(keep)

    def extra_repr(self) -> str:
        """The rate, for printing."""
        return f"rate={self.rate}"


class Zero(nn.Module):
    """Zeros in the shape that a stride leaves; no gradient flows back."""

    def __init__(self, stride: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, H, W) to (N, C, ceil(H / stride), ceil(W / stride))."""
        return torch.zeros_like(x[:, :, :: self.stride[0], :: self.stride[1]])

    def extra_repr(self) -> str:
        """The stride, for printing."""
        return f"stride={self.stride}"


class Unpool2d(nn.Module):
    """Sets pixels apart by zeros: pixel (y, x) goes to (y * stride, x * stride)."""

    def __init__(self, stride: tuple[int, int], size: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, ceil(H / stride), ceil(W / stride)) to (N, C, H, W)."""
        y = x.new_zeros((*x.shape[:2], *self.size))
        y[:, :, :: self.stride[0], :: self.stride[1]] = x
        return y

    def extra_repr(self) -> str:
        """Stride and size, for printing."""
        return f"stride={self.stride}, size={self.size}"


class PositionalEmbedding(nn.Module):
    """Adds a learned vector at each position of a sequence."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        # Small beside the embeddings that it is added to, as in GPT-2.
        self.weight = nn.Parameter(torch.empty(length, features).normal_(std=0.02))

    def forward(self, x: Tensor) -> Tensor:
        """Keeps (N, T, F), T at most the length."""
        return x + self.weight[: x.shape[1]]

    def extra_repr(self) -> str:
        """Length and features, for printing."""
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"


class Attention(nn.Module):
    """Scaled dot-product attention by heads; without weights, the projections are linear layers."""

    def __init__(self, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Maps three (N, T, F) to (N, T, F)."""
        # The fast kernels' gradients are sums in no fixed order.
        fixed = torch.are_deterministic_algorithms_enabled() and queries.is_cuda
        with sdpa_kernel(SDPBackend.MATH) if fixed else nullcontext():
            mixed = functional.scaled_dot_product_attention(
                self._split(queries),
                self._split(keys),
                self._split(values),
                is_causal=self.causal,
            )
        return mixed.transpose(1, 2).flatten(2)  # (N, H, T, F / H) to (N, T, F)

    def _split(self, x: Tensor) -> Tensor:
        count, length, features = x.shape
        heads = x.reshape(count, length, self.heads, features // self.heads)
        return heads.transpose(1, 2)  # (N, H, T, F / H)

    @staticmethod
    def multiply_adds(output: Tensor) -> int:
        """Of queries with keys and of weights with values, what a mask hides among them."""
        return 2 * output.numel() * output.shape[1]

    def extra_repr(self) -> str:
        """Heads and mask, for printing."""
        return f"heads={self.heads}, causal={self.causal}"


class Recurrent(nn.Module):
    """Applies one cell to each position of a sequence in turn, its states zero at the start.

    Args:
        cell: From a position and states to states: a tensor, or a tuple of several.
        state_shapes: Of the states, without the batch axis.
    """

    def __init__(self, cell: nn.Module, state_shapes: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.cell = cell
        self.state_shapes = tuple(state_shapes)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, T, ...) to the first state after each position, (N, T, ...)."""
        states = tuple(x.new_zeros((x.shape[0], *shape)) for shape in self.state_shapes)
        outputs = []
        for position in x.unbind(1):
            after = self.cell(position, *states)
            states = after if isinstance(after, tuple) else (after,)
            outputs.append(states[0])
        return torch.stack(outputs, 1)
