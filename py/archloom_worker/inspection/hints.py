"""What a type hint says about the values of a parameter."""

import dataclasses
import types
import typing
from enum import Enum
from typing import Annotated, Any, Literal, Union

from archloom_worker.inspection.plain import is_plain, shown

PLAIN_TYPES: dict[Any, str] = {bool: "bool", int: "int", float: "float", str: "str"}


def describe_hint(hint: Any) -> dict[str, Any]:
    """The hint as data: its kind, and the choices or fields that it names."""
    hint = _without_frame(hint)
    if hint in (Any, object, None):
        return {"kind": "any"}
    if isinstance(hint, str):
        return {"kind": PLAIN_NAMES.get(hint, "other")}
    origin = typing.get_origin(hint)
    if origin is Literal:
        return _literal(typing.get_args(hint))
    if origin in (Union, types.UnionType):
        return _union(typing.get_args(hint))
    if isinstance(hint, type):
        return _class(hint)
    return {"kind": "other"}


PLAIN_NAMES = {name: name for name in PLAIN_TYPES.values()}


def _without_frame(hint: Any) -> Any:
    while typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    return getattr(hint, "__supertype__", hint)


def _literal(values: tuple[Any, ...]) -> dict[str, Any]:
    plain = [value for value in values if is_plain(value)]
    return {"kind": "choices", "values": plain} if plain else {"kind": "other"}


def _union(members: tuple[Any, ...]) -> dict[str, Any]:
    """`X | None` is X that may be left out; int and float are a float."""
    kinds = [member for member in members if member is not type(None)]
    if len(kinds) == 1:
        return describe_hint(kinds[0])
    described = [describe_hint(kind) for kind in kinds]
    if {kind["kind"] for kind in described} == {"int", "float"}:
        return {"kind": "float"}
    if all(kind["kind"] == "choices" for kind in described):
        return {"kind": "choices", "values": [v for kind in described for v in kind["values"]]}
    return {"kind": "other"}


def _class(hint: type) -> dict[str, Any]:
    if issubclass(hint, Enum):
        return _enum(hint)
    if hint in PLAIN_TYPES:
        return {"kind": PLAIN_TYPES[hint]}
    if typing.is_typeddict(hint):
        hints = typing.get_type_hints(hint)
        return {"kind": "fields", "fields": [_field(name, hints[name]) for name in hints]}
    if dataclasses.is_dataclass(hint):
        return {"kind": "dataclass", "name": hint.__name__}
    return {"kind": "dict"} if issubclass(hint, dict) else {"kind": "other"}


def _enum(hint: type[Enum]) -> dict[str, Any]:
    """The values of its members; a plain value is one only where the enum is a text or a number."""
    values = [member.value for member in hint]
    if not all(is_plain(value) for value in values):
        return {"kind": "other"}
    is_plain_enum = issubclass(hint, str | int | float)
    return {"kind": "enum", "name": hint.__name__, "values": values, "isPlain": is_plain_enum}


def _field(name: str, hint: Any) -> dict[str, Any]:
    return {"name": name, "annotation": shown_hint(hint), "hint": describe_hint(hint)}


def shown_hint(hint: Any) -> str:
    """A hint as a person would write it."""
    return hint.__name__ if isinstance(hint, type) else shown(hint)
