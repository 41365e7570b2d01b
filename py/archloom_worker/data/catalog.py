"""The data sets by name: where each is looked for, how it is read, what it must be.

The only file that names data sets; README.md says how to add one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archloom_worker import schema
from archloom_worker.data import cifar, digits, fashion, sheets
from archloom_worker.data.held import HeldDataset, HeldImages, collection_hash, verify_labels
from archloom_worker.errors import DataError, InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archloom_worker.schema import DatasetName

    Parts = tuple[HeldImages, HeldImages | None]

DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""


@dataclass(frozen=True)
class Place:
    """One place where a data set may lie, in one format."""

    path: Path
    holds: Callable[[Path], bool]
    """Whether the data set seems to be there; a cheap look."""
    read: Callable[[Path], Parts]
    """Reads it and checks its form; raises DataError when it is corrupt."""


@dataclass(frozen=True)
class Description:
    """What is known of a data set before it is read."""

    class_count: int
    pixel_max: int
    places: Callable[[Sequence[Path]], list[Place]]
    """Places in order of preference, from the data folders."""
    published: Mapping[tuple[str, int], str]
    """`collection_hash` of the published content, by split and image count."""
    mend: str
    """What to do when it is in none of the places."""


def identify(name: DatasetName, folders: Sequence[Path]) -> schema.DatasetFacts:
    """Finds, reads and describes a data set.

    Args:
        name: One of the names in `DATASETS`.
        folders: Data folders, in order of preference.

    Raises:
        DataError: When it is missing or corrupt.
    """
    return facts_of(read_dataset(name, folders))


def facts_of(held: HeldDataset) -> schema.DatasetFacts:
    """What a worker tells of a data set that it holds."""
    return schema.DatasetFacts(
        name=held.name,
        kind="images",
        input_shape=held.input_shape,
        class_count=held.class_count,
        train_count=len(held.train),
        test_count=0 if held.test is None else len(held.test),
        content_hash=held.content_hash,
    )


def read_dataset(name: DatasetName, folders: Sequence[Path]) -> HeldDataset:
    """Reads a data set from the first place that holds it, and verifies it.

    A place that holds a broken copy ends the search: a run must not silently use another copy than
    the one that its user put first.

    Raises:
        DataError: When it is missing or corrupt.
        InvalidTask: When there is no data set of this name.
    """
    description = DATASETS.get(name)
    if description is None:
        raise InvalidTask(f"No data set is named {name}, expected one of {', '.join(DATASETS)}")
    places = description.places([Path(folder).absolute() for folder in folders])
    for place in places:
        if place.holds(place.path):
            train, test = place.read(place.path)
            held = HeldDataset(
                name, description.class_count, description.pixel_max, train, test, place.path
            )
            _verify(held, description.published)
            return held
    looked = ", ".join(str(place.path) for place in places) or "no place at all"
    raise DataError(
        "missing", f"Data set {name} was not found: looked in {looked}; {description.mend}"
    )


def _verify(held: HeldDataset, published: Mapping[tuple[str, int], str]) -> None:
    for split, part in (("train", held.train), ("test", held.test)):
        if part is None:
            continue
        verify_labels(part.labels, held.class_count, held.source)
        expected = published.get((split, len(part)))
        if expected is not None and (found := collection_hash(part)) != expected:
            raise DataError(
                "corrupt",
                f"{held.source} holds {split} images and labels of the hash {found}, expected"
                f" the published content's {expected}; fetch the data set again",
            )


def _digits_places(_folders: Sequence[Path]) -> list[Place]:
    path = digits.digits_place()
    return [] if path is None else [Place(path, Path.exists, digits.read_digits)]


def _fashion_places(folders: Sequence[Path]) -> list[Place]:
    # FashionMNIST/raw is where torchvision unpacks the same files.
    names = ("fashion-mnist", "FashionMNIST/raw")
    mine = [folder / name for folder in folders for name in names]
    read = partial(fashion.read_idx_dataset, layout=fashion.FASHION_MNIST)
    return [Place(path, fashion.idx_is_at, read) for path in (*mine, DEBIAN_FASHION_MNIST)]


def _cifar_places(
    folders: Sequence[Path], own: str, pickles: cifar.CifarLayout, records: cifar.CifarLayout
) -> list[Place]:
    # The archives unpack beside other data sets as well as into a folder of their own.
    return [
        place
        for root in folders
        for folder in (root / own, root)
        for place in (
            Place(
                folder / pickles.folder, Path.is_dir, partial(cifar.read_pickles, layout=pickles)
            ),
            Place(
                folder / records.folder, Path.is_dir, partial(cifar.read_records, layout=records)
            ),
            *([Place(folder, sheets.sheets_are_at, sheets.read_sheets)] if folder != root else []),
        )
    ]


DATASETS: Mapping[DatasetName, Description] = {
    "digits": Description(
        class_count=10,
        pixel_max=digits.PIXEL_MAX,
        places=_digits_places,
        published={
            ("train", 1_797): "2b6c29e9aff33600e2f7c61ceb9b2230fae46b22f20f80c2dc7c52bdb67414dd"
        },
        mend="install scikit-learn, which carries it, with the worker's environment",
    ),
    "fashion-mnist": Description(
        class_count=10,
        pixel_max=255,
        places=_fashion_places,
        published={
            ("train", 60_000): "1491cf3866d74626b630b7284e99de7b379b355fd5d951276a67ce5f39575c3a",
            ("test", 10_000): "a6fd44749a4cb4b6a03906b19b89a49454cc267dda11f35ca0e59c04f9bf3356",
        },
        mend="install it with `apt install dataset-fashion-mnist`, or put its four"
        " *-ubyte.gz files into a folder fashion-mnist of a data folder",
    ),
    "cifar10": Description(
        class_count=10,
        pixel_max=255,
        places=partial(
            _cifar_places,
            own="cifar10",
            pickles=cifar.CIFAR10_PYTHON,
            records=cifar.CIFAR10_BINARY,
        ),
        published={
            ("train", 50_000): "464110d38d180886da2fbfd74b60e8311bf0055b69563716abbbf3627d3fac80",
            ("test", 10_000): "f01877e81dae1f55f260d1d23c98e51b5128033a34a0a92b88a125f256bb7851",
        },
        mend="unpack cifar-10-python.tar.gz or cifar-10-binary.tar.gz of the CIFAR page into a"
        " data folder",
    ),
    "cifar100": Description(
        class_count=100,
        pixel_max=255,
        places=partial(
            _cifar_places,
            own="cifar100",
            pickles=cifar.CIFAR100_PYTHON,
            records=cifar.CIFAR100_BINARY,
        ),
        published={
            ("test", 10_000): "1072eb731d00e5beb7d6feab3b4d44dbed02b77a78f39f47b3c37613ff3b5c58"
        },
        mend="unpack cifar-100-python.tar.gz or cifar-100-binary.tar.gz of the CIFAR page into a"
        " data folder",
    ),
}
