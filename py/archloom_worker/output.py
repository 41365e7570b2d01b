"""What functions of the user's hand back: into plain JSON values, and tensors beside them."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping, Sequence, Set
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from archloom_worker.errors import Diverged, InvalidTask
from archloom_worker.protocol import clean_text

if TYPE_CHECKING:
    import numpy.typing as npt

    Tensors: TypeAlias = dict[str, npt.NDArray[Any]]

LARGEST_INTEGER = 2**53 - 1
"""Beyond it a JSON number is another number on the other side."""

MAX_DEPTH = 32
"""Levels of nesting; a value that holds itself would have no end."""

SINGLE_NAME = "output"
"""The name of a tensor that is all that a function returned."""

_WIDENED = {"int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64"}
"""Types that the wire does not know, and one that holds all their values."""

_DROPPED = object()


def split_output(value: object, origin: str, *, snapshot: bool) -> tuple[Any, Tensors]:
    """Parts a returned value into what JSON carries and the tensors in its dicts.

    Args:
        value: Metrics, texts, lists, dicts and tensors in any nesting of dicts.
        origin: Who returned it, for messages.
        snapshot: Whether the tensors may change after this, and so must be copied.

    Returns:
        The value without its tensors, and the tensors by the path of their keys, such as
        `weights.0`; a tensor alone is called `output`. Tensors of one number are numbers.

    Raises:
        Diverged: When a number is not finite.
        InvalidTask: When a value is of a kind that cannot be carried.
    """
    walk = _Walk(origin, snapshot)
    plain = walk.plain(value, ())
    return (None if plain is _DROPPED else plain), walk.tensors


def plain_report(values: Mapping[str, object], origin: str) -> dict[str, Any]:
    """Reported metrics as JSON; raises as `split_output`, and for tensors."""
    walk = _Walk(origin, snapshot=False)
    plain = walk.plain(values, ())
    if walk.tensors:
        name = next(iter(walk.tensors))
        raise InvalidTask(f"{origin} holds a tensor at {name}; return tensors, and report numbers")
    return plain  # type: ignore[no-any-return]  # a dict comes back as a dict


class _Walk:
    def __init__(self, origin: str, snapshot: bool) -> None:
        self._origin = origin
        self._snapshot = snapshot
        self.tensors: Tensors = {}

    def plain(self, value: object, path: tuple[str, ...]) -> Any:  # noqa: PLR0911 - one line a kind
        if len(path) > MAX_DEPTH:
            raise InvalidTask(f"{self._origin} is nested deeper than {MAX_DEPTH} levels")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return clean_text(value)
        if isinstance(value, int | float | np.generic):
            return self._number(value, path)
        if isinstance(value, np.ndarray) or _is_torch_tensor(value):
            return self._tensor(value, path)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            return self.plain({item.name: getattr(value, item.name) for item in fields}, path)
        if isinstance(value, Mapping):
            return self._dict(value, path)
        if isinstance(value, Sequence | Set) and not isinstance(value, bytes | bytearray):
            return self._list(value, path)
        if isinstance(value, PurePath):
            return clean_text(str(value))
        raise self._unknown(value, path)

    def _number(self, value: float | np.generic, path: tuple[str, ...]) -> Any:
        number = value.item() if isinstance(value, np.generic) else value
        if isinstance(number, bool):
            return number
        if isinstance(number, int):
            if abs(number) > LARGEST_INTEGER:
                raise InvalidTask(
                    f"{self._origin} holds {number} at {_place(path)}, which JSON cannot carry"
                    " exactly; make a text of it"
                )
            return int(number)
        if isinstance(number, float):
            if not math.isfinite(number):
                raise Diverged(
                    f"{self._origin} holds {number} at {_place(path)}, expected a finite number"
                )
            return float(number)
        raise self._unknown(value, path)

    def _unknown(self, value: object, path: tuple[str, ...]) -> InvalidTask:
        return InvalidTask(
            f"{self._origin} holds a {type(value).__name__} at {_place(path)}, expected numbers,"
            " texts, lists, dicts and tensors"
        )

    def _dict(self, value: Mapping[Any, object], path: tuple[str, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str | int) or isinstance(key, bool):
                raise InvalidTask(
                    f"{self._origin} has the key {key!r} at {_place(path)}, expected a text"
                )
            name = clean_text(str(key))
            plain = self.plain(item, (*path, name))
            if plain is not _DROPPED:
                result[name] = plain
        return result

    def _list(self, value: Sequence[object] | Set[object], path: tuple[str, ...]) -> list[Any]:
        items = [self.plain(item, (*path, str(index))) for index, item in enumerate(value)]
        if any(item is _DROPPED for item in items):
            raise InvalidTask(
                f"{self._origin} has tensors in a list at {_place(path)};"
                " give each a name in a dict"
            )
        return items

    def _tensor(self, value: Any, path: tuple[str, ...]) -> Any:
        if value.ndim == 0:
            return self._number(value.item(), path)
        name = ".".join(path) or SINGLE_NAME
        if name in self.tensors:
            raise InvalidTask(f"{self._origin} has two tensors called {name}; rename a key")
        array = value if isinstance(value, np.ndarray) else _from_torch(value)
        kind = array.dtype.name
        if kind in _WIDENED:
            array = array.astype(_WIDENED[kind])
        elif kind not in _CARRIED:
            raise InvalidTask(
                f"{self._origin} has a tensor of {kind} at {_place(path)}, expected one of"
                f" {', '.join(_CARRIED)}; convert it"
            )
        self.tensors[name] = array.copy() if self._snapshot else array
        return _DROPPED


_CARRIED = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool")


def _is_torch_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")  # nobody has a tensor before it is imported
    return torch is not None and isinstance(value, torch.Tensor)


def _from_torch(tensor: Any) -> npt.NDArray[Any]:
    """A view of the tensor's memory where it is the CPU's, else what was copied from there."""
    torch = sys.modules["torch"]
    plain = tensor.detach().resolve_conj().resolve_neg()
    if plain.layout != torch.strided:
        plain = plain.to_dense()
    if plain.dtype == torch.bfloat16:  # NumPy does not know it
        plain = plain.float()
    return plain.cpu().numpy()  # type: ignore[no-any-return]


def _place(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the top"
