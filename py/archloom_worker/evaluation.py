"""Measuring a network on a whole split."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from archloom_worker import schema
from archloom_worker.augment import Preparation
from archloom_worker.checkpoint import (
    load_checkpoint,
    network_identity_of,
    verify_identity,
)
from archloom_worker.errors import Diverged
from archloom_worker.fit import count_fitting, verify_input
from archloom_worker.learner import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from archloom_worker.context import TrainContext
    from archloom_worker.data.store import LabelledSamples


def evaluate(work: schema.EvaluateWork, context: TrainContext) -> schema.EvaluateResult:
    """Measures a checkpoint's network on the validation or the test split.

    Raises:
        InvalidTask: When the network does not fit the data, or the checkpoint is of another
            network or another split, whose test images it may have been trained on.
        DataError: When the data set or the checkpoint is missing or corrupt.
        Diverged: When the loss is not a finite number.
    """
    splits = context.datasets.load(work.dataset)
    verify_input(work.graph, splits)
    checkpoint = load_checkpoint(work.checkpoint)
    verify_identity(checkpoint, network_identity_of(work, splits), work.checkpoint.path)
    model = Model(work.graph, work.recipe, context.device)
    count_fitting(model.network, splits)
    model.network.load_state_dict(checkpoint["weights"])
    preparation = Preparation(
        splits, work.recipe.augmentation, channels_last=work.recipe.channels_last
    )
    part = splits.validation if work.split == "validation" else splits.test
    accuracy, loss = measure_split(
        model, part, preparation, batch_size=work.recipe.evaluation_batch_size, check=context.check
    )
    if not math.isfinite(loss):
        raise Diverged(f"Loss on the {work.split} split is {loss}, expected a finite number")
    return schema.EvaluateResult(
        split=work.split, accuracy=accuracy, loss=loss, sample_count=len(part)
    )


def measure_split(
    model: Model,
    part: LabelledSamples,
    preparation: Preparation,
    *,
    batch_size: int,
    check: Callable[[], None],
) -> tuple[float, float]:
    """Accuracy (0 to 1) and mean cross-entropy (in nats, without label smoothing) of a split.

    Both are over all labels: of text, over every token of every sample.

    The network is left in evaluation mode; the arithmetic is the recipe's. Sums are made in
    float64, so that the batch size does not show in them.
    """
    model.network.eval()
    losses, corrects = [], []
    with torch.no_grad():
        for start in range(0, len(part), batch_size):
            check()
            labels = part.labels[start : start + batch_size]
            inputs = preparation.for_evaluation(part.inputs[start : start + batch_size])
            logits = model.logits(inputs)
            losses.append(cross_entropies(logits, labels))
            corrects.append((logits.argmax(-1) == labels).sum())
        loss = torch.cat(losses).double().mean().item()
        correct = torch.stack(corrects).sum().item()
    return int(correct) / part.labels.numel(), loss


def cross_entropies(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The loss of each label: (N, ..., classes) and (N, ...) to one value a label."""
    return functional.cross_entropy(logits.flatten(0, -2), labels.flatten(), reduction="none")
