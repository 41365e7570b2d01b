"""The interpreter of network graphs: from the one graph language to a `torch.fx.GraphModule`.

The forward pass is generated straight-line code: it compiles, and it prints as source. Modules, and
so parameters, bear the node's id. Nothing here knows a search space. `operations.py` says what each
operation becomes, `site.py` where.
"""

import torch
from torch import fx, nn

from archloom_worker import schema
from archloom_worker.operations import emit
from archloom_worker.site import (
    SAMPLES,
    Built,
    GateRows,
    GraphError,
    Site,
    Value,
    module_name,
)

__all__ = ["GraphError", "build_network", "build_supernet", "module_name"]


def build_network(graph: schema.NetworkGraph) -> fx.GraphModule:
    """Builds the network that a graph describes.

    Parameters are made, and so initialised, in node order, from torch's global generator, on
    torch's default device: under `torch.device("meta")` nothing is allocated. The module takes the
    graph's inputs in order, each with a leading batch axis, and returns its output, or a tuple of
    several.

    Args:
        graph: decoded from the wire; what a type cannot say is checked here.

    Raises:
        GraphError: a node that cannot be built, with the reason.
    """
    return _built(graph, None).module


def build_supernet(graph: schema.NetworkGraph) -> fx.GraphModule:
    """Builds a network with choices; otherwise as `build_network`.

    The module takes the gates as one more, last argument: `choice.Gates`, or None, the default, for
    ones everywhere. A graph without choices makes a network that takes none.

    Raises:
        GraphError: a node that cannot be built, with the reason.
    """
    return _built(graph, {}).module


def _built(graph: schema.NetworkGraph, rows: GateRows | None) -> Built:
    """Builds a graph; with None for the rows, one without choices."""
    _check_structure(graph)
    network = fx.Graph()
    root = nn.Module()
    values: dict[str, Value] = {}
    for graph_input in graph.inputs:
        values[graph_input.id] = _placeholder(network, graph_input)
    gated = any(isinstance(node.op, schema.Choice) for node in graph.nodes)
    gates = None
    if gated:
        gates = network.placeholder(_free_name(network, "gates"), default_value=None)
    for node in graph.nodes:
        inputs = [values[ref] for ref in node.inputs]
        values[node.id] = _emitted(Site(node, inputs, network, root, _built, gates, rows))
    outputs = [values[ref] for ref in graph.outputs]
    for ref, output in zip(graph.outputs, outputs, strict=True):
        if output.is_tokens:
            raise GraphError(ref, "expected outputs of floats, found tokens")
    nodes = tuple(output.node for output in outputs)
    network.output(nodes[0] if len(nodes) == 1 else nodes)
    module = fx.GraphModule(root, network, class_name="Network")
    return Built(module, [output.sample for output in outputs], gated)


def _emitted(site: Site) -> Value:
    takes_tokens = isinstance(site.node.op, schema.Embedding)
    if any(value.is_tokens != takes_tokens for value in site.inputs):
        wanted, found = ("tokens", "floats") if takes_tokens else ("floats", "tokens")
        raise site.error(f"expected {wanted}, found {found}")
    value = emit(site.node.op, site)
    if min(value.shape) < 1:
        raise site.error(f"expected an output with elements, found {list(value.shape)}")
    return value


def _placeholder(network: fx.Graph, graph_input: schema.GraphInput) -> Value:
    name = _free_name(network, module_name(graph_input.id).replace(".", "_"))
    is_tokens = graph_input.dtype == "tokens"
    kind = torch.int64 if is_tokens else torch.float32
    sample = torch.empty((SAMPLES, *graph_input.shape), dtype=kind, device="meta")
    return Value(network.placeholder(name), sample, is_tokens)


def _free_name(network: fx.Graph, name: str) -> str:
    taken = {node.target for node in network.nodes}
    while name in taken:
        name += "_"
    return name


def _check_structure(graph: schema.NetworkGraph) -> None:
    """What the schema cannot say of ids and references; see validate.ts."""
    seen: set[str] = set()
    containers: set[str] = set()
    inputs: list[tuple[str, tuple[str, ...]]] = [(item.id, ()) for item in graph.inputs]
    for node_id, refs in inputs + [(node.id, node.inputs) for node in graph.nodes]:
        for ref in refs:
            if ref not in seen:
                raise GraphError(node_id, f'expected inputs that come before it, found "{ref}"')
        segments = node_id.split(".")
        prefixes = {".".join(segments[:end]) for end in range(1, len(segments))}
        if node_id in seen or node_id in containers or prefixes & seen:
            raise GraphError(node_id, "expected an id that is no other's and no other's prefix")
        seen.add(node_id)
        containers |= prefixes
    needed = set(graph.outputs)
    if len(needed) < len(graph.outputs) or not needed <= seen:
        raise GraphError(graph.outputs[-1], "expected outputs that exist, each once")
    for node in reversed(graph.nodes):
        if node.id not in needed:
            raise GraphError(node.id, "expected every node to reach an output")
        needed.update(node.inputs)
