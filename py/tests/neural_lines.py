"""Losses and gradients of small networks as PyTorch has them: the oracle of `src/numeric`.

Reads a JSON list of cases from a file, prints a JSON list of answers. All numbers are double
precision; weights are flat, as the TypeScript side lays them out.
"""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


def answer_mlp(case: dict[str, Any]) -> dict[str, Any]:
    """Loss and gradient at the given weights, and the weights after some steps of Adam."""
    weights = torch.tensor(case["weights"], requires_grad=True)
    loss = mlp_loss(case, weights)
    (gradient,) = torch.autograd.grad(loss, weights)
    return {
        "value": loss.item(),
        "gradient": gradient.tolist(),
        "trained": trained_weights(case),
    }


def trained_weights(case: dict[str, Any]) -> list[float]:
    """The weights after the case's steps, by PyTorch's own optimizer."""
    adam = case["adam"]
    weights = nn.Parameter(torch.tensor(case["weights"]))
    make = torch.optim.AdamW if adam["isDecoupled"] else torch.optim.Adam
    optimizer = make(
        [weights],
        lr=adam["learningRate"],
        betas=(adam["firstDecay"], adam["secondDecay"]),
        eps=adam["epsilon"],
        weight_decay=adam["weightDecay"],
    )
    for _ in range(case["steps"]):
        (weights.grad,) = torch.autograd.grad(mlp_loss(case, weights), weights)
        optimizer.step()
    trained: list[float] = weights.detach().tolist()
    return trained


def mlp_loss(case: dict[str, Any], weights: Tensor) -> Tensor:
    """Mean loss of a multi-layer perceptron; each row of a layer is a bias, then weights."""
    sizes = case["sizes"]
    x = torch.tensor(case["inputs"]).reshape(-1, sizes[0])
    place = 0
    for index, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        size = outputs * (1 + inputs)
        rows = weights[place : place + size].reshape(outputs, 1 + inputs)
        x = nn.functional.linear(x, rows[:, 1:], rows[:, 0])
        if index + 2 < len(sizes):
            x = ACTIVATIONS[case["activation"]](x)
        place += size
    return loss_of(case, x.flatten(), torch.tensor(case["targets"]))


def loss_of(case: dict[str, Any], predicted: Tensor, targets: Tensor) -> Tensor:
    """The loss that the case names."""
    if case["loss"] == "mse":
        return nn.functional.mse_loss(predicted, targets)
    if case["loss"] == "mae":
        return nn.functional.l1_loss(predicted, targets)
    bound = case["lowerBound"]
    return torch.mean(torch.abs((predicted - bound) / (targets - bound) - 1))


def answer_policy(case: dict[str, Any]) -> dict[str, Any]:
    """Log-probability and entropy of a sequence, and the gradient of their weighted sum."""
    weights = torch.tensor(case["weights"], requires_grad=True)
    log_probability, entropy = follow(case, weights)
    value = case["scale"] * log_probability + case["entropyScale"] * entropy
    (gradient,) = torch.autograd.grad(value, weights)
    return {"value": log_probability.item(), "gradient": gradient.tolist()}


def follow(case: dict[str, Any], weights: Tensor) -> tuple[Tensor, Tensor]:
    """Feeds a sequence of choices through PyTorch's LSTM cells; -1 leaves a position out."""
    hidden, counts = case["hidden"], case["choiceCounts"]
    parts = iter(split_policy(case, weights))
    x = next(parts)[0]
    embeddings = torch.split(next(parts), counts)
    layers = [next(parts) for _ in range(case["layers"])]
    heads = list(parts)
    states = [(torch.zeros(1, hidden), torch.zeros(1, hidden)) for _ in layers]
    log_probability, entropy = torch.zeros(()), torch.zeros(())
    for position, choice in enumerate(case["choices"]):
        if choice < 0:
            continue
        top = x.unsqueeze(0)
        for index, rows in enumerate(layers):
            bias, from_x, from_h = torch.split(rows, [1, hidden, hidden], dim=1)
            states[index] = torch.lstm_cell(
                top, states[index], from_x, from_h, bias.flatten(), torch.zeros(4 * hidden)
            )
            top = states[index][0]
        head = heads[position]
        logits = nn.functional.linear(top, head[:, 1:], head[:, 0])
        logs = torch.log_softmax(logits[0], dim=0)
        log_probability = log_probability + logs[choice]
        entropy = entropy - (logs.exp() * logs).sum()
        x = embeddings[position][choice]
    return log_probability, entropy


def split_policy(case: dict[str, Any], weights: Tensor) -> list[Tensor]:
    """Start, embeddings, LSTM layers and heads as matrices."""
    hidden, counts = case["hidden"], case["choiceCounts"]
    shapes = [(1, hidden), (sum(counts), hidden)]
    shapes += [(4 * hidden, 1 + 2 * hidden)] * case["layers"]
    shapes += [(count, 1 + hidden) for count in counts]
    flat = torch.split(weights, [rows * columns for rows, columns in shapes])
    return [part.reshape(shape) for part, shape in zip(flat, shapes, strict=True)]


def main() -> None:
    """Answers the cases of the file that the command line names."""
    torch.set_default_dtype(torch.float64)
    cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answers = {"mlp": answer_mlp, "policy": answer_policy}
    json.dump([answers[case["kind"]](case) for case in cases], sys.stdout)


if __name__ == "__main__":
    main()
