"""The 8 x 8 digits that scikit-learn carries, split once and for all."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class DigitsDataset(Dataset):
    """One split; training images are shifted by up to a pixel."""

    def __init__(self, split, augment=False):
        images, labels = split
        self.images = torch.from_numpy(images.astype(np.float32) / 16).unsqueeze(1)
        self.labels = torch.from_numpy(labels.astype(np.int64))
        self.augment = augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]  # (1, 8, 8)
        if self.augment:
            down, right = torch.randint(-1, 2, (2,)).tolist()
            image = torch.roll(image, (down, right), dims=(1, 2))
        return image, self.labels[index]


def make_splits(seed=0):
    """60% training, 20% validation, 20% test, with equal shares of every digit."""
    digits = load_digits()
    rest, test, rest_labels, test_labels = train_test_split(
        digits.images, digits.target, test_size=0.2, stratify=digits.target, random_state=seed
    )
    train, val, train_labels, val_labels = train_test_split(
        rest, rest_labels, test_size=0.25, stratify=rest_labels, random_state=seed
    )
    return (train, train_labels), (val, val_labels), (test, test_labels)


def make_loader(split, batch_size, training=False, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(
        DigitsDataset(split, augment=training), batch_size, shuffle=training, generator=generator
    )
