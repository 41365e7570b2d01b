"""Layers that networks need and PyTorch does not have."""

import torch
from torch import Tensor, nn


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
