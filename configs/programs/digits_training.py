"""Trains a small network on the digits of scikit-learn: python digits_training.py."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def load_splits():
    """Images as rows of 64 shares of full brightness: 80% for training, 20% for validation."""
    digits = load_digits()
    images = torch.tensor(digits.data, dtype=torch.float32) / 16
    labels = torch.tensor(digits.target)
    rows, val_rows = train_test_split(
        range(len(labels)), test_size=0.2, stratify=labels, random_state=0
    )
    return (images[rows], labels[rows]), (images[val_rows], labels[val_rows])


def make_network(hidden):
    return nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def train(learning_rate, epochs, hidden=64, batch_size=64, reporter=None):
    """Trains and returns how well it does."""
    training, (val_images, val_labels) = load_splits()
    loader = DataLoader(TensorDataset(*training), batch_size, shuffle=True)
    network = make_network(hidden)
    optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=0.9)
    for epoch in range(1, epochs + 1):
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
        with torch.no_grad():
            val_accuracy = (network(val_images).argmax(1) == val_labels).float().mean().item()
        print(f"epoch {epoch}: validation accuracy {val_accuracy:.4f}")
        if reporter is not None:
            reporter.report(step=epoch, val_accuracy=val_accuracy)
            if reporter.should_stop:
                break
    return {"val_accuracy": val_accuracy, "epochs": epoch}


if __name__ == "__main__":
    print(train(learning_rate=0.05, epochs=5))
