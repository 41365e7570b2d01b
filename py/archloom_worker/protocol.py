"""Messages to and from their frames on the wire: tag, JSON header, one binary frame a tensor.

The tag is looked at before anything else is parsed, so that two versions can always tell each other
apart. What a message may hold is in `schema.py`, generated from the zod schemas; nothing here knows
sockets.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from archloom_worker import schema

PROTOCOL_TAG = f"ALP/{schema.PROTOCOL_VERSION}".encode()

Frame: TypeAlias = bytes | memoryview
Frames: TypeAlias = tuple[Frame, ...]
Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

LONGEST_QUOTE = 400
"""What an error repeats of a message that cannot be read."""

_TAG = re.compile(rb"ALP/([1-9][0-9]{0,8})")
_ITEM_BYTES = {
    "float32": 4,
    "float64": 8,
    "float16": 2,
    "int64": 8,
    "int32": 4,
    "uint8": 1,
    "bool": 1,
}


@dataclass(frozen=True)
class TaskKey:
    """One lease of one task: what results are kept, sent and de-duplicated by."""

    task: str
    lease: int


class ProtocolError(Exception):
    """A message that is not what the protocol says."""

    code: Literal["protocol/version", "protocol/malformed"] = "protocol/malformed"

    def __init__(self, message: str, run: TaskKey | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.run = run
        """The task that the message meant to run, where that much could be read."""


class VersionMismatch(ProtocolError):  # noqa: N818 - says what it is without the suffix
    """The other side speaks another version of the protocol."""

    code = "protocol/version"

    def __init__(self, theirs: int) -> None:
        super().__init__(
            f"The orchestrator speaks protocol version {theirs} and this worker version "
            f"{schema.PROTOCOL_VERSION}, install the same archloom on both sides"
        )
        self.theirs = theirs


class _RunEnvelope(msgspec.Struct):
    """As much of a run message as is needed to answer it."""

    type: Literal["run"]
    task: str
    lease: int


_to_worker: msgspec.json.Decoder[schema.ToWorker] = msgspec.json.Decoder(schema.ToWorker)
_from_worker: msgspec.json.Decoder[schema.FromWorker] = msgspec.json.Decoder(schema.FromWorker)
_run_envelope = msgspec.json.Decoder(_RunEnvelope)
_encoder = msgspec.json.Encoder()


def decode_to_worker(frames: Sequence[Frame]) -> tuple[schema.ToWorker, Frames]:
    """Reads a message from the orchestrator.

    Returns:
        The header, and the tensor frames that it names.

    Raises:
        VersionMismatch: When the tag is of another version; nothing else was read then.
        ProtocolError: When the message is malformed; names the run that it meant, if it can.
    """
    header = _header(frames)
    try:
        message = _to_worker.decode(header)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError(_invalid(error), _meant_run(header)) from None
    if isinstance(message, schema.Run):
        key = TaskKey(message.task, message.lease)
        return message, _check_tensors(message.tensors, frames[2:], key)
    return message, _check_tensors((), frames[2:])


def decode_from_worker(frames: Sequence[Frame]) -> tuple[schema.FromWorker, Frames]:
    """Reads a message of a worker, as the orchestrator would; for tests and tools.

    Raises:
        ProtocolError: As `decode_to_worker`.
    """
    header = _header(frames)
    try:
        message = _from_worker.decode(header)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError(_invalid(error)) from None
    tensors = message.tensors if isinstance(message, schema.Result) else ()
    return message, _check_tensors(tensors, frames[2:])


def encode(message: schema.FromWorker | schema.ToWorker, frames: Frames = ()) -> list[Frame]:
    """Writes a message as its frames.

    Raises:
        ProtocolError: When it holds a number that JSON cannot carry: non-finite numbers are
            outcomes, not numbers, and whoever makes the message must have made one of it. Also when
            it is larger than the other side takes.
    """
    place = non_finite_place(message)
    if place is not None:
        raise ProtocolError(
            f"The {type(message).__name__} message holds a non-finite number at {place}"
        )
    header = _encoder.encode(message)
    problem = _oversize(header, frames)
    if problem is not None:
        raise ProtocolError(f"The {type(message).__name__} message is too large: {problem}")
    return [PROTOCOL_TAG, header, *frames]


def non_finite_place(value: object) -> str | None:
    """Where in a message the first NaN or infinity stands, such as `result.metrics.val_loss`."""
    if isinstance(value, float):
        return None if math.isfinite(value) else ""
    for name, item in _parts(value):
        place = non_finite_place(item)
        if place is not None:
            return f"{name}.{place}" if place else name
    return None


def pack_tensors(arrays: Arrays) -> tuple[tuple[schema.TensorFrame, ...], Frames]:
    """Arrays as header entries and binary frames, without copying what is already in order.

    Raises:
        ProtocolError: When an array's type has no name on the wire.
    """
    entries: list[schema.TensorFrame] = []
    frames: list[Frame] = []
    for name, array in arrays.items():
        dtype = array.dtype.name
        if dtype not in _ITEM_BYTES:
            raise ProtocolError(f"Tensor {name} has type {dtype}, which the protocol cannot carry")
        ordered = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        # ascontiguousarray makes (1,) of a scalar: the header says the shape that was given.
        entries.append(msgspec.convert(_entry(name, dtype, array.shape), schema.TensorFrame))
        frames.append(ordered.reshape(-1).view(np.uint8).data)
    return tuple(entries), tuple(frames)


def unpack_tensors(
    entries: Sequence[schema.TensorFrame], frames: Frames
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a decoded message: views of its frames, writable where those are."""
    return {
        entry.name: np.ndarray(
            entry.shape, dtype=np.dtype(entry.dtype).newbyteorder("<"), buffer=frame
        )
        for entry, frame in zip(entries, frames, strict=True)
    }


