"""Checkpoint files: what they refuse, what a full disk leaves behind, and measuring from them."""

import errno
import hashlib
import io
import logging
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from training_support import (
    STORE,
    WORK,
    Recorder,
    convolutional,
    digits,
    recipe,
    saved_weights,
    work,
)

from archloom_worker import schema
from archloom_worker.checkpoint import load_checkpoint
from archloom_worker.errors import DataError, InvalidTask
from archloom_worker.evaluation import evaluate
from archloom_worker.train import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> schema.TrainResult:
    """Two epochs of three, with a checkpoint."""
    path = str(tmp_path_factory.mktemp("trained") / "weights.safetensors")
    return train(work(horizon_epochs=3, checkpoint_path=path), Recorder().context())


def ref_of(result: schema.TrainResult) -> schema.CheckpointRef:
    assert result.checkpoint is not None
    return result.checkpoint


def resume(ref: schema.CheckpointRef, **changes: Any) -> schema.TrainResult:
    task = {"from_epoch": 2, "to_epoch": 3, "horizon_epochs": 3, "resume": ref, **changes}
    return train(work(**task), Recorder().context())


def evaluation(ref: schema.CheckpointRef, **changes: Any) -> schema.EvaluateResult:
    task = schema.EvaluateWork(
        graph=WORK.graph,
        dataset=WORK.dataset,
        recipe=WORK.recipe,
        checkpoint=ref,
        split="validation",
    )
    return evaluate(msgspec.structs.replace(task, **changes), Recorder().context())


def test_the_reference_names_the_bytes(trained: schema.TrainResult) -> None:
    ref = ref_of(trained)
    path = Path(ref.path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == ref.sha256
    assert os.listdir(path.parent) == [path.name], "no part is left behind"
    normalization = STORE.load(WORK.dataset).normalization
    checkpoint = load_checkpoint(ref)
    assert (checkpoint["epoch"], checkpoint["mean"]) == (2, list(normalization.mean))


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    ref = schema.CheckpointRef(path=str(tmp_path / "gone.safetensors"), sha256="0" * 64)
    with pytest.raises(DataError, match=r"gone.safetensors does not exist") as caught:
        resume(ref)
    assert caught.value.kind == "missing"


def test_a_changed_checkpoint_is_refused(tmp_path: Path, trained: schema.TrainResult) -> None:
    content = bytearray(Path(ref_of(trained).path).read_bytes())
    content[len(content) // 2] ^= 1
    path = tmp_path / "changed.safetensors"
    path.write_bytes(content)
    ref = schema.CheckpointRef(path=str(path), sha256=ref_of(trained).sha256)
    for use in (resume, evaluation):
        with pytest.raises(
            DataError, match=r"changed.safetensors has the SHA-256 .* expected"
        ) as caught:
            use(ref)
        assert caught.value.kind == "corrupt"


class Attack:
    """A pickle that would create a file when an ordinary reader loads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("what", ["garbage", "other format", "attack"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, what: str) -> None:
    buffer = io.BytesIO()
    if what == "garbage":
        buffer.write(b"not a checkpoint")
    else:
        torch.save({"format": "v9"} if what == "other format" else Attack(tmp_path / "ran"), buffer)
    path = tmp_path / "other.safetensors"
    path.write_bytes(buffer.getvalue())
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    with pytest.raises(
        DataError, match=r"other.safetensors (is not a checkpoint|has the checkpoint format)"
    ):
        resume(schema.CheckpointRef(path=str(path), sha256=sha256))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"graph": convolutional(channels=9)}, "network graph"),
        ({"recipe": recipe(batch_size=32)}, "recipe"),
        ({"dataset": digits(299)}, "data set split"),
        ({"seed": "2"}, "seed is 1, expected 2"),
    ],
)
def test_resuming_other_work_is_refused(
    trained: schema.TrainResult, changes: dict[str, Any], part: str
) -> None:
    with pytest.raises(InvalidTask, match=f"belongs to other work: its {part}"):
        resume(ref_of(trained), **changes)


def test_resuming_at_another_epoch_is_refused(trained: schema.TrainResult) -> None:
    with pytest.raises(InvalidTask, match="has 2 epochs behind it, expected 1"):
        resume(ref_of(trained), from_epoch=1)


def test_a_longer_horizon_may_go_on_from_a_checkpoint(trained: schema.TrainResult) -> None:
    assert resume(ref_of(trained), horizon_epochs=9).cost.epochs == 1


def test_evaluating_a_checkpoint_gives_the_last_points_metrics(
    trained: schema.TrainResult,
) -> None:
    found = evaluation(ref_of(trained))
    assert found.accuracy == trained.metrics.val_accuracy
    assert found.loss == trained.metrics.val_loss
    assert found.sample_count == 288


def test_the_test_split_is_another_one(trained: schema.TrainResult) -> None:
    found = evaluation(ref_of(trained), split="test")
    assert (found.split, found.sample_count) == ("test", 359)
    assert found.loss != trained.metrics.val_loss


def test_evaluating_on_another_split_of_the_data_is_refused(trained: schema.TrainResult) -> None:
    other = msgspec.structs.replace(WORK.dataset, split_seed="1")
    with pytest.raises(InvalidTask, match="data set split"):
        evaluation(ref_of(trained), dataset=other)


# A full disk


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)


def test_a_full_disk_costs_the_checkpoint_and_no_metric(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = train(work(), Recorder().context())
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"of an earlier attempt")
    fill_disk(monkeypatch)
    with caplog.at_level(logging.WARNING):
        result = train(work(checkpoint_path=str(path)), Recorder().context())
    assert result.checkpoint is None
    assert result.metrics == expected.metrics
    assert len(result.curve) == 2
    assert "weights.safetensors could not be written: No space left on device" in caplog.text
    assert path.read_bytes() == b"of an earlier attempt"
    assert os.listdir(tmp_path) == ["weights.safetensors"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_folder_that_is_none_costs_the_checkpoint_alone() -> None:
    result = train(
        work(to_epoch=1, checkpoint_path="/dev/full/weights.safetensors"), Recorder().context()
    )
    assert result.checkpoint is None
    assert len(result.curve) == 1


def test_a_checkpoint_makes_its_folder_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "weights.safetensors"
    for seed in ("1", "2"):
        result = train(work(seed=seed, checkpoint_path=str(path)), Recorder().context())
        assert saved_weights(result.checkpoint).keys() >= {"first.weight", "classify.bias"}
