"""The real data sets where they are installed, and what is said where they are not."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from archloom_worker import schema
from archloom_worker.data import catalog, sheets
from archloom_worker.data.catalog import DEBIAN_FASHION_MNIST, identify, read_dataset
from archloom_worker.data.held import normalization_of
from archloom_worker.data.store import DatasetStore
from archloom_worker.errors import DataError, InvalidTask

CPU = torch.device("cpu")
SHARED = Path(__file__).parents[3] / "shared" / "data"

needs_fashion_mnist = pytest.mark.skipif(
    not DEBIAN_FASHION_MNIST.exists(), reason="Debian's dataset-fashion-mnist is not installed"
)
needs_sheets = pytest.mark.skipif(
    not (SHARED / "cifar10").exists(), reason="../shared/data with packed CIFAR sheets is absent"
)


def split_of(name: schema.DatasetName, limit: int | None = None) -> schema.DatasetSplit:
    return schema.DatasetSplit(
        name=name,
        split_seed="0",
        validation_share=0.2,
        test_share=0.2,
        train_limit=limit,
        sequence_length=64,
    )


def test_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes a second

    held = read_dataset("digits", [])
    images, labels = load_digits(return_X_y=True)
    assert np.array_equal(held.train.images.reshape(1797, 64), images)
    assert np.array_equal(held.train.labels, labels)
    assert held.test is None


def test_digits_are_identified() -> None:
    facts = identify("digits", [])
    assert facts.input_shape == (1, 8, 8)
    assert (facts.train_count, facts.test_count, facts.class_count) == (1797, 0, 10)
    assert facts.content_hash == DIGITS_HASH


DIGITS_HASH = "919a424e64cc10f7e779eb99e8cf675f5f001603442e3abdc83b244e31a46644"
"""A record of the bytes that are hashed: changing it parts all earlier results from later ones."""


@needs_fashion_mnist
def test_fashion_mnist_of_debian_is_whole() -> None:
    held = read_dataset("fashion-mnist", [])
    assert held.train.images.shape == (60_000, 1, 28, 28)
    assert held.test is not None
    assert held.test.images.shape == (10_000, 1, 28, 28)
    assert np.bincount(held.train.labels).tolist() == [6_000] * 10
    assert np.bincount(held.test.labels).tolist() == [1_000] * 10
    normalization = normalization_of(held.train.images, held.pixel_max)
    assert normalization.mean == pytest.approx((0.2860,), abs=5e-5)
    assert normalization.std == pytest.approx((0.3530,), abs=5e-5)


@needs_fashion_mnist
def test_a_data_folder_comes_before_the_system_and_its_broken_copy_is_not_passed_over(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "fashion-mnist"
    shutil.copytree(DEBIAN_FASHION_MNIST, folder)
    path = folder / "t10k-labels-idx1-ubyte.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[8], content[9] = content[9], content[8]
    path.write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(DataError, match="expected the published content's") as caught:
        identify("fashion-mnist", [tmp_path])
    assert caught.value.kind == "corrupt"
    assert str(folder) in caught.value.message


@needs_sheets
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_packed_test_sheets_reproduce_the_figures_of_their_index(name: str) -> None:
    index = sheets.read_index(SHARED / name)
    part = sheets.read_sheet_split(SHARED / name, index, "test")
    normalization = normalization_of(part.images, 255)
    expected = index.splits["test"]
    assert normalization.mean == pytest.approx(expected.mean_rgb, abs=1e-6)
    assert normalization.std == pytest.approx(expected.std_rgb, abs=1e-6)
    classes = len(index.classes)
    assert np.bincount(part.labels).tolist() == [10_000 // classes] * classes
    published = catalog.PUBLISHED[name]["test", 10_000]
    assert catalog.collection_hash(part) == published


@needs_sheets
def test_the_folder_above_the_sheets_is_a_data_folder() -> None:
    facts = identify("cifar100", [SHARED])
    assert (facts.train_count, facts.test_count, facts.class_count) == (20_000, 10_000, 100)
    assert facts.input_shape == (3, 32, 32)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_a_missing_data_set_says_where_it_was_looked_for_and_what_to_do(
    tmp_path: Path, name: schema.DatasetName
) -> None:
    with pytest.raises(DataError) as caught:
        identify(name, [tmp_path / "first", tmp_path / "second"])
    error = caught.value
    assert error.kind == "missing"
    for folder in ("first", "second"):
        assert f"{tmp_path / folder / name}, " in error.message
    assert "python.tar.gz" in error.message


def test_a_missing_fashion_mnist_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "DEBIAN_FASHION_MNIST", tmp_path / "system")
    with pytest.raises(DataError, match="apt install dataset-fashion-mnist") as caught:
        identify("fashion-mnist", [tmp_path])
    assert str(tmp_path / "system") in caught.value.message


def test_an_official_folder_that_is_empty_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(DataError, match="data_batch_1 is missing") as caught:
        identify("cifar10", [tmp_path])
    assert caught.value.kind == "corrupt"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidTask, match="No data set is named mnist, expected one of digits, "):
        read_dataset("mnist", [])  # type: ignore[arg-type]


def test_the_store_holds_whole_disjoint_splits() -> None:
    store = DatasetStore(CPU, [])
    splits = store.load(split_of("digits"))
    parts = (splits.train, splits.validation, splits.test)
    assert [len(part) for part in parts] == [1150, 288, 359]
    assert all(part.inputs.dtype == torch.uint8 for part in parts)
    assert all(part.labels.dtype == torch.int64 for part in parts)
    held = read_dataset("digits", [])
    together = torch.cat([part.inputs for part in parts]).double().sum().item()
    assert together == held.train.images.sum()
    assert splits.content_hash == held.content_hash
    assert (splits.class_count, splits.input_shape, splits.pixel_max) == (10, (1, 8, 8), 16)


def test_normalization_comes_from_the_training_split_alone() -> None:
    splits = DatasetStore(CPU, []).load(split_of("digits", limit=200))
    pixels = splits.train.inputs.double() / 16
    assert len(splits.train) == 200
    assert splits.normalization.mean == pytest.approx((pixels.mean().item(),), abs=1e-12)
    std = pixels.std(correction=0).item()
    assert splits.normalization.std == pytest.approx((std,), abs=1e-12)


def test_a_channel_that_never_changes_is_not_divided_by_zero() -> None:
    normalization = normalization_of(np.full((3, 1, 2, 2), 51, dtype=np.uint8), 255)
    assert normalization.mean == pytest.approx((0.2,))
    assert normalization.std == (1.0,)


def test_the_store_reads_once_and_keeps_the_splits_used_last() -> None:
    store = DatasetStore(CPU, [])
    first = store.load(split_of("digits"))
    assert store.load(split_of("digits")) is first
    store.load(split_of("digits", 10))
    assert store.load(split_of("digits")) is first
    store.load(split_of("digits", 20))
    store.load(split_of("digits", 30))
    assert store.load(split_of("digits")) is not first
    assert store.facts("digits").content_hash == first.content_hash
