"""Weights that a new network takes from a trained one, node by node.

What stands for what is the orchestrator's to say; here it is only held to: names and shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from archloom_worker.checkpoint import load_checkpoint, verify_identity
from archloom_worker.errors import InvalidTask
from archloom_worker.site import module_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from archloom_worker import schema

Tensors = dict[str, torch.Tensor]


def inherit_weights(
    network: nn.Module, inheritance: schema.Inheritance, identity: Mapping[str, str]
) -> None:
    """Overwrites the tensors of the nodes that the plan names; all others stay as they are.

    Parameters and running statistics alike, in place, so that an optimizer goes on holding them.

    Args:
        network: Built from a graph, so that its modules bear the nodes' names.
        inheritance: A checkpoint, and pairs of nodes.
        identity: What the checkpoint must share with this training, its data above all: what was
            trained on another split may have seen this one's test samples.

    Raises:
        DataError: When the checkpoint is missing or has another content.
        InvalidTask: When it is of other data, or a pair's tensors differ in name or shape.
    """
    checkpoint = load_checkpoint(inheritance.checkpoint)
    verify_identity(checkpoint, identity, inheritance.checkpoint.path)
    own: Tensors = network.state_dict()
    taken: set[str] = set()
    for pair in inheritance.plan:
        if pair.target in taken:
            raise InvalidTask(
                f'Weights are inherited by node "{pair.target}" twice, expected at most once'
            )
        taken.add(pair.target)
        _copy(_of_node(checkpoint["weights"], pair.source), _of_node(own, pair.target), pair)


def _copy(given: Tensors, own: Tensors, pair: schema.WeightPair) -> None:
    shapes, wanted = _shapes(given), _shapes(own)
    if shapes != wanted or not own:
        raise InvalidTask(
            f'Node "{pair.target}" cannot inherit the weights of "{pair.source}": expected tensors'
            f" {wanted}, found {shapes}; plan the nodes whose shapes match"
        )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(given[name])


def _shapes(tensors: Tensors) -> dict[str, list[int]]:
    return {name: list(tensor.shape) for name, tensor in tensors.items()}


def _of_node(tensors: Tensors, node: str) -> Tensors:
    """The tensors below a node's module, named from there."""
    prefix = f"{module_name(node)}."
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
