"""Training end to end on real digits: it learns, reports, repeats, continues, and fails well."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch.nn import functional
from training_support import (
    ADAMW,
    CPU,
    FULL,
    SGD,
    STORE,
    Recorder,
    convolutional,
    digits,
    graph_of,
    linear,
    node,
    recipe,
    same,
    saved_weights,
    timeless,
    work,
)

from archloom_worker import schema
from archloom_worker.augment import Preparation
from archloom_worker.context import TrainContext
from archloom_worker.data.catalog import DEBIAN_FASHION_MNIST
from archloom_worker.errors import Cancelled, Diverged, InvalidTask
from archloom_worker.graph import build_network
from archloom_worker.measure import describe_network
from archloom_worker.streams import derive_seed, stream
from archloom_worker.train import FINITE_CHECK_STEPS, train

RICH = {
    "graph": convolutional(dropout=0.2, drop_path=0.2),
    "recipe": recipe(augmentation=FULL, label_smoothing=0.1, warmup_epochs=1.0),
}
"""Every source of randomness at once."""


def run(**changes: Any) -> schema.TrainResult:
    return train(work(**changes), Recorder().context())


# It learns


def test_a_small_network_learns_digits() -> None:
    graph = convolutional(channels=16)
    result = run(graph=graph, dataset=digits(None), to_epoch=8, horizon_epochs=8)
    assert result.metrics.val_accuracy > 0.9
    first, last = result.curve[0], result.curve[-1]
    assert last.train_loss < first.train_loss
    assert last.val_loss < first.val_loss


@pytest.mark.skipif(
    not DEBIAN_FASHION_MNIST.exists(), reason="Debian's dataset-fashion-mnist is not installed"
)
def test_logistic_regression_learns_fashion_mnist() -> None:
    dataset = msgspec.structs.replace(digits(4000), name="fashion-mnist")
    rule = schema.Sgd(learning_rate=0.01, momentum=0.9, nesterov=True, weight_decay=0.0)
    changes = {"graph": linear((1, 28, 28)), "recipe": recipe(optimizer=rule)}
    result = run(dataset=dataset, to_epoch=3, horizon_epochs=3, **changes)
    assert result.metrics.val_accuracy > 0.75


def test_permuted_validation_labels_give_chance_accuracy() -> None:
    """A network that saw validation labels would beat chance here; tolerance five sigma."""
    splits = STORE.load(digits(None))
    order = np.random.default_rng(0).permutation(len(splits.validation))
    validation = splits.validation
    permuted = type(validation)(validation.inputs, validation.labels[torch.from_numpy(order)])

    class Permuted:
        def load(self, _split: schema.DatasetSplit) -> Any:
            return replace(splits, validation=permuted)

    context = TrainContext(CPU, Permuted(), lambda _point: None, lambda: None)
    result = train(work(dataset=digits(None), to_epoch=4, horizon_epochs=4), context)
    assert result.curve[-1].train_accuracy > 0.7
    sigma = math.sqrt(0.1 * 0.9 / len(validation))
    assert abs(result.metrics.val_accuracy - 0.1) < 5 * sigma


def test_it_is_the_plain_loop_of_pytorch() -> None:
    """The same steps written out with PyTorch's own parts give the same numbers."""
    task = work(to_epoch=3, horizon_epochs=3)
    result = train(task, Recorder().context())
    splits = STORE.load(task.dataset)
    part, checked = splits.train, splits.validation
    preparation = Preparation(splits, task.recipe.augmentation, channels_last=False)
    torch.manual_seed(derive_seed(task.seed, "init", 0))
    network = build_network(task.graph)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    steps = math.ceil(len(part) / 64)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 3 * steps)
    for epoch in range(3):
        network.train()
        order = torch.randperm(len(part), generator=stream(task.seed, "shuffle", epoch, CPU))
        losses = []
        for chosen in order.split(64):
            logits = network(preparation.for_evaluation(part.inputs[chosen]))
            loss = functional.cross_entropy(logits, part.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item() * len(chosen))
        network.eval()
        with torch.no_grad():
            logits = network(preparation.for_evaluation(checked.inputs))
        point = result.curve[epoch]
        assert point.train_loss == pytest.approx(sum(losses) / len(part), rel=1e-4)
        loss = functional.cross_entropy(logits, checked.labels).item()
        assert point.val_loss == pytest.approx(loss, rel=1e-4)
        right = (logits.argmax(1) == checked.labels).double().mean().item()
        assert point.val_accuracy == pytest.approx(right, abs=0.01)


# What it reports


def test_the_result_says_what_was_done() -> None:
    recorder = Recorder()
    task = work(to_epoch=3, horizon_epochs=4)
    result = train(task, recorder.context())
    assert recorder.points == list(result.curve)
    assert [point.epoch for point in result.curve] == [1, 2, 3]
    last = result.curve[-1]
    assert result.metrics == schema.Metrics(
        val_accuracy=last.val_accuracy,
        val_loss=last.val_loss,
        train_accuracy=last.train_accuracy,
        train_loss=last.train_loss,
    )
    assert result.cost.epochs == 3
    assert 0 < result.curve[0].seconds < result.curve[1].seconds <= result.cost.seconds
    assert result.checkpoint is None
    assert recorder.checks == 3 * (5 + 1), "before each of 5 steps and 1 evaluation batch"
    assert last.learning_rate == pytest.approx(0.05 * (1 + math.cos(math.pi * 14 / 20)))


