"""Arguments of a function of the user's, by the names and type hints of its signature.

A name is looked for among the inputs of the call, then among its tensors, then among what the
worker itself can give: `configuration`, `reporter`, `graph`, `model`, `seed`, `tensors`, `device`.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import typing
from typing import TYPE_CHECKING, Any

import msgspec

from archloom_worker.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt
    import torch

    from archloom_worker import schema
    from archloom_worker.reporter import Reporter

LARGEST_SEED = 2**32
"""NumPy and scikit-learn take seeds below it only."""


@dataclasses.dataclass(frozen=True)
class Supply:
    """All that a function can be given."""

    input: Mapping[str, Any]
    tensors: Mapping[str, npt.NDArray[Any]]
    reporter: Reporter
    device: torch.device | None
    """None without PyTorch."""
    seed: str | None = None
    """None for a method of a session, which goes on from where the one before was."""
    graph: schema.NetworkGraph | None = None


def bind_arguments(function: Callable[..., Any], supply: Supply, name: str) -> dict[str, Any]:
    """What the function is to be called with.

    Args:
        function: Of the user's.
        supply: Where its arguments come from.
        name: Of the function, for messages.

    Raises:
        InvalidTask: When it needs what is not there, or does not take what was given.
    """
    hints = _hints(function)
    arguments: dict[str, Any] = {}
    takes_rest = False
    for parameter in _parameters(function, name):
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_rest = True
            continue
        found, value = _supplied(parameter.name, hints.get(parameter.name), supply)
        if found:
            arguments[parameter.name] = value
        elif parameter.default is inspect.Parameter.empty:
            raise InvalidTask(_missing(name, parameter.name, supply))
    _place_rest(arguments, takes_rest, supply, name)
    return arguments


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise InvalidTask(f"The signature of {name} cannot be read: {error}") from error
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise InvalidTask(
                f"{name} takes {parameter.name} by position only, expected parameters that can be"
                " given by name"
            )
    return [item for item in parameters if item.kind is not inspect.Parameter.VAR_POSITIONAL]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Type hints by parameter; as text where they cannot be evaluated."""
    target = function.__init__ if isinstance(function, type) else function  # type: ignore[misc]
    try:
        return typing.get_type_hints(target)
    except Exception:  # a hint is a courtesy: whatever is wrong with it, the call can be made
        return dict(getattr(target, "__annotations__", {}))


def _supplied(name: str, hint: object, supply: Supply) -> tuple[bool, Any]:
    if name in supply.input:
        return True, _as_hinted(supply.input[name], hint)
    if name in supply.tensors:
        return True, _as_tensor(supply.tensors[name], hint, supply.device)
    make = _MAKERS.get(name)
    made = None if make is None else make(supply, hint)
    return made is not None, made


def _as_hinted(value: Any, hint: object) -> Any:
    # JSON has one kind of number: 1.0 arrives as 1.
    if hint is float and type(value) is int:
        return float(value)
    return value


def _configuration(supply: Supply, hint: object) -> Any:
    if isinstance(hint, type) and (
        dataclasses.is_dataclass(hint) or issubclass(hint, msgspec.Struct)
    ):
        try:
            return msgspec.convert(dict(supply.input), hint)
        except msgspec.ValidationError as error:
            raise InvalidTask(f"The input is no {hint.__name__}: {error}") from error
    return dict(supply.input)


def _reporter(supply: Supply, _hint: object) -> Reporter:
    return supply.reporter


def _graph(supply: Supply, _hint: object) -> Any:
    return None if supply.graph is None else msgspec.to_builtins(supply.graph)


def _model(supply: Supply, _hint: object) -> Any:
    if supply.graph is None:
        return None
    if supply.device is None:
        raise InvalidTask(
            f"The environment {sys.prefix} has no PyTorch, which a model needs; install it there,"
            " or name an environment that has it"
        )
    from archloom_worker.graph import build_supernet  # noqa: PLC0415 - imports PyTorch

    return build_supernet(supply.graph).to(supply.device)


def _seed(supply: Supply, hint: object) -> Any:
    if supply.seed is None:
        return None
    return supply.seed if hint is str else small_seed(supply.seed)


def small_seed(seed: str) -> int:
    """The seed as every library takes it."""
    return int(seed) % LARGEST_SEED


def _tensors(supply: Supply, hint: object) -> Any:
    return {name: _as_tensor(array, hint, supply.device) for name, array in supply.tensors.items()}


def _device(supply: Supply, hint: object) -> Any:
    if supply.device is None:
        return "cpu"
    return str(supply.device) if hint is str else supply.device


_MAKERS: dict[str, Callable[[Supply, object], Any]] = {
    "configuration": _configuration,
    "reporter": _reporter,
    "graph": _graph,
    "model": _model,
    "seed": _seed,
    "tensors": _tensors,
    "device": _device,
}
"""What the worker itself can give; None for what this call has not."""


def _as_tensor(array: npt.NDArray[Any], hint: object, device: torch.device | None) -> Any:
    """As the hint asks: NumPy's own, or PyTorch's on the worker's device, where it is installed.

    Memory of the message itself where it can be written to and lies as its type asks.
    """
    own = array if array.flags.aligned and array.flags.writeable else array.copy()
    if device is None or (_names(hint, "ndarray") and not _names(hint, "Tensor")):
        return own
    import torch  # noqa: PLC0415 - an environment without it has no device

    return torch.from_numpy(own).to(device)


def _names(hint: object, name: str) -> bool:
    """Whether a hint, or a part of it as in `dict[str, Tensor]`, is the class of this name."""
    if isinstance(hint, str):
        return name in hint or (name == "ndarray" and "NDArray" in hint)
    if getattr(hint, "__name__", None) == name:
        return True
    parts = (typing.get_origin(hint), *typing.get_args(hint))
    return any(part is not None and part is not hint and _names(part, name) for part in parts)


def _place_rest(arguments: dict[str, Any], takes_rest: bool, supply: Supply, name: str) -> None:
    """Everything that was given must go somewhere, lest a misspelt name is passed over."""
    rest = {} if "configuration" in arguments else dict(supply.input)
    tensors = {} if "tensors" in arguments else dict(supply.tensors)
    left = {key: value for key, value in rest.items() if key not in arguments}
    left_tensors = {key: value for key, value in tensors.items() if key not in arguments}
    if takes_rest:
        arguments.update(left)
        for key, array in left_tensors.items():
            arguments[key] = _as_tensor(array, None, supply.device)
        return
    surplus = [*left, *left_tensors]
    if surplus:
        takes = ", ".join(arguments) or "nothing"
        raise InvalidTask(
            f"{name} takes no {', '.join(surplus)}; of what was given it takes {takes}"
        )


def _missing(name: str, parameter: str, supply: Supply) -> str:
    if parameter in ("graph", "model") and not supply.input:
        return f"{name} needs a network ({parameter}), but the call brings none"
    given = ", ".join([*supply.input, *supply.tensors]) or "nothing"
    return f"{name} needs {parameter}, but the call gives {given}"
