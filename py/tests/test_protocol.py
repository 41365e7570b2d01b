import base64
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archloom_worker import protocol, schema
from archloom_worker.protocol import (
    ProtocolError,
    TaskKey,
    VersionMismatch,
    decode_from_worker,
    decode_to_worker,
    encode,
    non_finite_place,
    pack_tensors,
    unpack_tensors,
)

PACKAGE = Path(__file__).parents[1]
VECTORS = PACKAGE.parent / "test" / "vectors" / "protocol"
DECODERS = {"from-worker": (decode_from_worker,), "to-worker": (decode_to_worker,)}
DECODERS["both"] = (decode_from_worker, decode_to_worker)


def vectors() -> list[Any]:
    return [
        pytest.param(vector, id=vector["name"])
        for path in sorted(VECTORS.glob("*.json"))
        for vector in json.loads(path.read_text(encoding="utf8"))
    ]


def frames_of(vector: dict[str, Any]) -> list[bytes]:
    if "parts" in vector:
        return [base64.b64decode(part) for part in vector["parts"]]
    header = json.dumps(vector["header"]).encode()
    return [b"ALP/1", header, *map(base64.b64decode, vector.get("frames", []))]


def point(**changes: Any) -> schema.CurvePoint:
    values: dict[str, Any] = {
        "epoch": 1,
        "train_loss": 1.0,
        "train_accuracy": 0.5,
        "val_loss": 1.0,
        "val_accuracy": 0.5,
        "learning_rate": 0.1,
        "seconds": 1.0,
    }
    return schema.CurvePoint(**{**values, **changes})


def test_the_vectors_are_there() -> None:
    assert len(vectors()) > 100


@pytest.mark.parametrize("vector", vectors())
def test_a_vector_is_accepted_or_refused_as_it_says(vector: dict[str, Any]) -> None:
    for decode in DECODERS[vector["direction"]]:
        if vector["valid"]:
            message, frames = decode(frames_of(vector))
            again, same_frames = decode(encode(message, frames))
            assert (again, list(same_frames)) == (message, list(frames))
            if "header" in vector:
                assert json.loads(bytes(encode(message)[1])) == vector["header"]
        else:
            with pytest.raises(ProtocolError) as caught:
                decode(frames_of(vector))
            assert caught.value.code == vector["errorCode"]


def test_another_version_is_named_with_ours() -> None:
    with pytest.raises(VersionMismatch) as caught:
        decode_to_worker([b"ALP/7", b"{}"])
    assert caught.value.theirs == 7
    assert "7" in caught.value.message
    assert "1" in caught.value.message


def test_a_malformed_run_says_which_task_it_meant() -> None:
    header = b'{"type":"run","task":"t000004","lease":2,"work":{"kind":"dance"}}'
    with pytest.raises(ProtocolError) as caught:
        decode_to_worker([b"ALP/1", header])
    assert caught.value.run == TaskKey("t000004", 2)


@pytest.mark.parametrize(
    "header",
    [
        b'{"type":"run","task":"","lease":2}',
        b'{"type":"run","task":"t000004","lease":-1}',
        b'{"type":"cancel","task":"t000004"}',
        b"[" * 100_000,
        b'{"type":"run"',
        b"\xff\xfe",
        b"",
    ],
)
def test_a_malformed_message_that_names_no_run_is_refused_without_one(header: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_to_worker([b"ALP/1", header])
    assert caught.value.run is None


def test_a_run_whose_tensors_do_not_fit_names_the_task() -> None:
    graph = {
        "version": 1,
        "inputs": [{"id": "image", "shape": [1]}],
        "nodes": [],
        "outputs": ["image"],
    }
    header = {
        "type": "run",
        "task": "t1",
        "lease": 0,
        "deadlineSeconds": None,
        "work": {"kind": "describe", "graph": graph},
        "tensors": [{"name": "gates", "dtype": "float32", "shape": [2, 3]}],
    }
    frames = [b"ALP/1", json.dumps(header).encode()]
    with pytest.raises(ProtocolError, match="1 tensors and 0 frames") as caught:
        decode_to_worker(frames)
    assert caught.value.run == TaskKey("t1", 0)
    with pytest.raises(ProtocolError, match="24 bytes and has 8"):
        decode_to_worker([*frames, b"\0" * 8])
    message, received = decode_to_worker([*frames, b"\0" * 24])
    assert isinstance(message, schema.Run)
    assert received == (b"\0" * 24,)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_non_finite_number_never_becomes_json(value: float) -> None:
    message = schema.Progress(task="t1", lease=0, point=point(val_loss=value))
    with pytest.raises(ProtocolError, match=r"point\.val_loss"):
        encode(message)


def test_the_place_of_a_non_finite_number_is_exact() -> None:
    assert non_finite_place(point()) is None
    assert non_finite_place({"a": (1.0, [0.5, math.nan])}) == "a.1.1"
    assert non_finite_place(math.inf) == ""


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.arange(6, dtype=np.float64).reshape(2, 3).T,
        np.arange(4, dtype=">i4"),
        np.array([True, False]),
        np.array(3, dtype=np.int64),
        np.zeros((0, 4), dtype=np.float16),
        np.arange(250, dtype=np.uint8)[::5],
    ],
    ids=["plain", "transposed", "big-endian", "bool", "scalar", "empty", "strided"],
)
def test_a_tensor_survives_the_wire(array: np.ndarray[Any, Any]) -> None:
    entries, frames = pack_tensors({"x": array})
    received = tuple(bytes(frame) for frame in frames)
    back = unpack_tensors(entries, received)["x"]
    assert back.shape == array.shape
    assert np.array_equal(back, array)
    assert back.dtype == array.dtype.newbyteorder("<")
    assert len(received[0]) == array.nbytes