def test_counts_are_those_of_a_description() -> None:
    for graph in (convolutional(), linear()):
        described = describe_network(graph)
        counts = run(graph=graph, to_epoch=1).counts
        assert counts.parameter_count == described.parameter_count
        assert counts.multiply_adds == described.multiply_adds


# The same seed, the same bits


@pytest.mark.parametrize("rule", [SGD, ADAMW])
def test_a_training_repeats_bit_for_bit_and_another_seed_differs(
    tmp_path: Path, rule: schema.OptimizerRule
) -> None:
    settings = {**RICH, "recipe": msgspec.structs.replace(RICH["recipe"], optimizer=rule)}
    results = []
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        torch.manual_seed(ord(name))  # whatever ran before must not matter
        torch.rand(7)
        results.append(run(seed=seed, checkpoint_path=str(tmp_path / name), **settings))
    first, again, other = results
    assert list(map(timeless, first.curve)) == list(map(timeless, again.curve))
    assert same(saved_weights(first.checkpoint), saved_weights(again.checkpoint))
    assert first.checkpoint is not None
    assert again.checkpoint is not None
    assert first.checkpoint.sha256 == again.checkpoint.sha256
    assert first.metrics != other.metrics
    assert not same(saved_weights(first.checkpoint), saved_weights(other.checkpoint))


