"""What a type hint says about the values of a parameter."""

import dataclasses
import types
import typing
from enum import Enum
from typing import Annotated, Any, Literal, Union

from archloom_worker.inspection.plain import describe_default, is_plain, shown

PLAIN_TYPES: dict[Any, str] = {bool: "bool", int: "int", float: "float", str: "str"}


def describe_hint(hint: Any) -> dict[str, Any]:
    """The hint as data: its kind, and the choices or fields that it names."""
    try:
        fields = _fields(hint) if isinstance(hint, type) else None
        if fields is not None:
            return {"kind": "fields", "name": hint.__name__, "fields": fields}
        return _describe_value(hint)
    except Exception:  # a hint is a courtesy: whatever is wrong with it, the call can be made
        return {"kind": "other"}


def _describe_value(hint: Any) -> dict[str, Any]:
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
        return _describe_value(kinds[0])
    described = [_describe_value(kind) for kind in kinds]
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
    return {"kind": "dict"} if issubclass(hint, dict) else {"kind": "other"}


def _fields(hint: type) -> list[dict[str, Any]] | None:
    """Of a TypedDict, of a dataclass or of a msgspec Struct; None for any other class."""
    if typing.is_typeddict(hint):
        defaults: dict[str, Any] = {}
    elif dataclasses.is_dataclass(hint):
        defaults = {
            field.name: field.default
            for field in dataclasses.fields(hint)
            if field.default is not dataclasses.MISSING
        }
    elif hasattr(hint, "__struct_fields__"):
        struct: Any = hint
        names, values = struct.__struct_fields__, struct.__struct_defaults__
        defaults = dict(zip(names[len(names) - len(values) :], values, strict=True))
    else:
        return None
    hints = typing.get_type_hints(hint)
    return [
        {
            "name": name,
            "annotation": shown_hint(hints[name]),
            "hint": _describe_value(hints[name]),
            "default": describe_default(defaults[name]) if name in defaults else None,
        }
        for name in hints
    ]


def _enum(hint: type[Enum]) -> dict[str, Any]:
    """The values of its members; a plain value is one only where the enum is a text or a number."""
    values = [member.value for member in hint]
    if not all(is_plain(value) for value in values):
        return {"kind": "other"}
    is_plain_enum = issubclass(hint, str | int | float)
    return {"kind": "enum", "name": hint.__name__, "values": values, "isPlain": is_plain_enum}


def shown_hint(hint: Any) -> str:
    """A hint as a person would write it."""
    return hint.__name__ if isinstance(hint, type) else shown(hint)
