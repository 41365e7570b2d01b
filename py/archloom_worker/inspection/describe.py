"""What is there to say of a function: the one call that Node makes through pythonia."""

import faulthandler
import inspect
import json
import signal
import sys
from contextlib import suppress
from typing import Any

from archloom_worker.home import home_of
from archloom_worker.inspection import BRIDGE_MODULES
from archloom_worker.inspection.declared import declared_space
from archloom_worker.inspection.failure import Problem, import_problem
from archloom_worker.inspection.find import Found, find
from archloom_worker.inspection.keys import source_keys
from archloom_worker.inspection.parameters import describe_parameters, docstring
from archloom_worker.inspection.versions import installed_versions

LAST_RESORT_SECONDS = 30
"""By so much the system ends this process later than Node does, should Node be gone."""


def describe(request: str) -> str:
    """Describes `{target, pythonPath, seconds}`; the answer is JSON, a problem among others."""
    asked = json.loads(request)
    _leave_bridge()
    _watch(asked["seconds"])
    try:
        answer = _look(asked["target"], asked["pythonPath"])
    except Problem as problem:
        answer = {"kind": "problem", **problem.facts}
    except BaseException as error:  # a module may raise anything, when it is asked for anything
        answer = {"kind": "problem", **import_problem(error).facts}
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.alarm(0)
    return json.dumps(answer)


def _leave_bridge() -> None:
    """Takes away what pythonia put in place, so that the module finds what a worker would have."""
    sys.stdin, sys.stderr = sys.__stdin__, sys.__stderr__
    patch = sys.modules.get("json_patch")
    if patch is not None:
        json.JSONEncoder.default = patch._default.default  # type: ignore[method-assign]
    for name in BRIDGE_MODULES:
        sys.modules.pop(name, None)
    sys.argv = [""]


def _watch(seconds: float) -> None:
    """Says where it stands when it crashes or when its time is up, to the error output."""
    faulthandler.enable(file=2, all_threads=False)
    faulthandler.dump_traceback_later(seconds, exit=False, file=2)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds) + LAST_RESORT_SECONDS)


def _look(target: str, python_path: list[str]) -> dict[str, Any]:
    sys.path[:0] = python_path
    found = find(target, python_path)
    keys = source_keys(found.thing)
    return {
        "kind": "described",
        "what": _kind_of(found.thing),
        "docstring": docstring(found.thing),
        "moduleDocstring": docstring(found.module),
        "place": _place_of(found),
        "home": home_of(found.thing),
        **describe_parameters(found.thing),
        "methods": _methods_of(found.thing),
        "configurationKeys": keys.read,
        "returnedKeys": keys.returned,
        "searchSpace": declared_space(found),
        "versions": installed_versions(found.module, python_path),
    }


def _kind_of(thing: Any) -> str:
    if inspect.isclass(thing):
        return "class"
    if inspect.iscoroutinefunction(thing) or inspect.isasyncgenfunction(thing):
        return "coroutine"
    if inspect.isgeneratorfunction(thing):
        return "generator"
    return "function" if inspect.isroutine(thing) else "object"


def _place_of(found: Found) -> dict[str, Any] | None:
    with suppress(Exception):
        thing = inspect.unwrap(found.thing)
        path = inspect.getsourcefile(thing)
        _, line = inspect.getsourcelines(thing)
        if path is not None:
            return {"file": path, "line": max(line, 1)}
    return None


def _methods_of(thing: Any) -> list[dict[str, Any]]:
    """What a session of a class could be asked for."""
    if not inspect.isclass(thing):
        return []
    methods = inspect.getmembers(thing, inspect.isroutine)
    return [
        {"name": name, "docstring": docstring(method), **describe_parameters(method, skip=1)}
        for name, method in methods
        if not name.startswith("_")
    ]
