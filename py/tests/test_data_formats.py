"""Every file format of the data sets, whole and broken, on small files written here."""

import gzip
import hashlib
import io
import json
import pickle
import struct
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archloom_worker.data import cifar, fashion, sheets
from archloom_worker.data.held import HeldImages, HeldImageSet, collection_hash, verify_labels
from archloom_worker.errors import DataError

IDX = fashion.IdxLayout(train_count=20, test_count=10, side=4)
PICKLES = replace(cifar.CIFAR10_PYTHON, train_file_count=12, test_count=10, md5={})
RECORDS = replace(cifar.CIFAR10_BINARY, train_file_count=12, test_count=10)
RECORDS_100 = replace(cifar.CIFAR100_BINARY, train_file_count=12, test_count=10)


def some_images(count: int, shape: tuple[int, ...], seed: int = 0) -> HeldImages:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, *shape), dtype=np.uint8)
    return HeldImages(images, np.arange(count, dtype=np.int64) % 10)


def held(train: HeldImages, test: HeldImages | None) -> HeldImageSet:
    return HeldImageSet("cifar10", 10, Path("anywhere"), 255, train, test)


def corrupt(*parts: str):
    """The error of a corrupt file whose sentence holds all parts."""
    pattern = "".join(f"(?=.*{part})" for part in parts)
    return pytest.raises(DataError, match=f"(?s){pattern}", check=lambda e: e.kind == "corrupt")


# IDX


def write_idx(path: Path, array: np.ndarray, *, zipped: bool = True) -> None:
    content = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()
    if zipped:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)


def write_idx_dataset(folder: Path, *, zipped: bool = True) -> tuple[HeldImages, HeldImages]:
    parts = some_images(20, (1, 4, 4)), some_images(10, (1, 4, 4), 1)
    for prefix, part in zip(("train", "t10k"), parts, strict=True):
        write_idx(folder / f"{prefix}-images-idx3-ubyte", part.images[:, 0], zipped=zipped)
        labels = part.labels.astype(np.uint8)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", labels, zipped=zipped)
    return parts


@pytest.mark.parametrize("zipped", [True, False])
def test_idx_files_are_read_as_written(tmp_path: Path, zipped: bool) -> None:
    written = write_idx_dataset(tmp_path, zipped=zipped)
    read = fashion.read_idx_dataset(tmp_path, IDX)
    assert held(*read).content_hash == held(*written).content_hash
    assert read[0].images.shape == (20, 1, 4, 4)
    assert read[0].labels.dtype == np.int64


def test_a_truncated_gzip_file_is_corrupt(tmp_path: Path) -> None:
    write_idx_dataset(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-30])
    with corrupt("train-images-idx3-ubyte.gz is not a whole gzip file", "fetch the file again"):
        fashion.read_idx_dataset(tmp_path, IDX)


def test_a_truncated_idx_file_is_corrupt(tmp_path: Path) -> None:
    write_idx_dataset(tmp_path, zipped=False)
    path = tmp_path / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with corrupt("t10k-labels-idx1-ubyte holds 17 bytes, expected 18"):
        fashion.read_idx_dataset(tmp_path, IDX)


def test_another_count_in_the_header_is_corrupt(tmp_path: Path) -> None:
    write_idx_dataset(tmp_path)
    with corrupt("expected the IDX header 00000803000000150000000400000004"):
        fashion.read_idx_dataset(tmp_path, replace(IDX, train_count=21))


