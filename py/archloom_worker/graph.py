"""The interpreter of network graphs: from the one graph language to a `torch.fx.GraphModule`.

The forward pass is generated straight-line code: it compiles, and it prints as source. Modules, and
so parameters, bear the node's id. Nothing here knows a search space. A new primitive takes one
`emit` of its own below (and the three other places that src/graph/README.md names). A choice is a
call of one module, `choice.py`, which holds its candidates as networks of their own.

Comments give shapes with the batch axis, N.
"""

import keyword
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call

from archloom_worker import schema
from archloom_worker.choice import Choice
from archloom_worker.errors import InvalidTask
from archloom_worker.layers import DropPath, Zero


class GraphError(InvalidTask):
    """The graph cannot be built; the message names the node."""

    def __init__(self, node: str, problem: str) -> None:
        super().__init__(f'Graph node "{node}": {problem}')
        self.node = node


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


def module_name(node_id: str) -> str:
    """The dotted module path of a node: its id, save for segments that no module may be called.

    A segment that is a Python keyword or an attribute of every module gets an underscore, as has
    one that would then collide with it: `cell.in` becomes `cell.in_`, and `cell.in_` `cell.in__`.
    """
    segments = node_id.split(".")
    return ".".join(f"{s}_" if s.rstrip("_") in _RESERVED else s for s in segments)


# Building -----------------------------------------------------------------------------------------

_RESERVED = frozenset(
    name.rstrip("_") for name in (*keyword.kwlist, *dir(fx.GraphModule), "self", "training")
)
# Two samples: a batch of one would hide a mistaken batch axis.
_SAMPLES = 2


@dataclass(frozen=True)
class _Value:
    """A reference: its node in the generated code, and a tensor without memory of its shape."""

    node: fx.Node
    sample: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch axis."""
        return tuple(self.sample.shape[1:])


@dataclass(frozen=True)
class _Built:
    module: fx.GraphModule
    samples: Sequence[Tensor]
    """Outputs without memory."""
    gated: bool
    """Whether it takes gates as its last argument."""


_GateRows = dict[int, tuple[int, str]]
"""Candidates of the gate rows met so far, and the node of the first choice of each."""


def _built(graph: schema.NetworkGraph, rows: _GateRows | None) -> _Built:
    """Builds a graph; with None for the rows, one without choices."""
    _check_structure(graph)
    network = fx.Graph()
    root = nn.Module()
    values: dict[str, _Value] = {}
    for graph_input in graph.inputs:
        values[graph_input.id] = _placeholder(network, graph_input)
    gated = any(isinstance(node.op, schema.Choice) for node in graph.nodes)
    gates = None
    if gated:
        gates = network.placeholder(_free_name(network, "gates"), default_value=None)
    for node in graph.nodes:
        inputs = [values[ref] for ref in node.inputs]
        values[node.id] = _Site(node, inputs, network, root, gates, rows).emit()
    outputs = [values[ref] for ref in graph.outputs]
    nodes = tuple(output.node for output in outputs)
    network.output(nodes[0] if len(nodes) == 1 else nodes)
    module = fx.GraphModule(root, network, class_name="Network")
    return _Built(module, [output.sample for output in outputs], gated)


def _placeholder(network: fx.Graph, graph_input: schema.GraphInput) -> _Value:
    name = _free_name(network, module_name(graph_input.id).replace(".", "_"))
    sample = torch.empty((_SAMPLES, *graph_input.shape), device="meta")
    return _Value(network.placeholder(name), sample)


def _free_name(network: fx.Graph, name: str) -> str:
    taken = {node.target for node in network.nodes}
    while name in taken:
        name += "_"
    return name


@dataclass(frozen=True)
class _Site:
    """The place where one node's operation is emitted."""

    node: schema.GraphNode
    inputs: Sequence[_Value]
    network: fx.Graph
    root: nn.Module
    gates: fx.Node | None = None
    rows: _GateRows | None = None

    def emit(self) -> _Value:
        value = _emit(self.node.op, self)
        if min(value.shape) < 1:
            raise self.error(f"expected an output with elements, found {list(value.shape)}")
        return value

    def error(self, problem: str) -> GraphError:
        kind = type(self.node.op).__struct_config__.tag
        return GraphError(self.node.id, f"{kind}: {problem}")

    def only(self, rank: int | None = None) -> _Value:
        """The node's one input, of this rank without the batch axis."""
        if len(self.inputs) != 1:
            raise self.error(f"expected 1 input, found {len(self.inputs)}")
        value = self.inputs[0]
        if rank is not None and len(value.shape) != rank:
            raise self.error(f"expected an input of rank {rank}, found {list(value.shape)}")
        return value

    def several(self) -> Sequence[_Value]:
        if len(self.inputs) < 2:
            raise self.error(f"expected at least 2 inputs, found {len(self.inputs)}")
        return self.inputs

    def module(self, make: Callable[[], nn.Module], rank: int | None = None) -> _Value:
        """Calls a module on the node's one input; its output's shape is found without memory."""
        value = self.only(rank)
        module = self._made(make)
        weights = {name: parameter.to("meta") for name, parameter in module.named_parameters()}
        sample = self._checked(lambda: functional_call(module, weights, (value.sample,)))
        return self._attached(module, sample, value.node)

    def same(self, make: Callable[[], nn.Module]) -> _Value:
        """Calls a module that keeps its input's shape, whatever it is."""
        value = self.only()
        return self._attached(self._made(make), value.sample, value.node)

    def choice(self, module: Choice, sample: Tensor) -> _Value:
        """Calls a choice on all inputs and the gates."""
        return self._attached(module, sample, *(value.node for value in self.inputs), self.gates)

    def _attached(self, module: nn.Module, sample: Tensor, *arguments: fx.Node | None) -> _Value:
        target = module_name(self.node.id)
        _attach(self.root, target, module)
        name = target.replace(".", "_")
        node = self.network.create_node("call_module", target, arguments, {}, name)
        return _Value(node, sample)

    def _made(self, make: Callable[[], nn.Module]) -> nn.Module:
        try:
            return make()
        except ValueError as error:  # anything else, such as no memory, is not the graph's fault
            raise self.error(str(error).splitlines()[0]) from error

    def call(self, function: Callable[..., Tensor], *arguments: object) -> _Value:
        """Calls a function; arguments that are values, or lists of values, stand for tensors."""
        sample = self._checked(lambda: function(*(_each(item, _sample) for item in arguments)))
        nodes = tuple(_each(item, _node) for item in arguments)
        name = module_name(self.node.id).replace(".", "_")
        return _Value(self.network.create_node("call_function", function, nodes, {}, name), sample)

    def _checked(self, run: Callable[[], Tensor]) -> Tensor:
        try:
            with torch.no_grad():
                return run()
        except (IndexError, OverflowError, RuntimeError, ValueError) as error:
            raise self.error(str(error).splitlines()[0]) from error


