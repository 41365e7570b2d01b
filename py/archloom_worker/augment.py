"""From a batch of samples to network input, on the device: pixels are augmented and normalised.

Crop and flip move pixels and act on the bytes, so that a crop's border is black; cutout acts on the
normalized values, so that its square is the data set's mean. That is the usual order of the CIFAR
recipes (DARTS, AutoAugment).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from archloom_worker.errors import InvalidTask

if TYPE_CHECKING:
    from archloom_worker.data.store import Splits
    from archloom_worker.schema import Augmentation


class Preparation:
    """Normalization and augmentation of one training, with its constants on the device.

    Features come standardised and tokens are whole numbers: both go to the network as they are.

    Raises:
        InvalidTask: When samples that are no images are to be augmented.
    """

    def __init__(self, splits: Splits, augmentation: Augmentation, *, channels_last: bool) -> None:
        self._is_image = splits.kind == "images"
        if not self._is_image:
            _verify_plain(splits, augmentation)
            return
        device = splits.train.inputs.device
        constants = splits.normalization
        mean = torch.tensor(constants.mean, dtype=torch.float64) * splits.pixel_max
        scale = 1.0 / (torch.tensor(constants.std, dtype=torch.float64) * splits.pixel_max)
        self._scale = _per_channel(scale, device)
        self._shift = _per_channel(-mean * scale, device)
        self._augmentation = augmentation
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def for_evaluation(self, inputs: torch.Tensor) -> torch.Tensor:
        """Images normalized only: uint8 (N, C, H, W) to float32 of the same shape."""
        return self._normalized(inputs) if self._is_image else inputs

    def for_training(self, inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Images augmented and normalized: uint8 (N, C, H, W) to float32 of the same shape."""
        if not self._is_image:
            return inputs
        rule, images = self._augmentation, inputs
        if rule.crop_padding > 0:
            images = random_crop(images, rule.crop_padding, generator)
        if rule.flip:
            images = random_flip(images, generator)
        prepared = self._normalized(images)
        if rule.cutout_size > 0:
            cut_out(prepared, rule.cutout_size, generator)
        return prepared

    def _normalized(self, images: torch.Tensor) -> torch.Tensor:
        values = images.to(torch.float32, memory_format=self._format)
        return values.mul_(self._scale).add_(self._shift)


def _verify_plain(splits: Splits, rule: Augmentation) -> None:
    asked = {
        "cropPadding": rule.crop_padding > 0,
        "flip": rule.flip,
        "cutoutSize": rule.cutout_size > 0,
    }
    for name, wanted in asked.items():
        if wanted:
            raise InvalidTask(
                f"Recipe asks for augmentation.{name}, which acts on images, but the samples are"
                f" {splits.kind}; leave augmentation out"
            )


def random_crop(images: torch.Tensor, padding: int, generator: torch.Generator) -> torch.Tensor:
    """Each image moved by its own whole number of pixels, up to `padding` along both axes.

    Args:
        images: (N, C, H, W).
        padding: Zeros around the image.
        generator: On the images' device.
    """
    count, _, height, width = images.shape
    offsets = torch.randint(2 * padding + 1, (2, count), generator=generator, device=images.device)
    padded = functional.pad(images, (padding,) * 4)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, 2p + 1, 2p + 1, H, W)
    each = torch.arange(count, device=images.device)
    return windows[each, :, offsets[0], offsets[1]]  # (N, C, H, W)


def random_flip(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image mirrored left to right with probability one half."""
    chosen = torch.randint(2, (images.shape[0], 1, 1, 1), generator=generator, device=images.device)
    return torch.where(chosen.bool(), images.flip(3), images)


def cut_out(images: torch.Tensor, size: int, generator: torch.Generator) -> None:
    """Sets a square of each image to zero, in place; its part outside the image is lost.

    The centre is uniform over the image, as in DeVries and Taylor 2017, "Improved Regularization of
    Convolutional Neural Networks with Cutout", section 3.2; so the mean share that is lost is below
    (size / side) squared. For an even size the centre is the pixel below and right of the middle.
    """
    count, _, height, width = images.shape
    rows = _spans(count, height, size, images.device, generator)
    columns = _spans(count, width, size, images.device, generator)
    square = rows[:, None, :, None] & columns[:, None, None, :]  # (N, 1, H, W)
    images.masked_fill_(square, 0.0)


def _spans(
    count: int, length: int, size: int, device: torch.device, generator: torch.Generator
) -> torch.Tensor:
    """For each image, which positions along an axis lie in its span: bool (N, length)."""
    centers = torch.randint(length, (count, 1), generator=generator, device=device)
    distance = torch.arange(length, device=device) - centers + size // 2
    return (distance >= 0) & (distance < size)


def _per_channel(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    return values.to(torch.float32).reshape(1, -1, 1, 1).to(device)
