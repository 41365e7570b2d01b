"""NATS-Bench's official folders of pickles, turned into JSON lines; needs no package.

``python -m archloom_worker.data.nats_bench FOLDER 0/2`` writes every second architecture of the
folder to standard output, from the first on, as one JSON object a line. A file that is broken is
one last line ``{"error": …}`` and the status 2.

Source: Dong et al. 2021, "NATS-Bench"; D-X-Y/NATS-Bench, ``api_utils.py``, the "simple" format.
"""

import bz2
import io
import json
import math
import pickle
import re
import struct
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE_LIMIT = 256 * 1024 * 1024
"""Bytes of an unpacked file; the largest official one has two million."""
CURVE_EPOCHS = 12
"""Trainings of at most so many epochs keep each epoch, longer ones the last."""
NAME = re.compile(r"^(\d{6})\.pickle\.pbz2$")
NUMBERS = {"f8": "d", "f4": "f", "i8": "q", "i4": "i"}


class FolderError(Exception):
    """A folder or a file that is not as NATS-Bench publishes it."""


def main(arguments: list[str]) -> int:
    """Writes the lines; 0 when all went well."""
    folder, part = arguments
    try:
        for line in architecture_lines(Path(folder), part):
            sys.stdout.write(line + "\n")
    except FolderError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return 2
    return 0


def architecture_lines(folder: Path, part: str) -> Iterator[str]:
    """One JSON text an architecture.

    Args:
        folder: holds ``meta.pickle.pbz2`` and a file for each architecture
        part: ``i/n`` for every n-th file from the i-th on
    """
    first, step = (int(word) for word in part.split("/"))
    files = sorted(path for path in folder.iterdir() if NAME.match(path.name))
    meta = folder / "meta.pickle.pbz2"
    names = _entry(_entries(read_pickle(meta), meta), "meta_archs", meta) if meta.exists() else None
    # Channels instead of a cell are the size search space, which the reader of the lines refuses.
    if names and "|" in str(names[0]):
        _check_whole(folder, {path.name for path in files}, len(names))
    for path in files[first::step]:
        try:
            yield json.dumps(_architecture(path, names), allow_nan=False, separators=(",", ":"))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FolderError(f"{path} is not as NATS-Bench publishes it: {error!r}") from error


def _check_whole(folder: Path, files: set[str], count: int) -> None:
    expected = (f"{index:06d}.pickle.pbz2" for index in range(count))
    missing = [name for name in expected if name not in files]
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise FolderError(
            f"{folder / missing[0]} is missing{others}: meta.pickle.pbz2 beside it names {count} "
            "architectures; unpack the folder again, or remove meta.pickle.pbz2 to import a part"
        )


def _architecture(path: Path, names: Any) -> dict[str, Any]:
    content = _entries(read_pickle(path), path)
    index = int(path.name[:6])
    trainings: list[dict[str, Any]] = []
    found: set[str] = set()
    for schedule, entries in content.items():
        results = _entries(entries, path)
        architecture = _entry(results, "arch_str", path)
        if _entry(results, "arch_index", path) != index:
            raise FolderError(f"{path} must hold the architecture {index}, but holds another one")
        found.add(architecture)
        for (dataset, seed), result in _entry(results, "all_results", path).items():
            training = _training(_entries(result, path), path)
            if training["epochs"] != int(schedule):
                raise FolderError(f"{path} has a training of other epochs than {schedule}")
            trainings.append({"dataset": dataset, "seed": int(seed), **training})
    if len(found) != 1 or (names is not None and names[index : index + 1] != list(found)):
        raise FolderError(f"{path} must name the architecture {index} of its folder, but does not")
    return {"index": index, "architecture": found.pop(), "trainings": trainings}


def _training(result: Mapping[Any, Any], path: Path) -> dict[str, Any]:
    """One data set and seed; accuracies in percent, null where an epoch was not evaluated."""
    epochs = int(_entry(result, "epochs", path))
    accuracies = _entry(result, "eval_acc1es", path)
    seconds = 0.0
    points = []
    for epoch in range(epochs):
        seconds += float(_entry(result, "train_times", path)[epoch])
        if epochs > CURVE_EPOCHS and epoch + 1 < epochs:
            continue
        splits = {
            split: _number(accuracies.get(f"{split}@{epoch}"))
            for split in ("x-valid", "x-test", "ori-test")
        }
        train = _number(_entry(result, "train_acc1es", path).get(epoch))
        points.append({"epoch": epoch + 1, "seconds": seconds, "train": train, **splits})
    return {
        "epochs": epochs,
        "params": _number(_entry(result, "params", path)),
        "flop": _number(_entry(result, "flop", path)),
        "points": points,
    }


def read_pickle(path: Path) -> Any:
    """What a ``.pickle.pbz2`` file holds, if that is nothing but containers, texts and numbers."""
    try:
        with bz2.open(path) as file:
            content = file.read(FILE_LIMIT + 1)
    except (OSError, EOFError) as error:
        raise FolderError(
            f"{path} is no bzip2 file or is cut off ({error}); fetch it again"
        ) from error
    if len(content) > FILE_LIMIT:
        raise FolderError(f"{path} must have at most {FILE_LIMIT} bytes unpacked, but has more")
    try:
        return _PlainUnpickler(io.BytesIO(content)).load()
    except _RefusedNameError as error:
        raise FolderError(f"{path} is refused: {error}") from error
    except Exception as error:  # a broken pickle may raise anything
        raise FolderError(
            f"{path} is no pickle of NATS-Bench: {error!r}; fetch it again"
        ) from error


class _RefusedNameError(Exception):
    pass


class _PlainUnpickler(pickle.Unpickler):
    """Makes dictionaries, lists, texts and numbers, and refuses to make anything else."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            "collections.OrderedDict": OrderedDict,
            "numpy.dtype": _NumberType,
            "numpy.core.multiarray.scalar": _scalar,
            "numpy._core.multiarray.scalar": _scalar,
        }
        if f"{module}.{name}" in known:
            return known[f"{module}.{name}"]
        raise _RefusedNameError(
            f"its pickle asks for {module}.{name}, which no result needs and which could run code"
        )

    def persistent_load(self, identifier: Any) -> Any:
        raise _RefusedNameError("its pickle asks for an object of another place")


class _NumberType:
    """What stands for ``numpy.dtype`` in a pickled number."""

    def __init__(self, kind: str, *_flags: Any) -> None:
        self.format = "<" + NUMBERS[kind]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise ValueError(f"a number's bytes must be little-endian, but are {state[1]}")


def _scalar(kind: _NumberType, content: bytes) -> float:
    (number,) = struct.unpack(kind.format, content)
    return float(number)


def _entries(value: Any, path: Path) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    raise FolderError(f"{path} must hold dictionaries, but holds a {type(value).__name__}")


def _entry(value: Mapping[Any, Any], key: str, path: Path) -> Any:
    if key in value:
        return value[key]
    raise FolderError(f"{path} must have an entry {key}, but has {', '.join(map(str, value))}")


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a number is {number}")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
