"""Pickles of NATS-Bench's topology search space in the official layout, with made-up numbers.

``python nats_bench.py FOLDER ARCHITECTURES.json 0/2`` writes every second architecture, and the
first part the ``meta`` file. Needs no package: what NumPy's numbers are pickled to is written by
stand-ins.

The layout is that of D-X-Y/NATS-Bench, ``api_utils.py`` (``ArchResults`` and ``ResultsCount``), and
of the pickles published there: protocol 4, numbers of NumPy 1.
"""

import bz2
import json
import pickle
import struct
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
CLASSES = (10, 10, 100, 120)
SPLITS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
ORDER = ("train", "x-valid", "x-test", "ori-test")


class NumberType:
    """Pickled as NumPy 1 pickles the type of its doubles."""

    def __reduce__(self) -> Any:
        return sys.modules["numpy"].dtype, ("f8", 0, 1), (3, "<", None, None, None, -1, -1, 0)


def scalar(kind: Any, content: bytes) -> None:
    """Never called: pickled by its name."""


def stand_in(module: str, name: str, value: Any) -> None:
    """Makes a value one that pickle finds as ``module.name``."""
    value.__module__, value.__qualname__, value.__name__ = module, name, name
    sys.modules.setdefault(module, ModuleType(module)).__dict__[name] = value


class Dtype:
    """Never made: pickled by its name."""


class Double:
    """Pickled as NumPy 1 pickles its doubles."""

    kind = NumberType()

    def __init__(self, value: float) -> None:
        self.content = struct.pack("<d", value)

    def __reduce__(self) -> Any:
        return scalar, (self.kind, self.content)


def percent(index: int, dataset: int, seed: int, epoch: int, split: str) -> float:
    """Made up; another one for nearly every place."""
    place = ORDER.index(split)
    key = index * 7919 + (dataset * 1000 + seed) * 104729 + epoch * 613 + place * 31
    return key % 100000 / 1000


def result(index: int, cell: str, dataset: int, seed: int, epochs: int) -> dict[str, Any]:
    """One training, with all that the official ones have."""
    name = DATASETS[dataset]
    is_short = epochs == 12
    seconds = ((index * 31 + dataset * 7) % 40000 + 1000) / 1000
    every = range(epochs)
    # Long trainings were evaluated on the first split after each epoch, on the others at the end.
    splits = SPLITS[name] if is_short or dataset < 2 else ("ori-test", "x-valid", "x-test")
    places = [
        (split, epoch)
        for number, split in enumerate(splits)
        for epoch in (every if is_short or number == 0 else [epochs - 1])
    ]
    return {
        "name": name,
        "train_acc1es": {epoch: percent(index, dataset, seed, epoch, "train") for epoch in every},
        "train_acc5es": {e: 50 + e * 0.1234567 + index * 1e-5 for e in every} if is_short else None,
        "train_losses": {epoch: 4.5 / (1 + epoch) + index * 1e-6 for epoch in every},
        "train_times": OrderedDict((epoch, seconds) for epoch in every),
        "arch_config": {
            "channel": 16,
            "num_cells": 5,
            "arch_str": cell,
            "class_num": CLASSES[dataset],
        },
        "params": Double(((index * 13 + dataset) % 1500000 + 1) / 1e6),
        "flop": (index * 17 + dataset * 3) % 20000000 / 1e5,
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [Double(0.0125 + index * 1e-7)],
        "eval_names": list(splits),
        "eval_acc1es": {
            f"{split}@{epoch}": percent(index, dataset, seed, epoch, split)
            for split, epoch in places
        },
        "eval_times": {f"{split}@{epoch}": seconds / 15 for split in splits for epoch in every},
        "eval_losses": {f"{split}@{epoch}": 4.0 / (1 + epoch) for split, epoch in places},
        "net_state_dict": None,
    }


def architecture(index: int, cell: str) -> OrderedDict[str, Any]:
    """Both schedules; every fifth architecture has one seed of the longer one."""
    long_seeds = (777,) if index % 5 == 0 else (999, 777, 888)
    keys = {
        12: [(0, 777), (0, 111), (1, 111), (2, 111), (3, 111)],
        200: [(dataset, seed) for seed in long_seeds for dataset in range(4)],
    }
    content: OrderedDict[str, Any] = OrderedDict()
    for epochs, trainings in keys.items():
        seeds: dict[str, list[int]] = {}
        for dataset, seed in trainings:
            seeds[DATASETS[dataset]] = sorted([*seeds.get(DATASETS[dataset], []), seed])
        content[str(epochs)] = {
            "arch_index": index,
            "arch_str": cell,
            "all_results": {
                (DATASETS[dataset], seed): result(index, cell, dataset, seed, epochs)
                for dataset, seed in trainings
            },
            "dataset_seed": seeds,
            "clear_net_done": True,
        }
    return content


def write(path: Path, value: Any) -> None:
    """As ``pickle_save`` of the official API."""
    path.write_bytes(bz2.compress(pickle.dumps(value, protocol=4)))


def main(folder: Path, cells: list[str], part: str, *only: str) -> None:
    """Writes a part of the folder, or a single architecture of it whose one accuracy is NaN."""
    stand_in("numpy", "dtype", Dtype)
    stand_in("numpy.core.multiarray", "scalar", scalar)
    if only:
        index = int(only[0])
        content = architecture(index, cells[index])
        content["12"]["all_results"]["cifar100", 111]["eval_acc1es"]["x-valid@11"] = float("nan")
        write(folder / f"{index:06d}.pickle.pbz2", content)
        return
    first, step = (int(word) for word in part.split("/"))
    if first == 0:
        meta = {"meta_archs": cells, "total_archs": len(cells), "arch2infos": None}
        write(folder / "meta.pickle.pbz2", {**meta, "evaluated_indexes": set()})
    for index in range(first, len(cells), step):
        write(folder / f"{index:06d}.pickle.pbz2", architecture(index, cells[index]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), *sys.argv[3:])
