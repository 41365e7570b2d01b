"""Where an operation of a network graph is emitted: values, and calls of modules and functions.

`graph.py` walks a graph and makes a site a node; `operations.py` says what each operation emits
there. Comments give shapes with the batch axis, N.
"""

import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call

from archloom_worker import schema
from archloom_worker.choice import Choice
from archloom_worker.errors import InvalidTask


class GraphError(InvalidTask):
    """The graph cannot be built; the message names the node."""

    def __init__(self, node: str, problem: str) -> None:
        super().__init__(f'Graph node "{node}": {problem}')
        self.node = node


def module_name(node_id: str) -> str:
    """The dotted module path of a node: its id, save for segments that no module may be called.

    A segment that is a Python keyword or an attribute of every module gets an underscore, as has
    one that would then collide with it: `cell.in` becomes `cell.in_`, and `cell.in_` `cell.in__`.
    """
    segments = node_id.split(".")
    return ".".join(f"{s}_" if s.rstrip("_") in _RESERVED else s for s in segments)


_RESERVED = frozenset(
    name.rstrip("_") for name in (*keyword.kwlist, *dir(fx.GraphModule), "self", "training")
)
SAMPLES = 2
"""Samples of a value without memory: a batch of one would hide a mistaken batch axis."""


@dataclass(frozen=True)
class Value:
    """A reference: its node in the generated code, and a tensor without memory of its shape."""

    node: fx.Node
    sample: Tensor
    is_tokens: bool = False
    """Whole numbers, which an embedding takes and nothing else."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch axis."""
        return tuple(self.sample.shape[1:])

    @property
    def feature_axis(self) -> int:
        """Of the sample: last in a sequence (N, T, F), next to the batch in all else."""
        return 2 if len(self.shape) == 2 else 1

    @property
    def features(self) -> int:
        """Channels of an image, features of a vector or of each position of a sequence."""
        return self.sample.shape[self.feature_axis]


@dataclass(frozen=True)
class Built:
    """A network, and what comes out of it."""

    module: fx.GraphModule
    samples: Sequence[Tensor]
    """Outputs without memory."""
    gated: bool
    """Whether it takes gates as its last argument."""


GateRows = dict[int, tuple[int, str]]
"""Candidates of the gate rows met so far, and the node of the first choice of each."""


@dataclass(frozen=True)
class Site:
    """The place where one node's operation is emitted."""

    node: schema.GraphNode
    inputs: Sequence[Value]
    network: fx.Graph
    root: nn.Module
    build: Callable[[schema.NetworkGraph, GateRows | None], Built]
    """Builds a graph within the node."""
    gates: fx.Node | None
    rows: GateRows | None

    def error(self, problem: str) -> GraphError:
        """The error of this node."""
        kind = type(self.node.op).__struct_config__.tag
        return GraphError(self.node.id, f"{kind}: {problem}")

    def only(self, rank: int | None = None) -> Value:
        """The node's one input, of this rank without the batch axis."""
        if len(self.inputs) != 1:
            raise self.error(f"expected 1 input, found {len(self.inputs)}")
        value = self.inputs[0]
        if rank is not None and len(value.shape) != rank:
            raise self.error(f"expected an input of rank {rank}, found {list(value.shape)}")
        return value

    def several(self) -> Sequence[Value]:
        """The node's inputs, two or more."""
        if len(self.inputs) < 2:
            raise self.error(f"expected at least 2 inputs, found {len(self.inputs)}")
        return self.inputs

    def three(self) -> Sequence[Value]:
        """The node's three inputs, of one shape."""
        if len(self.inputs) != 3:
            raise self.error(f"expected 3 inputs, found {len(self.inputs)}")
        return self.alike(self.inputs)

    def alike(self, values: Sequence[Value]) -> Sequence[Value]:
        """The values, if they are of one shape: torch would broadcast others."""
        first = values[0]
        for value in values[1:]:
            if value.shape != first.shape:
                shapes = f"{list(first.shape)} and {list(value.shape)}"
                raise self.error(f"expected inputs of one shape, found {shapes}")
        return values

    def module(self, make: Callable[[], nn.Module], rank: int | None = None) -> Value:
        """Calls a module on the node's one input; its output's shape is found without memory."""
        value = self.only(rank)
        module = self._made(make)
        weights = {name: parameter.to("meta") for name, parameter in module.named_parameters()}
        sample = self._checked(lambda: functional_call(module, weights, (value.sample,)))
        return self._attached(module, sample, value.node)

    def same(self, make: Callable[[], nn.Module]) -> Value:
        """Calls a module that keeps its input's shape, whatever it is."""
        value = self.only()
        return self._attached(self._made(make), value.sample, value.node)

    def joining(self, make: Callable[[], nn.Module], sample: Tensor) -> Value:
        """Calls a module on all inputs; its output is like the sample."""
        return self._attached(self._made(make), sample, *(value.node for value in self.inputs))

    def choice(self, module: Choice, sample: Tensor) -> Value:
        """Calls a choice on all inputs and the gates."""
        return self._attached(module, sample, *(value.node for value in self.inputs), self.gates)

    def _attached(self, module: nn.Module, sample: Tensor, *arguments: fx.Node | None) -> Value:
        target = module_name(self.node.id)
        _attach(self.root, target, module)
        name = target.replace(".", "_")
        node = self.network.create_node("call_module", target, arguments, {}, name)
        return Value(node, sample)

    def _made(self, make: Callable[[], nn.Module]) -> nn.Module:
        try:
            return make()
        except ValueError as error:  # anything else, such as no memory, is not the graph's fault
            raise self.error(str(error).splitlines()[0]) from error

    def call(self, function: Callable[..., Tensor], *arguments: object) -> Value:
        """Calls a function; arguments that are values, or lists of values, stand for tensors."""
        sample = self._checked(lambda: function(*(_each(item, _sample) for item in arguments)))
        nodes = tuple(_each(item, _node) for item in arguments)
        name = module_name(self.node.id).replace(".", "_")
        return Value(self.network.create_node("call_function", function, nodes, {}, name), sample)

    def _checked(self, run: Callable[[], Tensor]) -> Tensor:
        try:
            with torch.no_grad():
                return run()
        except (IndexError, OverflowError, RuntimeError, ValueError) as error:
            raise self.error(str(error).splitlines()[0]) from error


def _sample(value: Value) -> Tensor:
    return value.sample


def _node(value: Value) -> fx.Node:
    return value.node


def _each(argument: object, part: Callable[[Value], object]) -> Any:
    if isinstance(argument, Value):
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
