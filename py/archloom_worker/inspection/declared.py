"""The search space that a function or its module declares, as JSON."""

import json
from typing import Any

from archloom_worker.inspection.find import Found
from archloom_worker.inspection.plain import shown

LONGEST_DOCUMENT = 2_000_000
"""Characters of JSON that are passed on."""

_NOTHING = object()


class _Undocumented(Exception):  # noqa: N818 - what is found, not a failure of this program
    """What is declared cannot be written as JSON."""


def declared_space(found: Found) -> dict[str, Any] | None:
    """`search_space` of the function, else `SEARCH_SPACE` of its module."""
    of_function = getattr(found.thing, "search_space", _NOTHING)
    if of_function is not _NOTHING:
        return {"where": f"{found.name}.search_space", **_read(of_function)}
    of_module = getattr(found.module, "SEARCH_SPACE", _NOTHING)
    if of_module is not _NOTHING:
        return {"where": "SEARCH_SPACE", **_read(of_module)}
    return None


def _read(value: Any) -> dict[str, Any]:
    try:
        document = _document(value)
        text = json.dumps(document, default=_number, allow_nan=False)
    except _Undocumented as error:
        return {"document": None, "problem": str(error)}
    except Exception as error:
        return {"document": None, "problem": f"{type(error).__name__}: {error}"[:500]}
    if len(text) > LONGEST_DOCUMENT:
        return {"document": None, "problem": f"its JSON has {len(text)} characters"}
    return {"document": json.loads(text), "problem": None}


def _document(value: Any) -> Any:
    if isinstance(value, str):
        return json.loads(value)
    if isinstance(value, dict | list | tuple):
        return value
    # ConfigSpace is not imported here: its objects are known by what they can do.
    if hasattr(value, "to_serialized_dict"):
        return value.to_serialized_dict()
    if type(value).__module__.startswith("ConfigSpace"):
        # Before ConfigSpace 1.0.
        from ConfigSpace.read_and_write import json as writer  # noqa: PLC0415

        return json.loads(writer.write(value))
    raise _Undocumented(f"found {shown(value)}")


def _number(value: Any) -> Any:
    """NumPy's numbers as Python's own."""
    if hasattr(value, "item"):
        return value.item()
    raise _Undocumented(f"found {shown(value)}, which is no value of JSON")
