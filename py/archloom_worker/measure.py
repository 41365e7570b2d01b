"""What a network costs, measured by PyTorch itself and not by a formula of ours."""

from dataclasses import dataclass

import torch
from torch import fx
from torch.utils.flop_counter import FlopCounterMode

from archloom_worker import schema
from archloom_worker.graph import build_supernet


@dataclass(frozen=True)
class NetworkDescription:
    """Shapes leave out the batch axis."""

    output_shapes: tuple[tuple[int, ...], ...]
    parameter_count: int
    multiply_adds: int
    """Of one sample, in convolutions, linear layers and attention."""
    parameters: tuple[tuple[str, tuple[int, ...]], ...]
    """Names and shapes, in the module's order."""
    code: str
    """The generated forward pass, as Python source."""


def describe_network(graph: schema.NetworkGraph) -> NetworkDescription:
    """Builds and runs a network without memory, on the meta device, and says what it is.

    A choice is run with all its candidates, so its costs are theirs together.

    Raises:
        GraphError: the graph cannot be built.
    """
    with torch.device("meta"):
        network = build_supernet(graph).eval()
        samples = [_sample(item) for item in graph.inputs]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        outputs = network(*samples)
    if isinstance(outputs, torch.Tensor):
        outputs = (outputs,)
    return NetworkDescription(
        output_shapes=tuple(tuple(output.shape[1:]) for output in outputs),
        parameter_count=count_parameters(network),
        # The counter takes a multiply-add for two operations.
        multiply_adds=counter.get_total_flops() // 2,
        parameters=tuple((name, tuple(p.shape)) for name, p in network.named_parameters()),
        code=network.code.strip() + "\n",
    )


def _sample(item: schema.GraphInput) -> torch.Tensor:
    kind = torch.int64 if item.dtype == "tokens" else torch.float32
    return torch.empty((1, *item.shape), dtype=kind)


def count_parameters(network: fx.GraphModule) -> int:
    """Learned numbers of a network; running statistics are not among them."""
    return sum(parameter.numel() for parameter in network.parameters())
