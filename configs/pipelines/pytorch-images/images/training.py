"""Training from the command line: python -m images.training --channels 32 --epochs 10."""

import argparse

import torch
from torch import nn

from images.data import make_loader, make_splits
from images.model import SmallNet


def train_epoch(model, loader, optimizer, criterion, device):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(images.to(device)), labels.to(device))
        loss.backward()
        optimizer.step()


@torch.no_grad()
def evaluate(model, loader, criterion, device):
    model.eval()
    loss, correct, count = 0.0, 0, 0
    for images, labels in loader:
        outputs = model(images.to(device))
        labels = labels.to(device)
        loss += criterion(outputs, labels).item() * len(labels)
        correct += (outputs.argmax(1) == labels).sum().item()
        count += len(labels)
    return loss / count, correct / count


def fit(
    channels=16,
    depth=2,
    kernel_size=3,
    dropout=0.0,
    learning_rate=0.01,
    batch_size=64,
    epochs=5,
    seed=0,
):
    """Trains a network and returns how well it does."""
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_split, val_split, test_split = make_splits()
    train_loader = make_loader(train_split, batch_size, training=True, seed=seed)
    model = SmallNet(channels, depth, kernel_size, dropout).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for epoch in range(epochs):
        train_epoch(model, train_loader, optimizer, criterion, device)
        val_loss, val_accuracy = evaluate(
            model, make_loader(val_split, 256), criterion, device
        )
        print(f"epoch {epoch + 1}: validation accuracy {val_accuracy:.4f}")
    _, test_accuracy = evaluate(model, make_loader(test_split, 256), criterion, device)
    return {
        "val_accuracy": val_accuracy,
        "val_loss": val_loss,
        "test_accuracy": test_accuracy,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--kernel-size", type=int, default=3)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    print(fit(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
