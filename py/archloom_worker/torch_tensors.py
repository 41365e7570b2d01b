"""Tensors of PyTorch, as files of tensors hold them: what `tensor_file.py` needs PyTorch for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.torch
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

_LAYOUTS = {
    "channels_last": torch.channels_last,
    "channels_last_3d": torch.channels_last_3d,
}

_DTYPES = {
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
}


def save(tensors: Mapping[str, npt.NDArray[Any] | torch.Tensor], metadata: dict[str, str]) -> bytes:
    """The bytes of a file of plain tensors, and of arrays beside them."""
    own = {
        name: torch.from_numpy(item) if isinstance(item, np.ndarray) else item
        for name, item in tensors.items()
    }
    return safetensors.torch.save(own, metadata)


def load(content: bytes) -> dict[str, Any]:
    """The tensors of a file on the CPU; raises as safetensors does."""
    return dict(safetensors.torch.load(content))


def plain(value: torch.Tensor) -> tuple[torch.Tensor, str | None]:
    """A copy on the CPU that shares memory with nothing, and the name of its layout in memory.

    A view would not do: safetensors refuses two names of one memory.

    Raises:
        TypeError: When it is of a type or layout that files do not have.
        RuntimeError: When it cannot be copied, and so NotImplementedError.
    """
    tensor = value.detach()
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.dtype not in _DTYPES:
        raise TypeError(f"layout {tensor.layout}, type {tensor.dtype}")
    tensor = tensor.cpu().resolve_conj().resolve_neg()
    layout = next((name for name in _LAYOUTS if _has_layout(tensor, name)), None)
    return tensor.clone(memory_format=torch.contiguous_format), layout


def laid_out(tensor: torch.Tensor, layout: object) -> torch.Tensor:
    """The tensor with the layout that it was saved with; raises ValueError for an unknown one."""
    if layout is None:
        return tensor
    if not isinstance(layout, str) or layout not in _LAYOUTS:
        raise ValueError("a tensor has an unknown layout")
    if tensor.ndim != _axes(layout):
        raise ValueError(f"a tensor of {tensor.ndim} axes has the layout {layout}")
    return tensor.contiguous(memory_format=_LAYOUTS[layout])


def as_array(tensor: torch.Tensor) -> npt.NDArray[Any]:
    """The same memory for NumPy; raises ValueError for a type that it does not know."""
    try:
        return tensor.numpy()
    except TypeError as error:
        raise ValueError(f"an array has the type {tensor.dtype}") from error


def _has_layout(tensor: torch.Tensor, name: str) -> bool:
    if tensor.ndim != _axes(name) or tensor.is_contiguous():
        return False
    return tensor.is_contiguous(memory_format=_LAYOUTS[name])


def _axes(layout: str) -> int:
    return 4 if layout == "channels_last" else 5
