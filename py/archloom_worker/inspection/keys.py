"""Which keys a function reads and returns, as far as its source tells."""

import ast
import inspect
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from archloom_worker.inspection.plain import describe_default

CONFIGURATION = "configuration"


@dataclass(frozen=True)
class Keys:
    """Each name once, in the order of the source."""

    read: list[dict[str, Any]]
    """Of `configuration["key"]` and `configuration.get("key", default)`."""
    returned: list[str]
    """Of `return {"key": ...}`."""


def source_keys(thing: Any) -> Keys:
    """What the source tells; nothing where there is none."""
    read: dict[str, dict[str, Any]] = {}
    returned: dict[str, None] = {}
    with suppress(Exception):
        code = inspect.unwrap(thing.__init__ if inspect.isclass(thing) else thing)
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
        for node in sorted(ast.walk(tree), key=_position):
            key = _key_of(node)
            if key is not None:
                read.setdefault(key["name"], key)
            returned.update(dict.fromkeys(_returned_by(node)))
    return Keys(list(read.values()), list(returned))


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _key_of(node: ast.AST) -> dict[str, Any] | None:
    if isinstance(node, ast.Subscript) and _is_configuration(node.value):
        return _key(node.slice, None) if isinstance(node.ctx, ast.Load) else None
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and _is_configuration(node.func.value)
        and node.args
    ):
        return _key(node.args[0], node.args[1] if len(node.args) > 1 else None)
    return None


def _is_configuration(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == CONFIGURATION


def _key(name: ast.expr, default: ast.expr | None) -> dict[str, Any] | None:
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    described = None
    if default is not None:
        with suppress(ValueError):
            described = describe_default(ast.literal_eval(default))
    return {"name": name.value, "annotation": None, "hint": None, "default": described}


def _returned_by(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Return) or not isinstance(node.value, ast.Dict):
        return []
    keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
    return [key for key in keys if isinstance(key, str)]
