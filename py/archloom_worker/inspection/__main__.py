"""Serves pythonia's bridge: `python -m archloom_worker.inspection`, started by Node.

Standard input and output belong to the bridge alone, so that they reach through whatever starts
Python, a container's client among them. The first line brings pythonia's own Python files, which
lie beside its JavaScript, where this process may not see them.
"""

import json
import os
import sys
from types import ModuleType

from archloom_worker.inspection import BRIDGE_MODULES


def serve() -> None:
    """Answers what Node asks until the pipe closes."""
    asked = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What a module prints goes where errors go; whoever asks it for input finds nothing.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sources = json.loads(asked.readline())
    # Where pythonia looks for its pipe; `describe` gives the module its own streams back.
    sys.stdin, sys.stderr = asked, answers
    for name in BRIDGE_MODULES:
        module = ModuleType(name)
        sys.modules[name] = module
        exec(compile(sources[name], f"<pythonia/{name}.py>", "exec"), module.__dict__)


if __name__ == "__main__":
    serve()