def test_a_contiguous_tensor_is_not_copied() -> None:
    array = np.zeros(1000, dtype=np.float32)
    _, frames = pack_tensors({"x": array})
    array[0] = 7
    assert np.frombuffer(frames[0], dtype=np.float32)[0] == 7


def test_a_tensor_type_without_a_name_is_refused() -> None:
    with pytest.raises(ProtocolError, match="complex64"):
        pack_tensors({"x": np.zeros(2, dtype=np.complex64)})


def test_the_tag_holds_the_version_of_the_schema() -> None:
    assert f"ALP/{schema.PROTOCOL_VERSION}".encode() == protocol.PROTOCOL_TAG


# Sizes


HEARTBEAT = b'{"type":"heartbeat"}'


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([HEARTBEAT + b" " * schema.MAX_HEADER_BYTES], "at most 16777216 bytes of header"),
        ([b"[" * 65], "at most 64 levels deep, found 65"),
        ([b"[" * 10**6], "at most 64 levels deep, found 65"),
        ([HEARTBEAT, *[b""] * 1025], "at most 1024 tensors, found 1025"),
    ],
)
def test_a_message_that_is_too_large_is_refused_before_it_is_parsed(
    frames: list[bytes], message: str
) -> None:
    for decode in DECODERS["both"]:
        with pytest.raises(ProtocolError, match=message):
            decode([b"ALP/1", *frames])


def test_brackets_in_texts_are_no_depth() -> None:
    message = schema.Log(level="info", message='[{"\\' * 1000, fields={"[" * 100: "\\]"})
    assert decode_from_worker(encode(message))[0] == message


def test_what_is_too_large_for_the_other_side_is_not_written() -> None:
    report: Any = 1
    for _ in range(65):
        report = [report]
    with pytest.raises(ProtocolError, match=r"Reported message is too large: .* levels deep"):
        encode(schema.Reported(task="t", lease=0, report={"deep": report}))
    output = schema.CallResult(
        output="x" * schema.MAX_HEADER_BYTES,
        checkpoint=None,
        stopped=False,
        cost=schema.Cost(seconds=0.0, epochs=0.0),
    )
    with pytest.raises(ProtocolError, match=r"Result message is too large: .* bytes of header"):
        encode(schema.Result(task="t", lease=0, result=output, tensors=()))


def depth_of(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)


texts = st.text(st.sampled_from('a"\\[]{}ü'))
trees = st.recursive(
    st.none() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=30
)


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(trees)
def test_the_depth_is_that_of_the_value(tree: Any) -> None:
    # Many brackets side by side, so that they are counted and not only found to be few.
    header = json.dumps([tree, *[[]] * 100]).encode()
    assert protocol._json_depth(header) == max(2, 1 + depth_of(tree))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_looking_at_a_hostile_header_takes_no_more_memory_than_a_few_copies() -> None:
    script = (
        "import resource\n"
        "from archloom_worker import protocol\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        """for text in (b'x' * 2**24, b'\\\\"' * 2**23, b'[' * 2**24, b'"",' * 2**22):\n"""
        """    protocol._json_depth(b'["' + text + b'"' + b'[' * 70)\n"""
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PACKAGE
    )
    assert int(done.stdout) < 200
