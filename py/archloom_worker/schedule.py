"""The learning rate of every step, and which samples make a step: pure functions of the recipe."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archloom_worker import schema

if TYPE_CHECKING:
    from archloom_worker.schema import Recipe


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int, horizon_epochs: int) -> float:
    """The learning rate of one optimizer step.

    During warm-up it rises linearly from 0 to what the schedule says at the warm-up's end; the
    schedule itself is laid out over the whole horizon, warm-up included.

    Args:
        recipe: Its peak rate, schedule and warm-up count.
        step: Zero-based, counted from the start of the training.
        steps_per_epoch: Optimizer steps in an epoch.
        horizon_epochs: Epochs over which the schedule is laid out.
    """
    total = steps_per_epoch * horizon_epochs
    warmup = recipe.warmup_epochs * steps_per_epoch
    rate = recipe.optimizer.learning_rate * _shape(recipe.schedule, max(step, warmup), total)
    return rate if step >= warmup else rate * step / warmup


def batch_bounds(sample_count: int, batch_size: int) -> list[tuple[int, int]]:
    """Half-open ranges of an epoch's permutation, one a step; every sample is in exactly one.

    The last batch may be smaller. A last batch of a single sample is joined to the one before it,
    because batch norm cannot learn from one sample.
    """
    starts = list(range(0, sample_count, batch_size))
    if len(starts) > 1 and sample_count - starts[-1] == 1 and batch_size > 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], sample_count], strict=True))


def _shape(schedule: schema.Schedule, step: float, total: int) -> float:
    """The rate at a step as a multiple of the peak."""
    match schedule:
        case schema.ConstantSchedule():
            return 1.0
        case schema.CosineSchedule():
            # SGDR: Loshchilov and Hutter 2017, equation 5, without restarts.
            progress = min(step / total, 1.0)
            return _cosine(1.0, schedule.final_share, progress)
        case schema.StepSchedule():
            passed = sum(step >= milestone * total for milestone in schedule.milestones)
            return schedule.factor**passed
        case schema.OneCycleSchedule():
            return _one_cycle(schedule, step, total)


def _one_cycle(schedule: schema.OneCycleSchedule, step: float, total: int) -> float:
    # Peak and end fall on whole steps, counted as PyTorch's OneCycleLR counts them: the peak one
    # step before the rise's share, the end on the last step.
    low = 1.0 / schedule.initial_divisor
    peak_step = schedule.rise_share * total - 1.0
    last_step = total - 1.0
    if step < peak_step:
        return _cosine(low, 1.0, step / peak_step)
    fall = last_step - max(peak_step, 0.0)
    progress = min((step - max(peak_step, 0.0)) / fall, 1.0) if fall > 0 else 0.0
    return _cosine(1.0, low / schedule.final_divisor, progress)


def _cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * progress))
