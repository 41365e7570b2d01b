"""What augmentation does to pixels, and how often; normalization to zero mean and unit variance.

Statistical tolerances are five standard errors: a false alarm in about two million runs of a test,
and the seeds are fixed.
"""

import math

import pytest
import torch
from training_support import CPU, FULL, PLAIN, STORE, digits

from archloom_worker.augment import Preparation, cut_out, random_crop, random_flip


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator(CPU).manual_seed(seed)


def numbered(count: int, channels: int = 2, height: int = 5, width: int = 6) -> torch.Tensor:
    """Images without zeros, all pixels of an image different."""
    pixels = torch.arange(1, channels * height * width + 1, dtype=torch.uint8)
    return pixels.reshape(1, channels, height, width).repeat(count, 1, 1, 1)


def test_each_crop_is_one_of_the_windows_and_all_are_as_likely() -> None:
    padding, count = 2, 20_000
    images = numbered(1)
    padded = torch.nn.functional.pad(images, (padding,) * 4)[0]
    windows = {
        padded[:, top : top + 5, left : left + 6].numpy().tobytes(): 0
        for top in range(5)
        for left in range(5)
    }
    assert len(windows) == 25
    for crop in random_crop(images.expand(count, -1, -1, -1), padding, generator()):
        windows[crop.contiguous().numpy().tobytes()] += 1  # KeyError for any other window
    share, error = 1 / 25, math.sqrt(1 / 25 * 24 / 25 / count)
    assert all(abs(found / count - share) < 5 * error for found in windows.values())


def test_half_of_the_images_are_mirrored_whole() -> None:
    count = 10_000
    images = numbered(count)
    flipped = random_flip(images, generator())
    kept = (flipped == images).flatten(1).all(1)
    mirrored = (flipped == images.flip(3)).flatten(1).all(1)
    assert torch.all(kept ^ mirrored)
    assert abs(mirrored.double().mean().item() - 0.5) < 5 * 0.5 / math.sqrt(count)


@pytest.mark.parametrize(
    ("size", "side", "expected"), [(16, 32, 0.1914), (8, 32, 0.0549), (8, 28, 0.0704)]
)
def test_cutout_masks_the_expected_share(size: int, side: int, expected: float) -> None:
    count = 40_000
    images = torch.ones(count, 1, side, side)
    cut_out(images, size, generator())
    lost = 1 - images.flatten(1).mean(1)
    assert abs(lost.mean().item() - expected) < 5 * lost.std().item() / math.sqrt(count) + 5e-5


@pytest.mark.parametrize("size", [1, 3, 4])
def test_cutout_masks_one_rectangle_over_all_channels(size: int) -> None:
    images = torch.ones(500, 2, 7, 9)
    cut_out(images, size, generator())
    assert torch.equal(images[:, 0], images[:, 1])
    masked = images[:, 0] == 0
    rows, columns = masked.any(2), masked.any(1)
    assert torch.equal(masked, rows[:, :, None] & columns[:, None, :])
    for spans in (rows, columns):
        lengths = spans.sum(1)
        jumps = (spans[:, 1:] != spans[:, :-1]).sum(1) + spans[:, 0].int() + spans[:, -1].int()
        assert torch.all(jumps == 2), "one unbroken span"
        assert 1 <= int(lengths.min()) <= int(lengths.max()) == size


def test_the_same_stream_draws_the_same_and_another_differs() -> None:
    images = torch.randint(256, (50, 1, 8, 8), generator=generator(9)).to(torch.uint8)
    preparation = Preparation(STORE.load(digits()), FULL, channels_last=False)
    first, again, other = (preparation.for_training(images, generator(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_training_split_is_normalized_to_mean_0_and_variance_1() -> None:
    splits = STORE.load(digits(None))
    preparation = Preparation(splits, PLAIN, channels_last=False)
    prepared = preparation.for_training(splits.train.inputs, generator()).double()
    assert prepared.mean().item() == pytest.approx(0, abs=1e-6)
    assert prepared.std(correction=0).item() == pytest.approx(1, abs=1e-6)
    assert torch.equal(prepared.float(), preparation.for_evaluation(splits.train.inputs))


def test_preparation_never_writes_to_the_data_set() -> None:
    splits = STORE.load(digits())
    before = splits.train.inputs.clone()
    Preparation(splits, FULL, channels_last=False).for_training(splits.train.inputs, generator())
    assert torch.equal(splits.train.inputs, before)


def test_channels_last_changes_the_layout_alone() -> None:
    splits = STORE.load(digits())
    images = splits.train.inputs.repeat(1, 3, 1, 1)[:10]
    plain, last = (
        Preparation(splits, FULL, channels_last=flag).for_training(images, generator())
        for flag in (False, True)
    )
    assert torch.equal(plain, last)
    assert last.is_contiguous(memory_format=torch.channels_last)
