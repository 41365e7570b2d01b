"""Files of tensors: what goes in comes out, exactly; what does not belong there is refused."""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from archloom_worker import schema
from archloom_worker.errors import DataError, InvalidTask
from archloom_worker.tensor_file import MAX_DEPTH, pack, read_tensors, unpack, write_tensors


def same(first: Any, second: Any) -> bool:  # noqa: PLR0911 - one return a kind
    """Equal in kind, type and bits, all the way down."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, torch.Tensor):
        kinds = [(tensor.dtype, tensor.shape, tensor.stride()) for tensor in (first, second)]
        return kinds[0] == kinds[1] and pack(first) == pack(second)
    if isinstance(first, np.ndarray):
        return (first.dtype, first.tobytes()) == (second.dtype, second.tobytes())
    if isinstance(first, float) and math.isnan(first):
        return math.isnan(second)
    return bool(first == second)


def test_an_optimizers_state_comes_back_exactly(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last))
    bias = torch.nn.Parameter(torch.randn(4))
    optimizer = torch.optim.AdamW([{"params": [weight]}, {"params": [bias]}], lr=0.1, fused=True)
    (torch.nn.functional.conv2d(torch.randn(2, 3, 5, 5), weight, bias) ** 2).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert same(read_tensors(write_tensors(tmp_path / "state", state)), state)


def test_everything_that_may_be_saved_comes_back(tmp_path: Path) -> None:
    value = {
        "tensors": [torch.ones(2, 3, dtype=dtype) for dtype in (torch.bool, torch.bfloat16)],
        "none": torch.empty(0, 3),
        "scalar": torch.tensor(1.5, dtype=torch.float64),
        "arrays": (np.arange(3, dtype=np.uint16), np.array(2.5), np.zeros((2, 0))),
        "transposed": np.arange(6).reshape(2, 3).T.copy(),
        "whole": [0, -1, 2**63, -(2**90), True, None],
        "floats": [0.1, 5e-324, math.inf, -math.inf, math.nan, -0.0],
        "texts": ["", "a/b~c", "ü", "\0"],
        "a/b": {"c": torch.ones(1)},
        "a": {"b/c": torch.zeros(1), 7: ["int key"], "7": "text key"},
    }
    found = read_tensors(write_tensors(tmp_path / "all", value))
    assert same(found, value)
    assert math.copysign(1, found["floats"][-1]) == -1


def test_equal_values_make_equal_bytes_and_shared_memory_is_written_twice() -> None:
    tensor = torch.randn(3, 4)
    tied = {"first": tensor, "second": tensor, "view": tensor.t(), "row": tensor[1]}
    assert pack(tied) == pack({name: part.clone() for name, part in tied.items()})
    assert torch.equal(unpack(pack(tied))["view"], tensor.t())


def test_any_reader_of_safetensors_finds_the_tensors_by_place(tmp_path: Path) -> None:
    path = tmp_path / "plain.safetensors"
    write_tensors(path, {"weights": {"first.weight": torch.ones(2)}, "epoch": 3})
    with safetensors.safe_open(path, framework="np") as file:
        assert list(file.keys()) == ["/weights/first.weight"]


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth > 0 else 1


class Attack:
    """A pickle that would create a file when an ordinary reader loads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {2}]}, "has a set at /a/1"),
        (Attack(Path("x")), "has a Attack at the top"),
        ({"a": {1.5: 1}}, "has a dict at /a"),
        ({True: 1}, "has a dict at the top"),
        ({"a": np.array(["text"])}, "has a array of type <U4 at /a"),
        ({"a": np.array([object()])}, "has a array of type object at /a"),
        ({"a": torch.ones(2, 2).to_sparse()}, "has a tensor of type torch.float32 at /a"),
        ({"a": torch.ones(2, device="meta")}, "has a tensor of type torch.float32 at /a"),
        ({"a": np.float32(1)}, r"has a float32 at /a, .*value\.item\(\)"),
        ({1: torch.ones(1), "1": torch.ones(1)}, "two keys that are written alike, at /1"),
        ("\ud800", "a text that is no Unicode"),
        (nested(MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_cannot_be_saved_is_named(value: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTask, match=message):
        write_tensors(tmp_path / "refused", value)
    assert os.listdir(tmp_path) == []


def test_the_deepest_nesting_that_is_written_is_read() -> None:
    assert unpack(pack(nested(MAX_DEPTH))) == nested(MAX_DEPTH)


def file_with(structure: object, **more: str) -> bytes:
    metadata = {"archloom": json.dumps(structure), **more}
    return bytes(safetensors.torch.save({"/a": torch.ones(2)}, metadata))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 64,
        (2**40).to_bytes(8, "little") + b"{}",
        bytes(safetensors.torch.save({"/a": torch.ones(2)})),
        file_with({"tensor": "/b"}),
        file_with({"tensor": ["/a"]}),
        file_with({"tensor": "/a", "layout": "channels_last"}),
        file_with({"tensor": "/a", "layout": ["x"]}),
        file_with({"float": "1.5"}),
        file_with({"map": [[1.5, 1]]}),
        file_with({"map": [[1, 1, 1]]}),
        file_with({"map": {"__class__": 1}}),
        file_with({"py/object": "os.system"}),
        file_with(nested(MAX_DEPTH + 1)),
        bytes(safetensors.torch.save({}, {"archloom": "[" * 10**6})),
    ],
    ids=lambda content: f"{len(content)} bytes",
)
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        unpack(content)


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "pickle"
    torch.save(Attack(tmp_path / "ran"), path)
    with pytest.raises(DataError, match="has the SHA-256"):
        read_tensors(schema.CheckpointRef(path=str(path), sha256="0" * 64))
    with pytest.raises(ValueError):
        unpack(path.read_bytes())
    assert not (tmp_path / "ran").exists()


GOOD = pack(
    {
        "weights": {"first": torch.arange(4.0), "second": torch.zeros(2, 2, dtype=torch.uint8)},
        "groups": [{"lr": 0.1, "betas": (0.9, math.inf), "params": [0, 1]}],
        "array": np.arange(3),
    }
)
HEADER_END = 8 + int.from_bytes(GOOD[:8], "little")


def flipped(content: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, value in changes:
        changed[place % len(changed)] = value
    return bytes(changed)


places = st.integers(0, HEADER_END - 1) | st.integers(0, len(GOOD) - 1)
mutations: Callable[..., Any] = st.lists(st.tuples(places, st.integers(0, 255)), max_size=6).map


@settings(max_examples=1000, deadline=None, database=None, derandomize=True)
@given(mutations(lambda changes: flipped(GOOD, changes)), st.integers(0, len(GOOD)) | st.none())
def test_a_mutated_file_is_read_or_refused(content: bytes, end: int | None) -> None:
    try:
        value = unpack(content[:end])
    except ValueError:
        return
    assert pack(value)  # what was read is of the kinds that are written