def test_a_missing_neighbour_is_corrupt(tmp_path: Path) -> None:
    write_idx_dataset(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    with corrupt("t10k-images-idx3-ubyte.gz is missing although its neighbours are there"):
        fashion.read_idx_dataset(tmp_path, IDX)


# CIFAR's official formats


def python2_pickle(part: HeldImages, label_key: bytes) -> bytes:
    """The bytes that Python 2's pickle wrote: strings as BINSTRING, NumPy's old module name."""

    def string(text: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(text)) + text

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    count, pixels = len(part), part.images.reshape(len(part), -1)
    dtype = b"cnumpy\ndtype\n(" + string(b"u1") + number(0) + number(1) + b"tR("
    dtype += number(3) + string(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + number(0) + b"t"
    array += string(b"b") + b"tR(" + number(1) + b"(" + number(count) + number(pixels.shape[1])
    array += b"t" + dtype + b"I00\n" + string(pixels.tobytes()) + b"tb"
    labels = b"(" + b"".join(number(int(label)) for label in part.labels) + b"l"
    return b"\x80\x02(" + string(b"data") + array + string(label_key) + labels + b"d."


def write_pickles(folder: Path) -> tuple[HeldImages, HeldImages]:
    folder.mkdir()
    parts = [some_images(12, (3, 32, 32), seed) for seed in range(5)]
    for name, part in zip(PICKLES.train_files, parts, strict=True):
        (folder / name).write_bytes(python2_pickle(part, b"labels"))
    test = some_images(10, (3, 32, 32), 9)
    (folder / "test_batch").write_bytes(python2_pickle(test, b"labels"))
    return joined(parts), test


def joined(parts: list[HeldImages]) -> HeldImages:
    return HeldImages(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def record_bytes(part: HeldImages, coarse: bool = False) -> bytes:
    labels = part.labels.astype(np.uint8)[:, None]
    heads = np.hstack([labels // 5 + 50, labels]) if coarse else labels
    return np.hstack([heads, part.images.reshape(len(part), -1)]).tobytes()


def test_python_and_binary_cifar_hash_the_same(tmp_path: Path) -> None:
    train, test = write_pickles(tmp_path / "py")
    (tmp_path / "bin").mkdir()
    for batch, name in enumerate(RECORDS.train_files):
        part = HeldImages(
            train.images[12 * batch :][:12],
            train.labels[12 * batch :][:12],
        )
        (tmp_path / "bin" / name).write_bytes(record_bytes(part))
    (tmp_path / "bin" / "test_batch.bin").write_bytes(record_bytes(test))
    from_pickles = held(*cifar.read_pickles(tmp_path / "py", PICKLES))
    from_records = held(*cifar.read_records(tmp_path / "bin", RECORDS))
    assert from_pickles.content_hash == held(train, test).content_hash
    assert from_records.content_hash == held(train, test).content_hash


def test_binary_cifar100_takes_the_fine_label(tmp_path: Path) -> None:
    train, test = some_images(12, (3, 32, 32)), some_images(10, (3, 32, 32), 1)
    (tmp_path / "train.bin").write_bytes(record_bytes(train, coarse=True))
    (tmp_path / "test.bin").write_bytes(record_bytes(test, coarse=True))
    read = cifar.read_records(tmp_path, RECORDS_100)
    assert held(*read).content_hash == held(train, test).content_hash


def test_a_pickle_that_names_a_function_is_refused_unrun(tmp_path: Path) -> None:
    write_pickles(tmp_path / "py")
    ran = tmp_path / "ran"
    attack = b"cbuiltins\nopen\n(V" + str(ran).encode() + b"\nVw\ntR."
    pickle.loads(attack).close()
    assert ran.exists(), "the attack must work on the ordinary reader, or the test proves nothing"
    ran.unlink()
    (tmp_path / "py" / "data_batch_3").write_bytes(attack)
    with corrupt("data_batch_3 is not a CIFAR pickle", "builtins.open"):
        cifar.read_pickles(tmp_path / "py", PICKLES)
    assert not ran.exists()


def test_a_pickle_of_another_shape_is_corrupt(tmp_path: Path) -> None:
    write_pickles(tmp_path / "py")
    with corrupt(r"test_batch holds uint8 of shape \(10, 3072\) with 10 labels", "11"):
        cifar.read_pickles(tmp_path / "py", replace(PICKLES, test_count=11))


def test_a_truncated_pickle_is_corrupt(tmp_path: Path) -> None:
    write_pickles(tmp_path / "py")
    path = tmp_path / "py" / "data_batch_1"
    path.write_bytes(path.read_bytes()[:1000])
    with corrupt("data_batch_1 is not a CIFAR pickle", "fetch the file again"):
        cifar.read_pickles(tmp_path / "py", PICKLES)


def test_a_published_md5_is_held_against_the_file(tmp_path: Path) -> None:
    write_pickles(tmp_path / "py")
    layout = replace(PICKLES, md5=cifar.CIFAR10_PYTHON.md5)
    with corrupt("data_batch_1 has the MD5", "expected the published c99cafc152244af753f735de"):
        cifar.read_pickles(tmp_path / "py", layout)


def test_truncated_records_are_corrupt(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(bytes(12 * 3074 - 1))
    with corrupt("train.bin holds 36887 bytes, expected 36888"):
        cifar.read_records(tmp_path, RECORDS_100)


# Packed sheets


def write_sheets(folder: Path) -> tuple[HeldImages, HeldImages]:
    """Two training sheets in two tars and one test sheet, of 2 x 5 pictures of 4 x 4."""
    parts = some_images(20, (3, 4, 4)), some_images(10, (3, 4, 4), 1)
    index = {"classes": list("abcdefghij"), "splits": {}}
    index["sheet"] = {"rows": 2, "cols": 5, "image": [4, 4, 3]}
    for name, part in zip(("train", "test"), parts, strict=True):
        pixels = np.ascontiguousarray(part.images.transpose(0, 2, 3, 1))
        (folder / f"{name}-labels.u8").write_bytes(part.labels.astype(np.uint8).tobytes())
        for sheet in range(len(part) // 10):
            tar = "test.tar" if name == "test" else f"train-{sheet + 1}.tar"
            write_sheet(folder / tar, f"{name}/{sheet:04d}.webp", pixels[10 * sheet :][:10])
        index["splits"][name] = {
            "images": len(part),
            "sheets": len(part) // 10,
            "pixels_sha256": hashlib.sha256(pixels).hexdigest(),
            "mean_rgb": [0, 0, 0],
            "std_rgb": [1, 1, 1],
        }
    (folder / "index.json").write_text(json.dumps(index))
    return parts


def write_sheet(path: Path, member: str, pictures: np.ndarray) -> None:
    picture = pictures.reshape(2, 5, 4, 4, 3).transpose(0, 2, 1, 3, 4).reshape(8, 20, 3)
    image = io.BytesIO()
    Image.fromarray(picture).save(image, "WEBP", lossless=True, exact=True)
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(image.getvalue())
        tar.addfile(info, io.BytesIO(image.getvalue()))


def test_sheets_are_read_as_packed(tmp_path: Path) -> None:
    written = write_sheets(tmp_path)
    assert sheets.sheets_are_at(tmp_path)
    assert held(*sheets.read_sheets(tmp_path)).content_hash == held(*written).content_hash


def test_other_pixels_than_the_index_states_are_corrupt(tmp_path: Path) -> None:
    write_sheets(tmp_path)
    (tmp_path / "train-2.tar").write_bytes((tmp_path / "train-1.tar").read_bytes())
    with corrupt("train pixels with the SHA-256", "fetch its train tars again"):
        sheets.read_sheets(tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("train-2.tar", "holds 10 train pictures"),
        ("test.tar", "test.tar is missing and so is test-1.tar"),
        ("test-labels.u8", "test-labels.u8 is missing"),
    ],
)
def test_a_missing_file_of_a_sheet_set_is_corrupt(tmp_path: Path, name: str, sentence: str) -> None:
    write_sheets(tmp_path)
    (tmp_path / name).unlink()
    with corrupt(sentence):
        sheets.read_sheets(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("test.tar", b"no tar at all", "test.tar is not a whole tar"),
        ("test-labels.u8", b"\0" * 9, "test-labels.u8 holds 9 bytes, expected 10"),
        ("index.json", b'{"classes": []}', "index.json does not describe a sheet set"),
    ],
)
def test_a_broken_file_of_a_sheet_set_is_corrupt(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    write_sheets(tmp_path)
    (tmp_path / name).write_bytes(content)
    with corrupt(sentence):
        sheets.read_sheets(tmp_path)


def test_a_truncated_tar_is_corrupt(tmp_path: Path) -> None:
    write_sheets(tmp_path)
    path = tmp_path / "test.tar"
    path.write_bytes(path.read_bytes()[:700])
    with corrupt("test.tar is not a whole tar"):
        sheets.read_sheets(tmp_path)


def test_a_member_that_is_no_image_is_corrupt(tmp_path: Path) -> None:
    write_sheets(tmp_path)
    with tarfile.open(tmp_path / "test.tar", "w") as tar:
        info = tarfile.TarInfo("test/0000.webp")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"RIFF"))
    with corrupt(r"test.tar \(test/0000.webp\) is not a readable image"):
        sheets.read_sheets(tmp_path)


# What is held


def test_the_content_hash_sees_a_pixel_a_label_and_the_order() -> None:
    train, test = some_images(20, (1, 4, 4)), some_images(10, (1, 4, 4), 1)
    seen = {held(train, test).content_hash, held(train, None).content_hash}
    pixels = train.images.copy()
    pixels[3, 0, 2, 1] ^= 1
    seen.add(held(HeldImages(pixels, train.labels), test).content_hash)
    labels = train.labels.copy()
    labels[[0, 1]] = labels[[1, 0]]
    seen.add(held(HeldImages(train.images, labels), test).content_hash)
    turned = HeldImages(train.images[::-1], train.labels[::-1])
    seen.add(held(turned, test).content_hash)
    assert len(seen) == 5
    assert collection_hash(turned) == collection_hash(train)
    assert collection_hash(HeldImages(train.images, labels)) != collection_hash(train)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 1, 3], "holds the label 3, expected 0 to 2"),
        ([0, -1, 2], "holds the label -1, expected 0 to 2"),
        ([0, 2, 2], "holds no sample of class 1, expected all 3 classes"),
        ([], "holds no samples"),
    ],
)
def test_labels_are_verified(labels: list[int], sentence: str) -> None:
    with corrupt(sentence):
        verify_labels(np.array(labels, dtype=np.int64), 3, Path("file"))
