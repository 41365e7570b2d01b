"""A classifier of digits that is trained and asked step by step."""

import torch
from torch import nn

from digits_training import load_splits, make_network


class DigitClassifier:
    """Holds its data, network and optimizer, on the device that it is given."""

    def __init__(self, hidden: int = 64, device: str = "cpu"):
        (images, labels), _ = load_splits()
        self.images, self.labels = images.to(device), labels.to(device)
        self.network = make_network(hidden).to(device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.01)

    def fit(self, steps: int, reporter):
        """Steps over the whole training part; going on where the last call ended."""
        for step in range(1, steps + 1):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.network(self.images), self.labels)
            loss.backward()
            self.optimizer.step()
            reporter.report(step=step, loss=loss)
        return {"loss": loss}

    def samples(self, count: int):
        """Training images, to play with: (count, 64) and (count,)."""
        return {"images": self.images[:count], "labels": self.labels[:count]}

    def classify(self, images: torch.Tensor):
        """Probabilities, (N, 10), of images, (N, 64)."""
        with torch.no_grad():
            return {"probabilities": self.network(images).softmax(1)}
