"""Whether a network fits a data set, and what it costs: found in one pass of one blank sample.

`measure.describe_network` says the same of a graph without memory; a training has its network at
hand and must not spend its time on building a second one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from archloom_worker import schema
from archloom_worker.errors import InvalidTask
from archloom_worker.layers import Attention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archloom_worker.data.store import Splits


def verify_input(graph: schema.NetworkGraph, splits: Splits) -> None:
    """Raises InvalidTask unless the graph has one input of the samples' shape."""
    shapes = [tuple(item.shape) for item in graph.inputs]
    if shapes != [splits.input_shape]:
        raise InvalidTask(
            f"Network takes inputs of shape {_words(shapes)}, expected one of"
            f" {list(splits.input_shape)} for this data set; compile its space for it"
        )


def count_fitting(network: nn.Module, splits: Splits) -> schema.NetworkCounts:
    """Runs one blank sample through the network, checks what comes out and counts what it took.

    The network is left in evaluation mode, its weights and statistics as they were.

    Raises:
        InvalidTask: When the output is not one vector of a value for each class; for text one a
            token.
    """
    multiply_adds = 0

    def count(module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal multiply_adds
        # Each output value takes one multiply-add for every weight of its channel or feature.
        multiply_adds += output.numel() * module.get_parameter("weight")[0].numel()

    def count_attention(module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal multiply_adds
        multiply_adds += Attention.multiply_adds(output)

    rules = {nn.Conv2d: count, nn.Linear: count, Attention: count_attention}
    hooks = [
        module.register_forward_hook(rules[type(module)])
        for module in network.modules()
        if type(module) in rules
    ]
    given = splits.train.inputs
    kind = given.dtype if splits.kind == "tokens" else torch.float32
    blank = torch.zeros((1, *splits.input_shape), dtype=kind, device=given.device)
    network.eval()
    try:
        with torch.no_grad():
            outputs = network(blank)
    finally:
        for hook in hooks:
            hook.remove()
    outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
    shapes = [tuple(output.shape[1:]) for output in outputs]
    if shapes != [splits.output_shape]:
        raise InvalidTask(
            f"Network has outputs of shape {_words(shapes)}, expected one of"
            f" {list(splits.output_shape)} for the classes of this data set; compile its space for"
            " it"
        )
    parameter_count = sum(parameter.numel() for parameter in network.parameters())
    return schema.NetworkCounts(parameter_count=parameter_count, multiply_adds=multiply_adds)


def _words(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(str(list(shape)) for shape in shapes)
