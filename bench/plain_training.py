"""The peer of bench/overhead.ts: the same children, trained by one plain PyTorch script.

NAS-Bench-201 networks on the digits images, written as anybody would write them: uint8 images on the
device, one permutation an epoch, SGD with Nesterov momentum, cosine by step, validation after
each epoch. Nothing of archloom is imported. Reads one JSON line: {cells, channels, epochs,
batchSize, trainCount, valCount, threads}; says `ready` when its data is loaded, waits for a line, trains,
and answers one JSON line: {seconds, perChild, parameterCounts}.
"""

import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


def relu_conv_norm(channels_in: int, channels: int, kernel: int, stride: int = 1) -> nn.Module:
    """ReLU, convolution without bias, batch norm."""
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels),
    )


def edge(operation: str, channels: int) -> nn.Module | None:
    """One edge of a cell; None for `none`."""
    if operation == "none":
        return None
    if operation == "skip_connect":
        return nn.Identity()
    if operation == "avg_pool_3x3":
        return nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return relu_conv_norm(channels, channels, 3 if operation == "nor_conv_3x3" else 1)


class Cell(nn.Module):
    """Four nodes; node i sums what its incoming edges make of the earlier nodes."""

    def __init__(self, cell: str, channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleDict()
        for node, group in enumerate(cell.split("+"), start=1):
            for term in group.strip("|").split("|"):
                operation, source = term.split("~")
                module = edge(operation, channels)
                if module is not None:
                    self.edges[f"{source}_{node}"] = module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        nodes = [x]
        for node in range(1, 4):
            terms = [
                self.edges[f"{source}_{node}"](nodes[source])
                for source in range(node)
                if f"{source}_{node}" in self.edges
            ]
            nodes.append(sum(terms[1:], terms[0]) if terms else torch.zeros_like(x))
        return nodes[3]


class Reduction(nn.Module):
    """Residual block of stride 2 between stages."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            relu_conv_norm(channels_in, channels, 3, 2), relu_conv_norm(channels, channels, 3)
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, 2), nn.Conv2d(channels_in, channels, 1, bias=False)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.main(x) + self.shortcut(x)


def network(cell: str, channels: int) -> nn.Module:
    """One cell a stage, three stages."""
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        Cell(cell, channels),
        Reduction(channels, 2 * channels),
        Cell(cell, 2 * channels),
        Reduction(2 * channels, 4 * channels),
        Cell(cell, 4 * channels),
        nn.BatchNorm2d(4 * channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * channels, 10),
    )


def train(cell: str, plan: dict, images: torch.Tensor, labels: torch.Tensor) -> int:
    """Trains one child and measures it after each epoch; returns its parameter count."""
    count, batch = plan["trainCount"], plan["batchSize"]
    train_x, train_y = images[:count], labels[:count]
    val_x, val_y = images[count:], labels[count:]
    mean, std = train_x.float().mean(), train_x.float().std()
    torch.manual_seed(0)
    model = network(cell, plan["channels"])
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    steps = plan["epochs"] * math.ceil(count / batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(plan["epochs"]):
        model.train()
        for indices in torch.randperm(count).split(batch):
            x = (train_x[indices].float() - mean) / std
            loss = F.cross_entropy(model(x), train_y[indices])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            for x, y in zip(val_x.split(512), val_y.split(512), strict=True):
                logits = model((x.float() - mean) / std)
                F.cross_entropy(logits, y, reduction="sum").item()
                (logits.argmax(1) == y).sum().item()
    return sum(parameter.numel() for parameter in model.parameters())


def main() -> None:
    """Serves one plan from standard input."""
    plan = json.loads(sys.stdin.readline())
    torch.set_num_threads(plan["threads"])
    torch.use_deterministic_algorithms(True)
    digits = load_digits()
    images = torch.from_numpy(digits.images.astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(digits.target.astype(np.int64))
    total = plan["trainCount"] + plan["valCount"]
    print("ready", flush=True)
    sys.stdin.readline()
    per_child, counts = [], []
    start = time.perf_counter()
    for cell in plan["cells"]:
        before = time.perf_counter()
        counts.append(train(cell, plan, images[:total], labels[:total]))
        per_child.append(time.perf_counter() - before)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "perChild": per_child, "parameterCounts": counts}))


if __name__ == "__main__":
    main()