def clean_text(text: str) -> str:
    """Text without lone surrogates, as file names may bring them, which JSON cannot carry."""
    return text.encode("utf8", errors="replace").decode("utf8")


def _untag(frames: Sequence[Frame]) -> Frame:
    tag = bytes(frames[0]) if frames else b""
    if tag != PROTOCOL_TAG:
        match = _TAG.fullmatch(tag)
        if match is not None:
            raise VersionMismatch(int(match[1]))
        raise ProtocolError(
            f"A message must begin with {PROTOCOL_TAG.decode()}, not with {tag[:32]!r}"
        )
    if len(frames) < 2:
        raise ProtocolError("A message must have a header after its tag")
    return frames[1]


def _invalid(error: Exception) -> str:
    """The reader's sentence, cut: it may quote any length of what the other side has written."""
    text = str(error)
    if len(text) > LONGEST_QUOTE:
        text = f"{text[: LONGEST_QUOTE // 2]} … {text[-LONGEST_QUOTE // 2 :]}"
    return clean_text(f"The message header is invalid: {text}")


def _header(frames: Sequence[Frame]) -> Frame:
    """The header, when tag and sizes are right: looked at before anything is parsed."""
    header = _untag(frames)
    problem = _oversize(header, frames[2:])
    if problem is not None:
        raise ProtocolError(f"The message is too large: {problem}")
    return header


def _oversize(header: Frame, tensors: Sequence[Frame]) -> str | None:
    largest = max(map(len, tensors), default=0)
    for what, found, limit in (
        ("tensors", len(tensors), schema.MAX_TENSORS),
        ("bytes of header", len(header), schema.MAX_HEADER_BYTES),
        ("bytes of a tensor", largest, schema.MAX_TENSOR_BYTES),
    ):
        if found > limit:
            return f"expected at most {limit} {what}, found {found}"
    depth = _json_depth(bytes(header))
    if depth <= schema.MAX_HEADER_DEPTH:
        return None
    return f"expected a header at most {schema.MAX_HEADER_DEPTH} levels deep, found {depth}"


_JSON_MARKS = re.compile(rb'"[^"]*"?|[\[\]{}]')


def _json_depth(header: bytes) -> int:
    """How deep arrays and objects stand in one another, without parsing; few marks are no depth.

    Counts no further than one past the limit.
    """
    if header.count(b"[") + header.count(b"{") <= schema.MAX_HEADER_DEPTH:
        return 0
    # Without escapes a text ends at the next quote: a pattern that knew them would take a gigabyte.
    plain = header.replace(b"\\\\", b"").replace(b'\\"', b"")
    depth = deepest = 0
    for match in _JSON_MARKS.finditer(plain):
        mark = match[0]
        if mark in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > schema.MAX_HEADER_DEPTH:
                break
        elif mark in (b"]", b"}"):
            depth -= 1
    return deepest


def _meant_run(header: Frame) -> TaskKey | None:
    try:
        envelope = _run_envelope.decode(header)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return TaskKey(envelope.task, envelope.lease) if envelope.task and envelope.lease >= 0 else None


def _check_tensors(
    entries: Sequence[schema.TensorFrame], frames: Sequence[Frame], run: TaskKey | None = None
) -> Frames:
    if len(entries) != len(frames):
        raise ProtocolError(
            f"The header names {len(entries)} tensors and {len(frames)} frames follow it", run
        )
    for entry, frame in zip(entries, frames, strict=True):
        expected = _ITEM_BYTES[entry.dtype] * math.prod(entry.shape)
        if len(frame) != expected:
            raise ProtocolError(
                f"Tensor {entry.name} should have {expected} bytes and has {len(frame)}", run
            )
    return tuple(frames)


def _entry(name: str, dtype: str, shape: tuple[int, ...]) -> dict[str, object]:
    return {"name": name, "dtype": dtype, "shape": list(shape)}


def _parts(value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        return ((name, getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return ((str(name), item) for name, item in value.items())
    if isinstance(value, tuple | list):
        return ((str(index), item) for index, item in enumerate(value))
    return ()
