"""Values that JSON carries unchanged."""

import math
from enum import Enum
from typing import Any

LONGEST_REPR = 200
"""Characters of a default that are shown."""


def is_plain(value: Any) -> bool:
    """Whether a parameter of a search space may have the value."""
    if isinstance(value, bool | int | str):
        return not isinstance(value, Enum)
    return isinstance(value, float) and math.isfinite(value)


def shown(value: Any) -> str:
    """A value as Python writes it, cut; a value whose repr fails must not end the look."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST_REPR else f"{text[:LONGEST_REPR]}…"


def describe_default(value: Any) -> dict[str, Any]:
    """A default as Python writes it, and as a plain value: that of an enum member, too."""
    plain = value.value if isinstance(value, Enum) else value
    return {"text": shown(value), "value": plain if is_plain(plain) else None}