def _sample(value: _Value) -> Tensor:
    return value.sample


def _node(value: _Value) -> fx.Node:
    return value.node


def _each(argument: object, part: Callable[[_Value], object]) -> Any:
    if isinstance(argument, _Value):
        return part(argument)
    if isinstance(argument, list):
        return [_each(item, part) for item in argument]
    return argument


def _attach(root: nn.Module, target: str, module: nn.Module) -> None:
    *path, name = target.split(".")
    parent = root
    for segment in path:
        if not hasattr(parent, segment):
            parent.add_module(segment, nn.Module())
        parent = parent.get_submodule(segment)
    parent.add_module(name, module)


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


# Operations ---------------------------------------------------------------------------------------


@singledispatch
def _emit(op: object, site: _Site) -> _Value:
    raise site.error("expected an operation that this worker knows")


@_emit.register
def _(op: schema.Conv2d, site: _Site) -> _Value:
    channels = site.only(3).shape[0]
    return site.module(
        lambda: nn.Conv2d(
            channels,
            op.channels,
            op.kernel,
            op.stride,
            op.padding,
            op.dilation,
            op.groups,
            op.bias,
        )
    )


@_emit.register
def _(op: schema.Linear, site: _Site) -> _Value:
    features = site.only(1).shape[0]
    return site.module(lambda: nn.Linear(features, op.features, op.bias))


@_emit.register
def _(op: schema.BatchNorm, site: _Site) -> _Value:
    shape = site.only().shape
    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return site.same(lambda: kind(shape[0], op.epsilon, op.momentum, op.affine))


_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "hard-swish": nn.Hardswish,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


@_emit.register
def _(op: schema.Activation, site: _Site) -> _Value:
    return site.same(_ACTIVATIONS[op.function])


@_emit.register
def _(op: schema.Pool2d, site: _Site) -> _Value:
    if op.mode == "avg":
        return site.module(
            lambda: nn.AvgPool2d(op.kernel, op.stride, op.padding, False, op.count_padding), rank=3
        )
    if op.count_padding:
        raise site.error("expected countPadding false for mode max, found true")
    return site.module(lambda: nn.MaxPool2d(op.kernel, op.stride, op.padding), rank=3)


