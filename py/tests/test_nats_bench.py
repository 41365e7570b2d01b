"""NATS-Bench's pickles: the real ones where there are some, and every kind of bad one."""

import bz2
import json
import math
import os
import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from archloom_worker.data import nats_bench
from archloom_worker.data.nats_bench import FolderError, architecture_lines, read_pickle

CELL = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
REAL = (
    Path(__file__).parents[3]
    / "shared/data/nas-bench-201/official-files/NATS-tss-v1_0-3ffb9-simple"
)


def training(epochs=12, **changes):
    """One data set and seed, as the official pickles have it."""
    return {
        "name": "cifar10-valid",
        "train_acc1es": {epoch: 10.0 + epoch for epoch in range(epochs)},
        "train_times": OrderedDict((epoch, 2.5) for epoch in range(epochs)),
        "params": np.float64(0.129306),
        "flop": 15.64737,
        "epochs": epochs,
        "eval_acc1es": {f"x-valid@{epoch}": 20.0 + epoch for epoch in range(epochs)},
        **changes,
    }


def content(index=0, **changes):
    results = {("cifar10-valid", 777): training()}
    entry = {"arch_index": index, "arch_str": CELL, "all_results": results, **changes}
    return OrderedDict({"12": entry})


def write(folder: Path, value, name="000000.pickle.pbz2") -> Path:
    path = folder / name
    path.write_bytes(bz2.compress(value if isinstance(value, bytes) else pickle.dumps(value)))
    return path


def lines(folder: Path, part="0/1"):
    return [json.loads(line) for line in architecture_lines(folder, part)]


def test_a_line_has_every_epoch_of_a_short_training(tmp_path):
    write(tmp_path, content())
    [line] = lines(tmp_path)
    assert (line["index"], line["architecture"]) == (0, CELL)
    [found] = line["trainings"]
    assert (found["dataset"], found["seed"], found["epochs"]) == ("cifar10-valid", 777, 12)
    assert (found["params"], found["flop"]) == (0.129306, 15.64737)
    assert found["points"][2] == {
        "epoch": 3,
        "seconds": 7.5,
        "train": 12.0,
        "x-valid": 22.0,
        "x-test": None,
        "ori-test": None,
    }
    assert [point["epoch"] for point in found["points"]] == list(range(1, 13))


def test_a_long_training_keeps_its_end(tmp_path):
    results = {("cifar100", 999): training(epochs=200)}
    entry = {"arch_index": 0, "arch_str": CELL, "all_results": results}
    write(tmp_path, OrderedDict({"200": entry}))
    [found] = lines(tmp_path)[0]["trainings"]
    [point] = found["points"]
    assert (point["epoch"], point["seconds"], point["train"]) == (200, 500.0, 209.0)


def test_parts_share_the_files(tmp_path):
    for index in range(5):
        write(tmp_path, content(index), f"{index:06}.pickle.pbz2")
    parts = [[line["index"] for line in lines(tmp_path, f"{part}/2")] for part in range(2)]
    assert parts == [[0, 2, 4], [1, 3]]


@pytest.mark.parametrize("kind", ["f8", "f4", "i8", "i4"])
def test_numbers_of_numpy_are_numbers(tmp_path, kind):
    path = write(tmp_path, np.dtype(kind).type(7))
    assert read_pickle(path) == 7.0


class Attack:
    """Runs a command when it is unpickled by a reader that lets it."""

    def __reduce__(self):
        return os.system, ("echo attacked > attacked",)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Attack(), "posix.system"),
        (Path("x"), "pathlib"),
        (eval, "builtins.eval"),
        ({"meta": [print]}, "builtins.print"),
        (np.arange(3), "_reconstruct"),
        (np.bool_, "numpy.bool"),
    ],
)
def test_a_pickle_that_asks_for_more_is_refused_and_runs_nothing(
    tmp_path, monkeypatch, value, name
):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, value)
    with pytest.raises(FolderError, match=f"its pickle asks for .*{name}.*could run code"):
        lines(tmp_path)
    assert not (tmp_path / "attacked").exists()


