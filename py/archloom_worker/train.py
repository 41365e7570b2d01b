"""Training a network from a graph, a recipe and a seed; from the start or from a checkpoint.

Two promises hold on the CPU bit for bit, and on CUDA under deterministic kernels: the same work
gives the same result, whatever ran in this process before; and training to an epoch in one go
equals training to an earlier one, then on from its checkpoint, under the same horizon. Everything
drawn comes from streams named by purpose and epoch (`streams.py`), and the learning rate from the
step alone (`schedule.py`), so a checkpoint needs neither.

The global generator serves dropout and drop-path alone. It is seeded anew each epoch and put back
afterwards, so one process may train one network at a time.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import torch

from archloom_worker import schema
from archloom_worker.augment import Preparation
from archloom_worker.checkpoint import (
    FORMAT,
    Checkpoint,
    data_identity_of,
    identity_of,
    load_checkpoint,
    save_checkpoint,
    verify_identity,
)
from archloom_worker.errors import Diverged, InvalidTask
from archloom_worker.evaluation import measure_split
from archloom_worker.fit import count_fitting, verify_input
from archloom_worker.inherit import inherit_weights
from archloom_worker.learner import Learner
from archloom_worker.schedule import batch_bounds, learning_rate
from archloom_worker.streams import derive_seed, stream

if TYPE_CHECKING:
    from archloom_worker.context import TrainContext
    from archloom_worker.data.store import Splits

FINITE_CHECK_STEPS = 32
"""Steps between looks at the losses: often enough to end a lost training soon, rare enough that a
GPU's queue is seldom waited for."""

_log = logging.getLogger(__name__)


def train(work: schema.TrainWork, context: TrainContext) -> schema.TrainResult:
    """Trains a network over the epochs that the work names, and measures it after each.

    Time runs from when the data set is on the device and PyTorch is loaded whole, so that the first
    task of a worker costs no more than the others. When the checkpoint cannot be written, as on a
    full disk, the result stands without one and the log says why: what was measured is not lost for
    what was not kept.

    Raises:
        InvalidTask: When the work contradicts itself, the network does not fit the data, the
            checkpoint is of other work, or weights to inherit do not fit the network.
        DataError: When the data set or the checkpoint is missing or corrupt.
        Diverged: When a loss is not a finite number.
        Cancelled, DeadlinePassed: From the context's check.
    """
    _verify_epochs(work)
    splits = context.datasets.load(work.dataset)
    torch.compiler.list_backends()  # loads the compiler, as the first optimizer otherwise would
    started = time.perf_counter()
    verify_input(work.graph, splits)
    gpus = [context.device] if context.device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):
        preparation = Preparation(
            splits, work.recipe.augmentation, channels_last=work.recipe.channels_last
        )
        learner = Learner(work, context.device)
        counts = count_fitting(learner.model.network, splits)
        run = _Run(work, context, splits, preparation, learner, started)
        if work.inherit is not msgspec.UNSET:
            inherit_weights(learner.model.network, work.inherit, data_identity_of(work, splits))
        if work.resume is not None:
            _resume(run, work.resume)
        curve = _epochs(run)
    checkpoint = _save(run)
    last = curve[-1]
    return schema.TrainResult(
        metrics=schema.Metrics(
            val_accuracy=last.val_accuracy,
            val_loss=last.val_loss,
            train_accuracy=last.train_accuracy,
            train_loss=last.train_loss,
        ),
        curve=curve,
        cost=schema.Cost(seconds=time.perf_counter() - started, epochs=len(curve)),
        counts=counts,
        checkpoint=checkpoint,
        dataset=splits.use(),
    )


@dataclass(frozen=True)
class _Run:
    """One training under way."""

    work: schema.TrainWork
    context: TrainContext
    splits: Splits
    preparation: Preparation
    learner: Learner
    started: float
    """On the performance counter."""


def _epochs(run: _Run) -> tuple[schema.CurvePoint, ...]:
    epochs = range(run.work.from_epoch, run.work.to_epoch)
    try:
        return tuple(_epoch(run, epoch) for epoch in epochs)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise InvalidTask(
            "Batch of one sample reached a batch norm that sees one value a channel, expected at"
            " least two; raise recipe.batchSize or dataset.trainLimit"
        ) from error


