"""Learning rates against closed forms and PyTorch's own schedulers; batches of an epoch."""

import math

import pytest
import torch
from training_support import SGD, recipe

from archloom_worker import schema
from archloom_worker.schedule import batch_bounds, learning_rate


def rates(steps: int, epochs: int, **changes: object) -> list[float]:
    changed = recipe(**changes)
    return [learning_rate(changed, step, steps, epochs) for step in range(steps * epochs)]


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0.1), (25, 0.085355), (50, 0.05), (75, 0.014645), (100, 0.0)]
)
def test_cosine_matches_the_reference(step: int, expected: float) -> None:
    assert learning_rate(recipe(), step, 10, 10) == pytest.approx(expected, abs=1e-6)


def test_cosine_matches_pytorch_step_by_step() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 60, eta_min=0.01)
    expected = []
    for _ in range(60):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    schedule = schema.CosineSchedule(final_share=0.1)
    assert rates(12, 5, schedule=schedule) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("steps", "epochs"), [(12, 5), (7, 3), (100, 1)])
def test_one_cycle_matches_pytorch_step_by_step(steps: int, epochs: int) -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, steps * epochs)
    expected = []
    for step in range(steps * epochs):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        if step < steps * epochs - 1:
            scheduler.step()
    schedule = schema.OneCycleSchedule(rise_share=0.3, initial_divisor=25, final_divisor=1e4)
    assert rates(steps, epochs, schedule=schedule) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_few_steps_is_finite_and_within_its_bounds(steps: int) -> None:
    schedule = schema.OneCycleSchedule(rise_share=0.3, initial_divisor=25, final_divisor=1e4)
    found = rates(steps, 1, schedule=schedule)
    assert all(0 < rate <= 0.1 for rate in found)


def test_step_falls_at_its_shares_of_the_horizon() -> None:
    schedule = schema.StepSchedule(milestones=(0.5, 0.75), factor=0.1)
    found = rates(4, 5, schedule=schedule)
    expected = [0.1] * 10 + [0.01] * 5 + [0.001] * 5
    assert found == pytest.approx(expected)


def test_constant_stays() -> None:
    assert rates(3, 2, schedule=schema.ConstantSchedule()) == [0.1] * 6


def test_warmup_rises_linearly_to_the_schedule_and_leaves_the_rest_as_it_is() -> None:
    plain, warmed = rates(10, 4), rates(10, 4, warmup_epochs=1.5)
    assert warmed[0] == 0.0
    assert warmed[15:] == plain[15:]
    slopes = [warmed[step + 1] - warmed[step] for step in range(15)]
    assert slopes == pytest.approx([plain[15] / 15] * 15)


def test_the_rate_depends_on_the_horizon_and_not_on_where_a_task_starts() -> None:
    sgd = SGD
    assert learning_rate(recipe(optimizer=sgd), 30, 10, 5) != learning_rate(
        recipe(optimizer=sgd), 30, 10, 6
    )


@pytest.mark.parametrize(
    ("count", "batch", "expected"),
    [
        (10, 5, [(0, 5), (5, 10)]),
        (12, 5, [(0, 5), (5, 10), (10, 12)]),
        (11, 5, [(0, 5), (5, 11)]),
        (3, 5, [(0, 3)]),
        (1, 5, [(0, 1)]),
        (3, 1, [(0, 1), (1, 2), (2, 3)]),
        (3, 2, [(0, 3)]),
    ],
)
def test_batches_are_these(count: int, batch: int, expected: list[tuple[int, int]]) -> None:
    assert batch_bounds(count, batch) == expected


def test_every_sample_is_in_exactly_one_batch() -> None:
    for count in range(1, 60):
        for batch in range(1, 20):
            bounds = batch_bounds(count, batch)
            assert [end for _, end in bounds[:-1]] == [start for start, _ in bounds[1:]]
            assert (bounds[0][0], bounds[-1][1]) == (0, count)
            assert len(bounds) in (math.ceil(count / batch), math.ceil(count / batch) - 1)
            sizes = [end - start for start, end in bounds]
            assert max(sizes) <= batch + 1
            assert batch == 1 or count == 1 or min(sizes) > 1
