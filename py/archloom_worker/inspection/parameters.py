"""A function's parameters: names, kinds, defaults and type hints."""

import inspect
import typing
from typing import Any

from archloom_worker.inspection.hints import describe_hint
from archloom_worker.inspection.plain import describe_default, shown

LONGEST_DOCSTRING = 20_000
"""Characters of a docstring that are passed on."""

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional-only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional-or-keyword",
    inspect.Parameter.VAR_POSITIONAL: "var-positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword-only",
    inspect.Parameter.VAR_KEYWORD: "var-keyword",
}


def describe_parameters(thing: Any, skip: int = 0) -> dict[str, Any]:
    """`parameters`, null where Python itself does not know them, and `returns`.

    Args:
        thing: What is called.
        skip: Leading parameters that the caller does not give, such as `self`.
    """
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return {"parameters": None, "returns": None}
    hints = _hints(thing)
    parameters = list(signature.parameters.values())[skip:]
    returns = signature.return_annotation
    return {
        "parameters": [_describe(parameter, hints) for parameter in parameters],
        "returns": None if returns is signature.empty else _annotation_text(returns),
    }


def docstring(thing: Any) -> str | None:
    """The docstring without its indentation."""
    try:
        text = inspect.getdoc(thing)
    except Exception:
        return None
    return text[:LONGEST_DOCSTRING] if text else None


def _describe(parameter: inspect.Parameter, hints: dict[str, Any]) -> dict[str, Any]:
    hint = hints.get(parameter.name, parameter.annotation)
    has_hint = hint is not parameter.empty
    default = parameter.default
    return {
        "name": parameter.name,
        "kind": KINDS[parameter.kind],
        "annotation": _annotation_text(parameter.annotation) if has_hint else None,
        "hint": describe_hint(hint) if has_hint else None,
        "default": None if default is parameter.empty else describe_default(default),
    }


def _hints(thing: Any) -> dict[str, Any]:
    """Type hints as objects; none where a name in them cannot be found."""
    try:
        return typing.get_type_hints(
            thing.__init__ if inspect.isclass(thing) else inspect.unwrap(thing), include_extras=True
        )
    except Exception:
        return {}


def _annotation_text(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    try:
        return inspect.formatannotation(annotation)
    except Exception:
        return shown(annotation)
