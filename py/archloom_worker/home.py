"""Which module a function is of: what permission to call it is given for.

Only the standard library is needed, so that the inspection tells it by the same rule.
"""

import inspect
from functools import partial
from typing import Any


def home_of(function: Any) -> str:
    """The module that it is defined in, below what wraps it."""
    inner = inspect.unwrap(function)
    while isinstance(inner, partial):
        inner = inspect.unwrap(inner.func)
    module = getattr(inner, "__module__", None)
    return module if isinstance(module, str) else type(inner).__module__