def test_the_global_generator_is_left_as_it_was() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    run(**RICH)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        RICH,
        {**RICH, "recipe": msgspec.structs.replace(RICH["recipe"], optimizer=ADAMW)},
        {"recipe": recipe(decay_norm_and_bias=False, gradient_clip=None)},
        {
            "recipe": recipe(
                schedule=schema.OneCycleSchedule(
                    rise_share=0.3, initial_divisor=25, final_divisor=1e4
                )
            )
        },
        {"recipe": recipe(precision="float16")},
    ],
    ids=["plain", "rich", "adamw", "groups", "one-cycle", "float16"],
)
def test_three_epochs_and_then_two_equal_five_bit_for_bit(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    def path(name: str) -> str:
        return str(tmp_path / name)

    common = {"horizon_epochs": 5, **changes}
    whole = run(to_epoch=5, checkpoint_path=path("whole"), **common)
    part = run(to_epoch=3, checkpoint_path=path("part"), **common)
    run(seed="77", to_epoch=1, horizon_epochs=1)  # another task in between
    resumed = {"from_epoch": 3, "to_epoch": 5, "resume": part.checkpoint}
    rest = run(**common, **resumed, checkpoint_path=path("rest"))
    assert [*map(timeless, part.curve), *map(timeless, rest.curve)] == [*map(timeless, whole.curve)]
    assert rest.metrics == whole.metrics
    assert rest.cost.epochs == 2
    assert same(saved_weights(rest.checkpoint), saved_weights(whole.checkpoint))
    assert rest.checkpoint is not None
    assert whole.checkpoint is not None
    assert rest.checkpoint.sha256 == whole.checkpoint.sha256


# Recipes


def test_each_setting_of_a_recipe_changes_the_result() -> None:
    """A setting that nothing reads would leave the bits as they are."""
    base = run().metrics
    small = schema.Sgd(learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=0.0)
    changes: list[dict[str, Any]] = [
        {"batch_size": 50},
        {"optimizer": ADAMW},
        {"optimizer": msgspec.structs.replace(SGD, nesterov=False)},
        {"optimizer": msgspec.structs.replace(SGD, momentum=0.5)},
        {"optimizer": small},
        {"decay_norm_and_bias": False},
        {"schedule": schema.ConstantSchedule()},
        {"warmup_epochs": 1.0},
        {"label_smoothing": 0.1},
        {"gradient_clip": 0.1},
        {"augmentation": schema.Augmentation(crop_padding=1, flip=False, cutout_size=0)},
        {"augmentation": schema.Augmentation(crop_padding=0, flip=True, cutout_size=0)},
        {"augmentation": schema.Augmentation(crop_padding=0, flip=False, cutout_size=3)},
        {"precision": "bfloat16"},
    ]
    for change in changes:
        assert run(recipe=recipe(**change)).metrics != base, change


@pytest.mark.parametrize(
    "change",
    [
        {"evaluation_batch_size": 7},
        {"channels_last": True},
    ],
)
def test_what_changes_speed_alone_leaves_the_metrics(change: dict[str, Any]) -> None:
    base, changed = run().metrics, run(recipe=recipe(**change)).metrics
    assert changed.val_accuracy == pytest.approx(base.val_accuracy, abs=0.01)
    assert changed.val_loss == pytest.approx(base.val_loss, rel=1e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_stays_near_float32(precision: str) -> None:
    base, mixed = run().metrics, run(recipe=recipe(precision=precision)).metrics
    assert mixed.val_loss == pytest.approx(base.val_loss, rel=0.1)


def test_a_last_batch_of_one_does_not_stop_batch_norm() -> None:
    result = run(graph=normed_vector(), dataset=digits(129), to_epoch=1, horizon_epochs=1)
    assert math.isfinite(result.metrics.val_loss)


def test_batch_norm_with_batches_of_one_is_refused() -> None:
    with pytest.raises(InvalidTask, match=r"Batch of one sample .* raise recipe.batchSize"):
        run(graph=normed_vector(), recipe=recipe(batch_size=1))


def normed_vector() -> schema.NetworkGraph:
    """Batch norm over single values, which a batch of one cannot pass."""
    norm = node("norm", "flat", "batch-norm", affine=True, epsilon=1e-5, momentum=0.1)
    classify = node("classify", "norm", "linear", features=10, bias=True)
    return graph_of([node("flat", "image", "flatten"), norm, classify], (1, 8, 8))


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs g++")
def test_compiling_leaves_the_metrics() -> None:
    changes = {"graph": linear(), "to_epoch": 1}
    plain, compiled = run(**changes).metrics, run(recipe=recipe(compile=True), **changes).metrics
    assert compiled.val_loss == pytest.approx(plain.val_loss, rel=1e-4)


# How it fails


def test_compiling_without_a_compiler_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InvalidTask, match=r"needs a C\+\+ compiler, found none of g\+\+, clang"):
        run(recipe=recipe(compile=True))


@pytest.mark.parametrize("batch_size", [4, 64])
def test_a_huge_learning_rate_diverges_with_its_place(batch_size: int) -> None:
    rule = schema.Sgd(learning_rate=1e38, momentum=0.9, nesterov=True, weight_decay=0.0)
    hot = recipe(
        optimizer=rule,
        gradient_clip=None,
        batch_size=batch_size,
        schedule=schema.ConstantSchedule(),
    )
    recorder = Recorder()
    with pytest.raises(Diverged, match=r"loss is (nan|inf|-inf) at step \d+ of epoch 1, expected"):
        train(work(graph=linear(), recipe=hot), recorder.context())
    assert recorder.checks <= FINITE_CHECK_STEPS, "not at the epoch's end"
    assert recorder.points == []


def test_weights_lost_in_an_epochs_last_step_are_found_by_validation() -> None:
    rule = schema.Sgd(learning_rate=1e38, momentum=0.0, nesterov=False, weight_decay=0.0)
    hot = recipe(optimizer=rule, gradient_clip=None, schedule=schema.ConstantSchedule())
    with pytest.raises(Diverged, match=r"Validation loss is (nan|inf) after epoch 1, expected"):
        run(graph=linear(), recipe=hot, dataset=digits(50))


def test_cancelling_stops_before_the_next_batch() -> None:
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 8:
            raise Cancelled("Task was cancelled")

    points: list[schema.CurvePoint] = []
    context = TrainContext(CPU, STORE, points.append, check)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    with pytest.raises(Cancelled):
        train(work(), context)
    assert (checks, len(points)) == (8, 1)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"from_epoch": 0, "to_epoch": 3, "horizon_epochs": 2}, "horizon of 2, expected"),
        ({"from_epoch": 2, "to_epoch": 2}, "from epoch 2 to epoch 2"),
        ({"from_epoch": 1, "to_epoch": 2}, "from epoch 1 without a checkpoint"),
        (
            {"resume": schema.CheckpointRef(path="somewhere", sha256="0")},
            "from epoch 0 with a checkpoint",
        ),
        (
            {"graph": convolutional((3, 8, 8))},
            r"inputs of shape \[3, 8, 8\], expected one of \[1, 8, 8\]",
        ),
        ({"graph": convolutional(classes=7)}, r"outputs of shape \[7\], expected one of \[10\]"),
        (
            {"graph": graph_of([node("flat", "image", "flatten")], (1, 8, 8))},
            "Network has no parameters to train",
        ),
        (
            {"recipe": recipe(optimizer=msgspec.structs.replace(SGD, momentum=0.0))},
            "Nesterov momentum with momentum 0",
        ),
        (
            {"recipe": recipe(optimizer=msgspec.structs.replace(ADAMW, beta2=1.0))},
            "beta2 1.0, expected both below 1",
        ),
    ],
)
def test_work_that_makes_no_sense_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidTask, match=sentence):
        run(**changes)


def test_the_result_says_how_the_data_was_split_and_normalised() -> None:
    task = work(to_epoch=1, horizon_epochs=1)
    splits = STORE.load(task.dataset)
    use = run(to_epoch=1, horizon_epochs=1).dataset
    assert use.content_hash == splits.content_hash
    assert (use.train_count, use.validation_count, use.test_count) == (
        len(splits.train),
        len(splits.validation),
        len(splits.test),
    )
    assert (use.mean, use.std) == (splits.normalization.mean, splits.normalization.std)
    other = msgspec.structs.replace(task.dataset, split_seed="7")
    assert run(dataset=other, to_epoch=1, horizon_epochs=1).dataset.split_hash != use.split_hash