@_emit.register
def _(op: schema.GlobalPool, site: _Site) -> _Value:
    reduce = torch.mean if op.mode == "avg" else torch.amax
    return site.call(reduce, site.only(3), (2, 3))  # (N, C, H, W) to (N, C)


@_emit.register
def _(_op: schema.Flatten, site: _Site) -> _Value:
    return site.call(torch.flatten, site.only(), 1)


@_emit.register
def _(_op: schema.Add, site: _Site) -> _Value:
    total, *rest = site.several()
    for value in rest:
        if value.shape != total.shape:  # torch would broadcast
            shapes = f"{list(total.shape)} and {list(value.shape)}"
            raise site.error(f"expected inputs of one shape, found {shapes}")
        total = site.call(operator.add, total, value)
    return total


@_emit.register
def _(_op: schema.Concat, site: _Site) -> _Value:
    return site.call(torch.cat, list(site.several()), 1)


@_emit.register
def _(_op: schema.Identity, site: _Site) -> _Value:
    return site.same(nn.Identity)


@_emit.register
def _(op: schema.Zero, site: _Site) -> _Value:
    return site.module(lambda: Zero(op.stride), rank=3)


@_emit.register
def _(op: schema.ChannelSlice, site: _Site) -> _Value:
    if op.start >= op.end:
        raise site.error(f"expected start below end, found {op.start} and {op.end}")
    return site.call(torch.narrow, site.only(), 1, op.start, op.end - op.start)


@_emit.register
def _(op: schema.ChannelPad, site: _Site) -> _Value:
    value = site.only()
    missing = op.channels - value.shape[0]
    if missing < 0:
        raise site.error(f"expected at most {op.channels} channels, found {list(value.shape)}")
    padding = [0, 0] * (len(value.shape) - 1) + [0, missing]  # last axis first
    return site.call(nn.functional.pad, value, padding)


@_emit.register
def _(op: schema.Pad2d, site: _Site) -> _Value:
    return site.module(lambda: nn.ZeroPad2d((op.left, op.right, op.top, op.bottom)), rank=3)


@_emit.register
def _(op: schema.Resize, site: _Site) -> _Value:
    corners = None if op.mode == "nearest" else False
    return site.module(lambda: nn.Upsample(op.size, None, op.mode, corners), rank=3)


@_emit.register
def _(op: schema.Dropout, site: _Site) -> _Value:
    return site.same(lambda: nn.Dropout(op.rate))


@_emit.register
def _(op: schema.DropPath, site: _Site) -> _Value:
    return site.same(lambda: DropPath(op.rate))


@_emit.register
def _(op: schema.Choice, site: _Site) -> _Value:
    if site.rows is None:
        raise site.error("needs gates, which train tasks do not carry; pick one candidate")
    first = (len(op.candidates), site.node.id)
    count, node = site.rows.setdefault(op.gate, first)
    if count != len(op.candidates):
        raise site.error(
            f'expected {count} candidates, as "{node}" has at the same gate {op.gate}, found'
            f" {len(op.candidates)}"
        )
    built = [_candidate(graph, index, site) for index, graph in enumerate(op.candidates)]
    shapes = [tuple(candidate.samples[0].shape[1:]) for candidate in built]
    if len(set(shapes)) > 1:
        found = ", ".join(str(list(shape)) for shape in shapes)
        raise site.error(f"expected candidates of one output shape, found {found}")
    module = Choice(
        op.gate,
        [candidate.module for candidate in built],
        gated=[candidate.gated for candidate in built],
        shape=shapes[0],
    )
    return site.choice(module, built[0].samples[0])


def _candidate(graph: schema.NetworkGraph, index: int, site: _Site) -> _Built:
    given = [value.shape for value in site.inputs]
    wanted = [tuple(item.shape) for item in graph.inputs]
    if given != wanted:
        given_words, wanted_words = ([list(shape) for shape in item] for item in (given, wanted))
        raise site.error(
            f"expected candidate {index} to take {given_words}, found it to take {wanted_words}"
        )
    if len(graph.outputs) != 1:
        raise site.error(f"expected candidate {index} to have 1 output, found {len(graph.outputs)}")
    try:
        return _built(graph, site.rows)
    except GraphError as error:
        raise site.error(f"candidate {index}: {error.message.removeprefix('Graph ')}") from error
