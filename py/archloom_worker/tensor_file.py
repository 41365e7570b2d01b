"""Files of tensors, numbers and texts in any nesting, as safetensors: reading one runs no code.

A tensor's name is its place in the nesting as a JSON pointer (RFC 6901), so that any reader of
safetensors can take it; all else is JSON in the file's metadata. Equal values make equal bytes.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError

from archloom_worker import schema
from archloom_worker.errors import DataError, InvalidTask

SUFFIX = ".safetensors"

MAX_DEPTH = 32
"""Levels of nesting that are written and read; an optimizer's state has four."""

_STRUCTURE = "archloom"
"""The only key of the metadata: with more, their order in the file would be by chance."""

_LAYOUTS = {
    "channels_last": torch.channels_last,
    "channels_last_3d": torch.channels_last_3d,
}

Tensors = dict[str, torch.Tensor]


def write_tensors(path: Path, value: object) -> schema.CheckpointRef:
    """Writes a value so that at no moment a part of a file bears its name.

    Args:
        path: Its folder is made when it is not there.
        value: Tensors, NumPy arrays, numbers, texts, booleans and None, in dicts with keys of text
            or whole numbers, lists and tuples.

    Raises:
        InvalidTask: When there is anything else in it; says what and where.
        OSError: When it cannot be written, such as on a full disk; an older file is left as it was.
    """
    content = pack(value)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return schema.CheckpointRef(path=str(path), sha256=hashlib.sha256(content).hexdigest())


def read_tensors(ref: schema.CheckpointRef) -> Any:
    """Reads the value that a reference names; its tensors are on the CPU.

    Raises:
        DataError: When the file is missing, has another content than the reference states, or was
            not written by `write_tensors`.
    """
    path = Path(ref.path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(
            "missing", f"Checkpoint {path} does not exist; put it back or train anew"
        ) from error
    except OSError as error:
        raise DataError(
            "corrupt", f"Checkpoint {path} cannot be read: {error.strerror}; train anew"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != ref.sha256:
        raise DataError(
            "corrupt",
            f"Checkpoint {path} has the SHA-256 {found}, expected {ref.sha256};"
            " put the right file back or train anew",
        )
    try:
        return unpack(content)
    except ValueError as error:
        raise DataError("corrupt", f"{path} is not a checkpoint: {error}; train anew") from error


def pack(value: object) -> bytes:
    """The bytes of a file. Raises InvalidTask as `write_tensors`."""
    tensors: Tensors = {}
    structure = _written(value, "", tensors)
    try:
        metadata = {_STRUCTURE: msgspec.json.encode(structure).decode()}
    except UnicodeEncodeError as error:
        raise InvalidTask(
            f"What is to be saved has a text that is no Unicode: {error}; save it in another form"
        ) from error
    return safetensors.torch.save(tensors, metadata)


def unpack(content: bytes) -> Any:
    """The value in a file's bytes.

    Raises:
        ValueError: When they are not what `pack` makes.
    """
    try:
        tensors = safetensors.torch.load(content)
        length = int.from_bytes(content[:8], "little")
        metadata = msgspec.json.decode(content[8 : 8 + length]).get("__metadata__", {})
        structure = msgspec.json.decode(metadata.get(_STRUCTURE, ""))
    except (SafetensorError, msgspec.DecodeError, RecursionError, KeyError) as error:
        raise ValueError(str(error)) from error
    return _read(structure, tensors, 0)


def _written(value: object, place: str, tensors: Tensors) -> Any:
    """The value as JSON; what JSON cannot say is an object of one key, its kind."""
    if place.count("/") > MAX_DEPTH:
        raise InvalidTask(
            f"What is to be saved is nested deeper than {MAX_DEPTH} levels, at {place}; make it"
            " flatter"
        )
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": str(float(value))}
    if isinstance(value, torch.Tensor | np.ndarray):
        return _tensor_written(value, place, tensors)
    if isinstance(value, list | tuple):
        items = [_written(item, f"{place}/{index}", tensors) for index, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict) and all(type(key) in (str, int) for key in value):
        pairs = [[key, _written(item, _below(place, key), tensors)] for key, item in value.items()]
        return {"map": pairs}
    raise _unsaveable(type(value).__name__, place)


def _tensor_written(
    value: torch.Tensor | np.ndarray[Any, Any], place: str, tensors: Tensors
) -> dict[str, str]:
    kind = "tensor" if isinstance(value, torch.Tensor) else "array"
    try:
        tensor = _as_tensor(value)
    except (TypeError, RuntimeError, NotImplementedError) as error:
        raise _unsaveable(f"{kind} of type {value.dtype}", place) from error
    layout = next((name for name in _LAYOUTS if _has_layout(tensor, name)), None)
    if place in tensors:
        raise InvalidTask(
            f"What is to be saved has two keys that are written alike, at {place}; name one anew"
        )
    # Never a view of what another name has: safetensors would refuse two names of one memory.
    tensors[place] = tensor.clone(memory_format=torch.contiguous_format)
    return {kind: place} if layout is None else {kind: place, "layout": layout}


def _as_tensor(value: torch.Tensor | np.ndarray[Any, Any]) -> torch.Tensor:
    if isinstance(value, np.ndarray):
        native = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        tensor = torch.from_numpy(native)
    else:
        tensor = value.detach()
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.dtype not in _DTYPES:
        raise TypeError(f"layout {tensor.layout}, type {tensor.dtype}")
    return tensor.cpu().resolve_conj().resolve_neg()


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


def _has_layout(tensor: torch.Tensor, name: str) -> bool:
    if tensor.ndim != (4 if name == "channels_last" else 5) or tensor.is_contiguous():
        return False
    return tensor.is_contiguous(memory_format=_LAYOUTS[name])


def _read(node: Any, tensors: Tensors, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    match node:
        case None | bool() | int() | float() | str():
            return node
        case list() | {"tuple": list()}:
            items = node if isinstance(node, list) else node["tuple"]
            values = [_read(item, tensors, depth + 1) for item in items]
            return values if isinstance(node, list) else tuple(values)
        case {"map": list(pairs)}:
            return dict(_pair(pair, tensors, depth) for pair in pairs)
        case {"float": "nan" | "inf" | "-inf" as text}:
            return float(text)
        case {"tensor": str(place)} | {"array": str(place)} if place in tensors:
            tensor = tensors[place]
            return tensor.numpy() if "array" in node else _laid_out(tensor, node.get("layout"))
    raise ValueError("its metadata do not say what its tensors are")


def _pair(pair: Any, tensors: Tensors, depth: int) -> tuple[str | int, Any]:
    match pair:
        case [str() | int() as key, value]:
            return key, _read(value, tensors, depth + 1)
    raise ValueError("a dict in its metadata has a key of another kind than text and number")


def _laid_out(tensor: torch.Tensor, layout: object) -> torch.Tensor:
    if layout is None:
        return tensor
    if not isinstance(layout, str) or layout not in _LAYOUTS:
        raise ValueError("a tensor has an unknown layout")
    if tensor.ndim != (4 if layout == "channels_last" else 5):
        raise ValueError(f"a tensor of {tensor.ndim} axes has the layout {layout}")
    return tensor.contiguous(memory_format=_LAYOUTS[layout])


def _below(place: str, key: object) -> str:
    return f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _unsaveable(what: str, place: str) -> InvalidTask:
    return InvalidTask(
        f"What is to be saved has a {what} at {place or 'the top'}, expected tensors, arrays,"
        " numbers, texts, lists and dicts with keys of text or whole numbers; save it in these"
    )


def _sync_folder(folder: Path) -> None:
    """Makes a rename lasting, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