def test_an_object_of_another_place_is_refused(tmp_path):
    write(tmp_path, b"\x80\x04\x8c\x01xQ.")
    with pytest.raises(FolderError, match="an object of another place"):
        lines(tmp_path)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"no bzip2 at all", "is no bzip2 file or is cut off"),
        (bz2.compress(pickle.dumps(content()))[:-20], "is no bzip2 file or is cut off"),
        (bz2.compress(b"no pickle"), "is no pickle of NATS-Bench"),
        (bz2.compress(pickle.dumps(content())[:-40]), "is no pickle of NATS-Bench"),
        (b"", "is no bzip2 file or is cut off"),
    ],
)
def test_a_broken_file_is_named(tmp_path, raw, message):
    (tmp_path / "000000.pickle.pbz2").write_bytes(raw)
    with pytest.raises(FolderError, match=f"000000.pickle.pbz2 {message}"):
        lines(tmp_path)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(nats_bench, "FILE_LIMIT", 1000)
    write(tmp_path, b"0" * 1001)
    with pytest.raises(FolderError, match="at most 1000 bytes unpacked"):
        lines(tmp_path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "must hold dictionaries, but holds a list"),
        (content(arch_index=3), "must hold the architecture 0, but holds another one"),
        ({"12": {"arch_index": 0}}, "must have an entry arch_str, but has arch_index"),
        ({"200": content()["12"]}, "has a training of other epochs than 200"),
        (content(all_results=[1]), "is not as NATS-Bench publishes it"),
        (content(all_results={("cifar10", 1): training(flop=float("nan"))}), "a number is nan"),
        (
            content(
                all_results={("cifar10", 1): training(train_times={e: math.inf for e in range(12)})}
            ),
            "not JSON compliant",
        ),
        (content(all_results={("cifar10", 1): training(train_times={})}), "KeyError"),
        ({}, "must name the architecture 0"),
    ],
)
def test_results_of_another_shape_are_refused(tmp_path, value, message):
    write(tmp_path, value)
    with pytest.raises(FolderError, match=message):
        lines(tmp_path)


def test_the_folder_says_which_architecture_has_which_number(tmp_path):
    write(tmp_path, content())
    write(tmp_path, {"meta_archs": [CELL]}, "meta.pickle.pbz2")
    assert len(lines(tmp_path)) == 1
    write(tmp_path, {"meta_archs": ["another"]}, "meta.pickle.pbz2")
    with pytest.raises(FolderError, match="must name the architecture 0 of its folder"):
        lines(tmp_path)


def test_a_folder_that_lacks_a_file_is_refused(tmp_path):
    write(tmp_path, content())
    write(tmp_path, {"meta_archs": [CELL, "b", "c"]}, "meta.pickle.pbz2")
    for part in ("0/2", "1/2"):
        with pytest.raises(
            FolderError, match=r"000001.pickle.pbz2 is missing and 1 more: .* names 3 architectures"
        ):
            lines(tmp_path, part)


def test_the_program_imports_nothing_heavy_and_reports_an_error_as_its_last_line(tmp_path):
    write(tmp_path, b"no pickle")
    module = "archloom_worker.data.nats_bench"
    command = [sys.executable, "-X", "importtime", "-m", module, str(tmp_path), "0/1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "is no pickle of NATS-Bench" in json.loads(ended.stdout)["error"]
    loaded = {line.split("|")[-1].strip() for line in ended.stderr.splitlines()}
    assert not loaded & {"numpy", "torch", "msgspec"}


@pytest.mark.skipif(not REAL.exists(), reason="the NATS-Bench files are not beside this checkout")
def test_the_real_files(tmp_path):
    with pytest.raises(FolderError, match=r"000001.pickle.pbz2 is missing and 15621 more"):
        lines(REAL)
    for file in REAL.glob("0*"):
        (tmp_path / file.name).symlink_to(file)
    found = {line["index"]: line for line in lines(tmp_path)}
    names = read_pickle(REAL / "meta.pickle.pbz2")["meta_archs"]
    assert all(names[index] == line["architecture"] for index, line in found.items())
    assert sorted(found) == [0, 11, 284]
    cell = found[11]
    assert cell["architecture"].startswith("|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|")
    ends = {
        (one["dataset"], one["epochs"], one["seed"]): one["points"][-1] for one in cell["trainings"]
    }
    assert ends["cifar10", 200, 888]["ori-test"] == 91.76
    assert ends["cifar100", 12, 111]["x-valid"] == pytest.approx(33.64)
    assert len(ends) == 5 + 12
