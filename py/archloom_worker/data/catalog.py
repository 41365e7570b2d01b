"""The data sets by name: where each is looked for, how it is read, what it must be.

The only file that names data sets; README.md says how to add one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from archloom_worker import schema
from archloom_worker.data import cifar, digits, fashion, features, sheets, text
from archloom_worker.data.held import (
    HeldDataset,
    HeldImages,
    HeldImageSet,
    collection_hash,
    verify_labels,
)
from archloom_worker.errors import DataError, InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archloom_worker.schema import DatasetName

    Images = tuple[HeldImages, HeldImages | None]
    Table = tuple[NDArray[np.float64], NDArray[np.int64]]

DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""


P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)


@dataclass(frozen=True)
class Place(Generic[P_co]):
    """One place where a data set may lie, in one format."""

    path: Path
    holds: Callable[[Path], bool]
    """Whether the data set seems to be there; a cheap look."""
    read: Callable[[Path], P_co]
    """Reads it and checks its form; raises DataError when it is corrupt."""


@dataclass(frozen=True)
class Description(Generic[P]):
    """What is known of a data set before it is read."""

    places: Callable[[Sequence[Path]], list[Place[P]]]
    """Places in order of preference, from the data folders."""
    hold: Callable[[DatasetName, Path, P], HeldDataset]
    """Makes it whole from what a place gave, and checks the content against the published one."""
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
        kind=held.kind,
        input_shape=held.sample_shape,
        class_count=held.class_count,
        train_count=held.train_count,
        test_count=held.test_count,
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
            return description.hold(name, place.path, place.read(place.path))
    looked = ", ".join(str(place.path) for place in places) or "no place at all"
    raise DataError(
        "missing", f"Data set {name} was not found: looked in {looked}; {description.mend}"
    )


# Images -------------------------------------------------------------------------------------------


def _hold_images(
    class_count: int, pixel_max: int
) -> Callable[[DatasetName, Path, Images], HeldDataset]:
    def hold(name: DatasetName, source: Path, images: Images) -> HeldDataset:
        train, test = images
        for split, part in (("train", train), ("test", test)):
            if part is not None:
                _verify(name, split, part, class_count, source)
        return HeldImageSet(name, class_count, source, pixel_max, train, test)

    return hold


def _verify(
    name: DatasetName, split: str, part: HeldImages, class_count: int, source: Path
) -> None:
    verify_labels(part.labels, class_count, source)
    expected = PUBLISHED.get(name, {}).get((split, len(part)))
    if expected is not None and (found := collection_hash(part)) != expected:
        raise DataError(
            "corrupt",
            f"{source} holds {split} images and labels of the hash {found}, expected the published"
            f" content's {expected}; fetch the data set again",
        )


def _digits_places(_folders: Sequence[Path]) -> list[Place[Images]]:
    path = digits.digits_place()
    return [] if path is None else [Place(path, Path.exists, digits.read_digits)]


def _fashion_places(folders: Sequence[Path]) -> list[Place[Images]]:
    # FashionMNIST/raw is where torchvision unpacks the same files.
    names = ("fashion-mnist", "FashionMNIST/raw")
    mine = [folder / name for folder in folders for name in names]
    read = partial(fashion.read_idx_dataset, layout=fashion.FASHION_MNIST)
    return [Place(path, fashion.idx_is_at, read) for path in (*mine, DEBIAN_FASHION_MNIST)]


def _cifar_places(
    folders: Sequence[Path], own: str, pickles: cifar.CifarLayout, records: cifar.CifarLayout
) -> list[Place[Images]]:
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


PUBLISHED: Mapping[DatasetName, Mapping[tuple[str, int], str]] = {
    "digits": {
        ("train", 1_797): "2b6c29e9aff33600e2f7c61ceb9b2230fae46b22f20f80c2dc7c52bdb67414dd"
    },
    "fashion-mnist": {
        ("train", 60_000): "1491cf3866d74626b630b7284e99de7b379b355fd5d951276a67ce5f39575c3a",
        ("test", 10_000): "a6fd44749a4cb4b6a03906b19b89a49454cc267dda11f35ca0e59c04f9bf3356",
    },
    "cifar10": {
        ("train", 50_000): "464110d38d180886da2fbfd74b60e8311bf0055b69563716abbbf3627d3fac80",
        ("test", 10_000): "f01877e81dae1f55f260d1d23c98e51b5128033a34a0a92b88a125f256bb7851",
    },
    "cifar100": {
        ("test", 10_000): "1072eb731d00e5beb7d6feab3b4d44dbed02b77a78f39f47b3c37613ff3b5c58"
    },
}
"""`collection_hash` of the published images, by data set, split and image count."""


# Tables of features -------------------------------------------------------------------------------

WINE = (178, 13)
BREAST_CANCER = (569, 30)


def _table(file: str, shape: tuple[int, int], class_count: int) -> Description[Table]:
    def places(_folders: Sequence[Path]) -> list[Place[Table]]:
        path = features.carried_table(file)
        read = partial(features.read_table, shape=shape)
        return [] if path is None else [Place(path, Path.exists, read)]

    def hold(name: DatasetName, source: Path, table: Table) -> HeldDataset:
        rows, labels = table
        verify_labels(labels, class_count, source)
        return features.HeldTable(name, class_count, source, rows, labels)

    return Description(places, hold, WITH_SCIKIT_LEARN)


# Text ---------------------------------------------------------------------------------------------

TINYSHAKESPEARE = {1_115_394: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"}
"""SHA-256 of the published text, by its number of characters."""
WIKITEXT_2 = {
    217_646: "e163383e62f6a4d2fb0b7266edfc5938d2f99ab74a335dc2049e68560ac9e30b",
    245_569: "61455d0fbed012535f9f6c2342e3f86f931c7e96ad7b888486acb21c6a19ff18",
}
"""SHA-256 of the published validation and test words, joined by spaces, by their number."""


def _shakespeare_places(folders: Sequence[Path]) -> list[Place[list[Path]]]:
    # The text as it is published, in a folder of its own; or by its name, alone or with other text.
    names = ("tinyshakespeare/input.txt", "text/tinyshakespeare.txt", "tinyshakespeare.txt")
    return [_text_place(folder, name) for folder in folders for name in names]


def _wikitext_places(folders: Sequence[Path]) -> list[Place[list[Path]]]:
    parts = ("train", "valid", "test")
    published = [f"wikitext-2/wiki.{part}.tokens" for part in parts]
    plain = [f"wikitext-2/{part}.txt" for part in parts]
    named = [f"wikitext-2-{part}.txt" for part in parts]
    beside = [f"text/{name}" for name in named]
    # Whole first; then without the training part, in whose place the validation part is trained on.
    forms = [form[start:] for start in (0, 1) for form in (published, plain, beside, named)]
    return [_text_place(folder, *form) for folder in folders for form in forms]


def _text_place(folder: Path, *names: str) -> Place[list[Path]]:
    def read(_path: Path) -> list[Path]:
        return text.text_files(folder, *names) or []

    return Place(folder / names[0], lambda _: text.text_files(folder, *names) is not None, read)


def _hold_shakespeare(name: DatasetName, _source: Path, files: list[Path]) -> HeldDataset:
    return text.hold_characters(name, files[0], published=TINYSHAKESPEARE)


def _hold_wikitext(name: DatasetName, _source: Path, files: list[Path]) -> HeldDataset:
    return text.hold_words(name, files, published=WIKITEXT_2)


# All ----------------------------------------------------------------------------------------------

WITH_SCIKIT_LEARN = "install scikit-learn, which carries it, with the worker's environment"

DATASETS: Mapping[DatasetName, Description[Any]] = {
    "digits": Description(
        places=_digits_places,
        hold=_hold_images(10, digits.PIXEL_MAX),
        mend=WITH_SCIKIT_LEARN,
    ),
    "fashion-mnist": Description(
        places=_fashion_places,
        hold=_hold_images(10, 255),
        mend="install it with `apt install dataset-fashion-mnist`, or put its four"
        " *-ubyte.gz files into a folder fashion-mnist of a data folder",
    ),
    "cifar10": Description(
        places=partial(
            _cifar_places,
            own="cifar10",
            pickles=cifar.CIFAR10_PYTHON,
            records=cifar.CIFAR10_BINARY,
        ),
        hold=_hold_images(10, 255),
        mend="unpack cifar-10-python.tar.gz or cifar-10-binary.tar.gz of the CIFAR page into a"
        " data folder",
    ),
    "cifar100": Description(
        places=partial(
            _cifar_places,
            own="cifar100",
            pickles=cifar.CIFAR100_PYTHON,
            records=cifar.CIFAR100_BINARY,
        ),
        hold=_hold_images(100, 255),
        mend="unpack cifar-100-python.tar.gz or cifar-100-binary.tar.gz of the CIFAR page into a"
        " data folder",
    ),
    "wine": _table("wine_data.csv", WINE, class_count=3),
    "breast-cancer": _table("breast_cancer.csv", BREAST_CANCER, class_count=2),
    "tinyshakespeare": Description(
        places=_shakespeare_places,
        hold=_hold_shakespeare,
        mend="put the text into a data folder as tinyshakespeare.txt or tinyshakespeare.txt.gz",
    ),
    "wikitext-2": Description(
        places=_wikitext_places,
        hold=_hold_wikitext,
        mend="put wikitext-2-train.txt, wikitext-2-valid.txt and wikitext-2-test.txt, or the last"
        " two alone, into a data folder, gzipped or not",
    ),
}
