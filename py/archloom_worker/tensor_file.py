"""Files of tensors, numbers and texts in any nesting, as safetensors: reading one runs no code.

A tensor's name is its place in the nesting as a JSON pointer (RFC 6901), so that any reader of
safetensors can take it; all else is JSON in the file's metadata. Equal values make equal bytes.

PyTorch is needed for its own tensors alone: arrays are written and read without it.
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from archloom_worker import schema
from archloom_worker.determinism import torch_installed
from archloom_worker.errors import DataError, InvalidTask

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

    Tensors: TypeAlias = dict[str, npt.NDArray[Any] | torch.Tensor]

MAX_DEPTH = 32
"""Levels of nesting that are written and read; an optimizer's state has four."""

_STRUCTURE = "archloom"
"""The only key of the metadata: with more, their order in the file would be by chance."""

_ARRAY_TYPES = {
    *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64"),
}
"""Types of NumPy that safetensors knows."""


class _Header(msgspec.Struct):
    """The part of a file's header that is ours; the rest is safetensors' own."""

    metadata: dict[str, str] = msgspec.field(name="__metadata__", default_factory=dict)


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
        InvalidTask: As `unpack`.
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
    arrays = {name: item for name, item in tensors.items() if isinstance(item, np.ndarray)}
    if len(arrays) == len(tensors):
        return safetensors.numpy.save(arrays, metadata)
    from archloom_worker import torch_tensors  # noqa: PLC0415 - imports PyTorch

    return torch_tensors.save(tensors, metadata)


def unpack(content: bytes) -> Any:
    """The value in a file's bytes.

    Raises:
        ValueError: When they are not what `pack` makes.
        InvalidTask: When tensors of PyTorch are among them, and it is not installed.
    """
    try:
        length = int.from_bytes(content[:8], "little")
        header = msgspec.json.decode(content[8 : 8 + length], type=_Header)
        structure = msgspec.json.decode(header.metadata.get(_STRUCTURE, ""))
        tensors = _loaded(content, _has_tensor(structure))
    except (SafetensorError, msgspec.DecodeError, RecursionError, KeyError) as error:
        raise ValueError(str(error)) from error
    return _read(structure, tensors, 0)


def _has_tensor(node: Any) -> bool:
    """Whether a tensor of PyTorch is anywhere in the structure of a file."""
    if isinstance(node, dict):
        return "tensor" in node or any(map(_has_tensor, node.values()))
    return isinstance(node, list) and any(map(_has_tensor, node))


def _loaded(content: bytes, needs_torch: bool) -> Tensors:
    if not needs_torch:
        return dict(safetensors.numpy.load(content))
    if not torch_installed():
        raise InvalidTask(
            f"The file has tensors of PyTorch, which the environment {sys.prefix} has not; load it"
            " where PyTorch is installed, or save NumPy arrays"
        )
    from archloom_worker import torch_tensors  # noqa: PLC0415 - imports PyTorch

    return torch_tensors.load(content)


def _written(  # noqa: PLR0911 - one line a kind
    value: object, place: str, tensors: Tensors
) -> Any:
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
    if isinstance(value, np.ndarray):
        return _add_tensor("array", place, _plain_array(value, place), tensors)
    torch = sys.modules.get("torch")  # nobody has a tensor before it is imported
    if torch is not None and isinstance(value, torch.Tensor):
        return _torch_written(value, place, tensors)
    if isinstance(value, list | tuple):
        items = [_written(item, f"{place}/{index}", tensors) for index, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict) and all(type(key) in (str, int) for key in value):
        pairs = [[key, _written(item, _below(place, key), tensors)] for key, item in value.items()]
        return {"map": pairs}
    raise _unsaveable(type(value).__name__, place)


def _plain_array(value: npt.NDArray[Any], place: str) -> npt.NDArray[Any]:
    if value.dtype.name not in _ARRAY_TYPES:
        raise _unsaveable(f"array of type {value.dtype}", place)
    return np.array(value, dtype=value.dtype.newbyteorder("="), order="C")


def _torch_written(value: torch.Tensor, place: str, tensors: Tensors) -> dict[str, str]:
    from archloom_worker import torch_tensors  # noqa: PLC0415 - imports PyTorch

    try:
        tensor, layout = torch_tensors.plain(value)
    except (TypeError, RuntimeError, NotImplementedError) as error:
        raise _unsaveable(f"tensor of type {value.dtype}", place) from error
    node = _add_tensor("tensor", place, tensor, tensors)
    return node if layout is None else {**node, "layout": layout}


def _add_tensor(
    kind: str, place: str, tensor: npt.NDArray[Any] | torch.Tensor, tensors: Tensors
) -> dict[str, str]:
    if place in tensors:
        raise InvalidTask(
            f"What is to be saved has two keys that are written alike, at {place}; name one anew"
        )
    tensors[place] = tensor
    return {kind: place}


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
            return _placed(tensors[place], node)
    raise ValueError("its metadata do not say what its tensors are")


def _pair(pair: Any, tensors: Tensors, depth: int) -> tuple[str | int, Any]:
    match pair:
        case [str() | int() as key, value]:
            return key, _read(value, tensors, depth + 1)
    raise ValueError("a dict in its metadata has a key of another kind than text and number")


def _placed(tensor: npt.NDArray[Any] | torch.Tensor, node: dict[str, Any]) -> Any:
    if isinstance(tensor, np.ndarray):
        return tensor  # without PyTorch there are arrays alone
    from archloom_worker import torch_tensors  # noqa: PLC0415 - imports PyTorch

    if "array" in node:
        return torch_tensors.as_array(tensor)
    return torch_tensors.laid_out(tensor, node.get("layout"))


def _below(place: str, key: object) -> str:
    return f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _unsaveable(what: str, place: str) -> InvalidTask:
    return InvalidTask(
        f"What is to be saved has a {what} at {place or 'the top'}, expected tensors, arrays,"
        " Python's numbers, texts, lists and dicts with keys of text or whole numbers; save it in"
        " these (value.item() of a number of NumPy's)"
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
