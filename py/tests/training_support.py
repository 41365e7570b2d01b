"""Small networks and works that the training tests share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import torch

from archloom_worker import schema
from archloom_worker.checkpoint import load_checkpoint
from archloom_worker.context import TrainContext
from archloom_worker.data.store import DatasetStore

CPU = torch.device("cpu")
STORE = DatasetStore(CPU, [])
DIGITS = (1, 8, 8)


def node(name: str, source: str, kind: str, **settings: Any) -> dict[str, Any]:
    return {"id": name, "op": {"kind": kind, **settings}, "inputs": [source]}


def conv(name: str, source: str, channels: int, stride: int = 1) -> dict[str, Any]:
    pair = {"kernel": [3, 3], "stride": [stride] * 2, "padding": [1, 1], "dilation": [1, 1]}
    return node(name, source, "conv2d", channels=channels, groups=1, bias=False, **pair)


def norm(name: str, source: str) -> dict[str, Any]:
    return node(name, source, "batch-norm", affine=True, epsilon=1e-5, momentum=0.1)


def convolutional(
    shape: tuple[int, ...] = DIGITS,
    *,
    channels: int = 8,
    classes: int = 10,
    dropout: float = 0.0,
    drop_path: float = 0.0,
) -> schema.NetworkGraph:
    """Two convolutions with batch norm, global pooling and a classifier."""
    nodes = [
        conv("first", "image", channels),
        norm("first_norm", "first"),
        node("first_act", "first_norm", "activation", function="relu"),
        node("path", "first_act", "drop-path", rate=drop_path),
        conv("second", "path", 2 * channels, stride=2),
        norm("second_norm", "second"),
        node("second_act", "second_norm", "activation", function="relu"),
        node("pool", "second_act", "global-pool", mode="avg"),
        node("drop", "pool", "dropout", rate=dropout),
        node("classify", "drop", "linear", features=classes, bias=True),
    ]
    return graph_of(nodes, shape)


def linear(shape: tuple[int, ...] = DIGITS, classes: int = 10) -> schema.NetworkGraph:
    """Logistic regression."""
    nodes = [
        node("flat", "image", "flatten"),
        node("classify", "flat", "linear", features=classes, bias=True),
    ]
    return graph_of(nodes, shape)


def graph_of(nodes: list[dict[str, Any]], shape: tuple[int, ...]) -> schema.NetworkGraph:
    graph = {
        "version": 1,
        "inputs": [{"id": "image", "shape": list(shape)}],
        "nodes": nodes,
        "outputs": [nodes[-1]["id"]],
    }
    return msgspec.convert(graph, schema.NetworkGraph)


SGD = schema.Sgd(learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
ADAMW = schema.AdamW(learning_rate=1e-2, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=1e-2)
PLAIN = schema.Augmentation(crop_padding=0, flip=False, cutout_size=0)
FULL = schema.Augmentation(crop_padding=1, flip=True, cutout_size=3)

RECIPE = schema.Recipe(
    batch_size=64,
    evaluation_batch_size=512,
    optimizer=SGD,
    decay_norm_and_bias=True,
    schedule=schema.CosineSchedule(final_share=0.0),
    warmup_epochs=0.0,
    label_smoothing=0.0,
    gradient_clip=5.0,
    augmentation=PLAIN,
    precision="float32",
    channels_last=False,
    compile=False,
)


def recipe(**changes: Any) -> schema.Recipe:
    return msgspec.structs.replace(RECIPE, **changes)


def digits(limit: int | None = 300) -> schema.DatasetSplit:
    return schema.DatasetSplit(
        name="digits",
        split_seed="0",
        validation_share=0.2,
        test_share=0.2,
        train_limit=limit,
        sequence_length=64,
    )


WORK = schema.TrainWork(
    graph=convolutional(),
    dataset=digits(),
    recipe=RECIPE,
    seed="1",
    from_epoch=0,
    to_epoch=2,
    horizon_epochs=2,
    resume=None,
    checkpoint_path=None,
)


def work(**changes: Any) -> schema.TrainWork:
    return msgspec.structs.replace(WORK, **changes)


@dataclass
class Recorder:
    """A context that keeps the points and counts the checks."""

    points: list[schema.CurvePoint] = field(default_factory=list)
    checks: int = 0
    store: DatasetStore = STORE

    def context(self) -> TrainContext:
        return TrainContext(CPU, self.store, self.points.append, self.check)

    def check(self) -> None:
        self.checks += 1


def timeless(point: schema.CurvePoint) -> schema.CurvePoint:
    """A curve point without the one thing that may differ between equal trainings."""
    return msgspec.structs.replace(point, seconds=0.0)


def saved_weights(ref: schema.CheckpointRef | None) -> dict[str, torch.Tensor]:
    assert ref is not None
    return load_checkpoint(ref)["weights"]


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are equal bit for bit."""
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )
