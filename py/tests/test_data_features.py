"""Tables: those of scikit-learn, standardised by their training part, and what is refused."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from archloom_worker import schema
from archloom_worker.data import features
from archloom_worker.data.catalog import BREAST_CANCER, WINE, identify, read_dataset
from archloom_worker.data.features import HeldTable, read_table, standardization_of
from archloom_worker.data.split import split_indices
from archloom_worker.data.store import DatasetStore
from archloom_worker.errors import DataError, InvalidTask
from archloom_worker.train import train
from tests.training_support import (
    ADAMW,
    FULL,
    Recorder,
    digits,
    graph_of,
    node,
    recipe,
    timeless,
    work,
)

CPU = torch.device("cpu")


def split_of(name: schema.DatasetName, limit: int | None = None) -> schema.DatasetSplit:
    return msgspec.structs.replace(digits(limit), name=name)


@pytest.mark.parametrize("name", ["wine", "breast-cancer"])
def test_tables_are_those_of_scikit_learn(name: schema.DatasetName) -> None:
    from sklearn import datasets  # noqa: PLC0415 - takes a second

    held = read_dataset(name, [])
    assert isinstance(held, HeldTable)
    rows, labels = getattr(datasets, f"load_{name.replace('-', '_')}")(return_X_y=True)
    assert np.array_equal(held.rows, rows)
    assert np.array_equal(held.labels, labels)


@pytest.mark.parametrize(
    ("name", "shape", "classes"), [("wine", WINE, 3), ("breast-cancer", BREAST_CANCER, 2)]
)
def test_tables_are_identified(
    name: schema.DatasetName, shape: tuple[int, int], classes: int
) -> None:
    facts = identify(name, [])
    assert facts == schema.DatasetFacts(
        name=name,
        kind="features",
        input_shape=(shape[1],),
        class_count=classes,
        train_count=shape[0],
        test_count=0,
        content_hash=HASHES[name],
    )


HASHES = {
    "wine": "df1eb2a57e8b62254ac05969d0bbaf8c04eed4f692ec76e8a3ce391d19f276b6",
    "breast-cancer": "d9f0b7c73b0592e97653efe79a28c7f611fda9f4fde6b8c35498edd7e8f38d50",
}
"""A record of the bytes that are hashed: changing it parts all earlier results from later ones."""


def test_features_are_standardised_by_the_training_part_alone() -> None:
    splits = DatasetStore(CPU, []).load(split_of("wine"))
    assert (splits.kind, splits.input_shape, splits.output_shape) == ("features", (13,), (3,))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [114, 28, 36]
    train_rows = splits.train.inputs
    assert train_rows.dtype == torch.float32
    assert train_rows.mean(0).abs().max().item() < 1e-6
    assert (train_rows.std(0, correction=0) - 1).abs().max().item() < 1e-6
    assert splits.validation.inputs.mean(0).abs().max().item() > 1e-2

    held = read_dataset("wine", [])
    assert isinstance(held, HeldTable)
    chosen = split_indices(held.labels, split_of("wine"), has_official_test=False).train
    assert splits.normalization.mean == pytest.approx(held.rows[chosen].mean(0).tolist())
    assert splits.use().std == pytest.approx(held.rows[chosen].std(0).tolist())


def test_a_feature_that_never_changes_is_not_divided_by_zero() -> None:
    constants = standardization_of(np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]]))
    assert constants.mean == pytest.approx((3.0, 0.1))
    assert constants.std == pytest.approx(((8 / 3) ** 0.5, 1.0))


def test_a_table_that_is_not_what_it_should_be_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for content, sentence in (
        ("2,2,a,b\n1,2,0\n3,4\n", "not a table of numbers"),
        ("2,2,a,b\n1,2,0\n3,x,1\n", "not a table of numbers"),
        ("2,2,a,b\n1,2,0\n", r"of shape \(1, 3\), expected finite numbers in \(2, 3\)"),
        ("2,2,a,b\n1,2,0\n3,nan,1\n", "expected finite numbers"),
    ):
        path.write_text(content)
        with pytest.raises(DataError, match=sentence) as caught:
            read_table(path, (2, 2))
        assert caught.value.kind == "corrupt"
    path.write_text("2,2,a,b\n1,2.5,0\n3,4,1\n")
    rows, labels = read_table(path, (2, 2))
    assert rows.tolist() == [[1, 2.5], [3, 4]]
    assert labels.tolist() == [0, 1]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "carried_table", lambda _file: None)
    with pytest.raises(DataError, match="install scikit-learn") as caught:
        identify("wine", [])
    assert caught.value.kind == "missing"


def table_work(**changes: object) -> schema.TrainWork:
    nodes = [
        node("hidden", "table", "linear", features=16, bias=True),
        node("act", "hidden", "activation", function="relu"),
        node("classify", "act", "linear", features=3, bias=True),
    ]
    graph = graph_of(nodes, (13,))
    graph = msgspec.structs.replace(
        graph, inputs=(msgspec.structs.replace(graph.inputs[0], id="table"),)
    )
    settings = {
        "graph": graph,
        "dataset": split_of("wine"),
        "recipe": recipe(batch_size=16, optimizer=ADAMW),
        "to_epoch": 10,
        "horizon_epochs": 10,
    }
    return work(**{**settings, **changes})


def test_a_network_learns_a_table_and_the_same_again() -> None:
    result = train(table_work(), Recorder().context())
    assert result.metrics.val_accuracy > 0.9
    assert result.counts == schema.NetworkCounts(
        parameter_count=14 * 16 + 17 * 3, multiply_adds=256
    )
    assert len(result.dataset.mean) == 13
    again = train(table_work(), Recorder().context())
    assert list(map(timeless, again.curve)) == list(map(timeless, result.curve))


@pytest.mark.parametrize("rule", ["crop_padding", "flip", "cutout_size"])
def test_augmentation_of_a_table_is_refused(rule: str) -> None:
    plain = recipe().augmentation
    augmentation = msgspec.structs.replace(plain, **{rule: getattr(FULL, rule)})
    with pytest.raises(InvalidTask, match="acts on images, but the samples are features"):
        train(table_work(recipe=recipe(augmentation=augmentation)), Recorder().context())