def _epoch(run: _Run, epoch: int) -> schema.CurvePoint:
    """Runs one epoch, measures, and reports the point."""
    work, recipe, part = run.work, run.work.recipe, run.splits.train
    device = run.context.device
    torch.manual_seed(derive_seed(work.seed, "dropout", epoch))
    augmenting = stream(work.seed, "augment", epoch, device)
    shuffling = stream(work.seed, "shuffle", epoch, device)
    order = torch.randperm(len(part), generator=shuffling, device=device)
    bounds = batch_bounds(len(part), recipe.batch_size)
    run.learner.model.network.train()
    rate = 0.0
    losses: list[torch.Tensor] = []
    corrects: list[torch.Tensor] = []
    for position, (start, end) in enumerate(bounds):
        run.context.check()
        step = epoch * len(bounds) + position
        rate = learning_rate(recipe, step, len(bounds), work.horizon_epochs)
        chosen = order[start:end]
        inputs = run.preparation.for_training(part.inputs.index_select(0, chosen), augmenting)
        loss, correct = run.learner.step(inputs, part.labels.index_select(0, chosen), rate)
        losses.append(loss)
        corrects.append(correct)
        if (position + 1) % FINITE_CHECK_STEPS == 0:
            _verify_finite(losses, epoch, position + 1 - FINITE_CHECK_STEPS)
    _verify_finite(losses, epoch, 0)
    sizes = torch.tensor([end - start for start, end in bounds], dtype=torch.float64)
    train_loss = (torch.stack(losses).double().cpu() @ sizes).item() / len(part)
    val_accuracy, val_loss = measure_split(
        run.learner.model,
        run.splits.validation,
        run.preparation,
        batch_size=recipe.evaluation_batch_size,
        check=run.context.check,
    )
    if not math.isfinite(val_loss):
        raise Diverged(
            f"Validation loss is {val_loss} after epoch {epoch + 1}, expected a finite number;"
            " lower the learning rate"
        )
    point = schema.CurvePoint(
        epoch=epoch + 1,
        train_loss=train_loss,
        train_accuracy=int(torch.stack(corrects).sum().item()) / part.labels.numel(),
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        learning_rate=rate,
        seconds=time.perf_counter() - run.started,
    )
    run.context.on_progress(point)
    return point


def _verify_finite(losses: list[torch.Tensor], epoch: int, first: int) -> None:
    """Raises Diverged with the first step whose loss is not finite, from `first` on."""
    values = torch.stack(losses[first:])
    lost = (~values.isfinite()).nonzero()
    if len(lost) > 0:
        position = int(lost[0].item())
        raise Diverged(
            f"Training loss is {values[position].item()} at step {first + position + 1} of epoch"
            f" {epoch + 1}, expected a finite number; lower the learning rate"
        )


def _verify_epochs(work: schema.TrainWork) -> None:
    start, end, horizon = work.from_epoch, work.to_epoch, work.horizon_epochs
    if not start < end <= horizon:
        raise InvalidTask(
            f"Training is asked for from epoch {start} to epoch {end} with a horizon of {horizon},"
            " expected each to lie past the one before and the horizon at or past the last"
        )
    if (start > 0) != (work.resume is not None):
        raise InvalidTask(
            f"Training is asked for from epoch {start} {'with' if work.resume else 'without'} a"
            " checkpoint, expected one exactly when it does not start at epoch 0"
        )
    if start > 0 and work.inherit is not msgspec.UNSET:
        raise InvalidTask(
            f"Training is asked for from epoch {start} with weights to inherit, expected them for a"
            " new training alone; its checkpoint has what it inherited"
        )


def _resume(run: _Run, ref: schema.CheckpointRef) -> None:
    checkpoint = load_checkpoint(ref)
    verify_identity(checkpoint, identity_of(run.work, run.splits), ref.path)
    if checkpoint["epoch"] != run.work.from_epoch:
        raise InvalidTask(
            f"Checkpoint {ref.path} has {checkpoint['epoch']} epochs behind it, expected"
            f" {run.work.from_epoch}; continue from the epoch that it was left at"
        )
    run.learner.restore(checkpoint)


def _save(run: _Run) -> schema.CheckpointRef | None:
    if run.work.checkpoint_path is None:
        return None
    constants = run.splits.normalization
    checkpoint = Checkpoint(
        format=FORMAT,
        identity=identity_of(run.work, run.splits),
        epoch=run.work.to_epoch,
        weights=run.learner.weights(),
        optimizer=run.learner.optimizer_state(),
        scaler=run.learner.scaler_state(),
        mean=list(constants.mean),
        std=list(constants.std),
    )
    try:
        return save_checkpoint(Path(run.work.checkpoint_path), checkpoint)
    except OSError as error:
        _log.warning(
            "Checkpoint %s could not be written: %s; the result stands without it",
            run.work.checkpoint_path,
            error.strerror or error,
        )
        return None
