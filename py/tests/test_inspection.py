"""What is said of functions, without a bridge or a process."""

import enum
import json
import sys
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, TypedDict

import numpy as np
import pytest

from archloom_worker.binding import _MAKERS
from archloom_worker.inspection.declared import declared_space
from archloom_worker.inspection.failure import Problem, import_problem
from archloom_worker.inspection.find import Found, find
from archloom_worker.inspection.hints import describe_hint
from archloom_worker.inspection.keys import source_keys
from archloom_worker.inspection.parameters import describe_parameters
from archloom_worker.inspection.versions import installed_versions


class Kind(enum.Enum):
    SGD = "sgd"
    ADAM = "adam"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Settings(TypedDict):
    rate: float
    kind: Literal["a", "b"]


@dataclass
class Options:
    rate: float = 0.1
    kind: Kind = Kind.ADAM
    other: "Options | None" = None


Width = NewType("Width", int)


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (int, {"kind": "int"}),
        (bool, {"kind": "bool"}),
        (int | None, {"kind": "int"}),
        (int | float, {"kind": "float"}),
        (int | str, {"kind": "other"}),
        (Annotated[float, "a rate"], {"kind": "float"}),
        (Width, {"kind": "int"}),
        (Literal["a", 2, True], {"kind": "choices", "values": ["a", 2, True]}),
        (Literal[b"a"], {"kind": "other"}),
        (Literal["a"] | Literal["b"], {"kind": "choices", "values": ["a", "b"]}),
        (Kind, {"kind": "enum", "name": "Kind", "values": ["sgd", "adam"], "isPlain": False}),
        (Level, {"kind": "enum", "name": "Level", "values": [1, 2], "isPlain": True}),
        (dict[str, float], {"kind": "other"}),
        (dict, {"kind": "dict"}),
        (Any, {"kind": "any"}),
        (Path, {"kind": "other"}),
        ("float", {"kind": "float"}),
        ("nowhere.Thing", {"kind": "other"}),
    ],
)
def test_hints_say_which_values_there_are(hint: Any, expected: dict[str, Any]) -> None:
    assert describe_hint(hint) == expected


def test_fields_come_with_their_defaults() -> None:
    described = describe_hint(Options)
    assert [(field["name"], field["default"]) for field in described["fields"]] == [
        ("rate", {"text": "0.1", "value": 0.1}),
        ("kind", {"text": "<Kind.ADAM: 'adam'>", "value": "adam"}),
        ("other", {"text": "None", "value": None}),
    ]
    fields = describe_hint(Settings)["fields"]
    assert [field["hint"]["kind"] for field in fields] == ["float", "choices"]


def test_parameters_are_those_of_the_wrapped_function() -> None:
    def inner(first, /, rate: "float" = 0.1, *rest, units: Kind = Kind.SGD, **more) -> "dict": ...

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        return inner(*args, **kwargs)

    described = describe_parameters(outer)
    assert described["returns"] == "dict"
    assert [(one["name"], one["kind"]) for one in described["parameters"]] == [
        ("first", "positional-only"),
        ("rate", "positional-or-keyword"),
        ("rest", "var-positional"),
        ("units", "keyword-only"),
        ("more", "var-keyword"),
    ]
    assert described["parameters"][1]["annotation"] == "float"
    assert described["parameters"][1]["hint"] == {"kind": "float"}


def test_a_value_whose_repr_fails_ends_nothing() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    def function(value=Odd()):  # noqa: B008
        return value

    (parameter,) = describe_parameters(function)["parameters"]
    assert parameter["default"] == {"text": "<Odd>", "value": None}


def _reads(configuration: dict[str, Any]) -> dict[str, float]:
    rate = configuration.get("rate", 1e-3)
    units = configuration["units"]
    configuration["written"] = 1
    name = "hidden"
    if configuration["units"] > rate:
        return {"val_loss": 1.0, name: 2.0}
    return {"val_loss": configuration[name], "test_loss": units}


def test_keys_are_read_from_the_source() -> None:
    keys = source_keys(_reads)
    assert [(key["name"], key["default"]) for key in keys.read] == [
        ("rate", {"text": "0.001", "value": 0.001}),
        ("units", None),
    ]
    assert keys.returned == ["val_loss", "test_loss"]
    assert source_keys(len).read == []


def _declared(value: Any) -> dict[str, Any] | None:
    def function() -> None: ...

    function.search_space = value
    return declared_space(Found(sys.modules[__name__], "function", function))


def test_a_declared_space_becomes_json() -> None:
    parameter = {"kind": "ordinal", "name": "width", "sequence": (np.int64(8), 16)}
    plain = [{"kind": "ordinal", "name": "width", "sequence": [8, 16]}]
    expected = {"where": "function.search_space", "document": plain, "problem": None}
    assert _declared([parameter]) == expected
    assert _declared(json.dumps(plain)) == expected


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (3, "found 3"),
        ([{1}], "found {1}, which is no value of JSON"),
        ([float("nan")], "ValueError: Out of range float values"),
        ("no json", "JSONDecodeError: Expecting value"),
    ],
)
def test_what_is_no_space_is_said(value: Any, problem: str) -> None:
    declared = _declared(value)
    assert declared is not None
    assert declared["problem"].startswith(problem)


def test_the_innermost_line_of_the_user_is_to_blame(tmp_path: Path) -> None:
    (tmp_path / "blamed_module.py").write_text("import json\n\njson.loads('{')\n")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(Problem) as raised:
            find("blamed_module:train", [str(tmp_path)])
    finally:
        sys.path.remove(str(tmp_path))
    facts = raised.value.facts
    assert facts["problem"] == "import-failed"
    assert facts["file"] == str(tmp_path / "blamed_module.py")
    assert (facts["line"], facts["code"]) == (3, "json.loads('{')")


def test_an_error_without_words_has_a_name() -> None:
    assert import_problem(KeyboardInterrupt()).facts["error"] == "KeyboardInterrupt"


def test_versions_are_those_of_what_the_files_import(tmp_path: Path) -> None:
    source = "import json, own_part\ntry:\n    import no_such_package\nexcept ImportError: ...\n"
    (tmp_path / "versions_module.py").write_text(source)
    (tmp_path / "own_part.py").write_text(
        "def later():\n    from numpy import array\n    import sklearn\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        import versions_module  # noqa: PLC0415

        versions = installed_versions(versions_module, [str(tmp_path)])
    finally:
        sys.path.remove(str(tmp_path))
    assert versions["packages"] == {
        "no_such_package": None,
        "numpy": np.__version__,
        "scikit-learn": version("scikit-learn"),
    }


def test_node_names_what_the_worker_makes() -> None:
    source = Path(__file__).parents[2] / "src" / "runner" / "function-arguments.ts"
    _, _, table = source.read_text("utf-8").partition("workerArguments")
    lines = table.partition("\n}\n")[0].splitlines()[1:]
    assert {line.strip().partition(":")[0] for line in lines} == set(_MAKERS)
