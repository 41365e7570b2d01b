"""What each operation of a network graph emits: a call of a module or of a function.

A new primitive takes one `emit` of its own here (and the three other places that
src/graph/README.md names). A choice is a call of one module, `choice.py`, which holds its
candidates as networks of their own; a recurrent cell is one within `layers.Recurrent`.

Comments give shapes with the batch axis, N.
"""

import operator
from collections.abc import Callable
from functools import singledispatch

import torch
from torch import nn

from archloom_worker import schema
from archloom_worker.choice import Choice
from archloom_worker.layers import (
    Attention,
    DropPath,
    PositionalEmbedding,
    Recurrent,
    Unpool2d,
    Zero,
)
from archloom_worker.site import SAMPLES, Built, GateRows, GraphError, Site, Value


@singledispatch
def emit(op: object, site: Site) -> Value:
    """Emits a node's operation at its site."""
    raise site.error("expected an operation that this worker knows")


@emit.register
def _(op: schema.Conv2d, site: Site) -> Value:
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


@emit.register
def _(op: schema.Linear, site: Site) -> Value:
    value = _vectors(site)
    return site.module(lambda: nn.Linear(value.features, op.features, op.bias))


@emit.register
def _(op: schema.BatchNorm, site: Site) -> Value:
    shape = site.only().shape
    if len(shape) == 2:
        raise site.error(f"expected no sequence, found {list(shape)}; use a layer-norm")
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


@emit.register
def _(op: schema.Activation, site: Site) -> Value:
    return site.same(_ACTIVATIONS[op.function])


@emit.register
def _(op: schema.Pool2d, site: Site) -> Value:
    if op.mode == "avg":
        return site.module(
            lambda: nn.AvgPool2d(op.kernel, op.stride, op.padding, False, op.count_padding), rank=3
        )
    if op.count_padding:
        raise site.error("expected countPadding false for mode max, found true")
    return site.module(lambda: nn.MaxPool2d(op.kernel, op.stride, op.padding), rank=3)


@emit.register
def _(op: schema.GlobalPool, site: Site) -> Value:
    reduce = torch.mean if op.mode == "avg" else torch.amax
    return site.call(reduce, site.only(3), (2, 3))  # (N, C, H, W) to (N, C)


@emit.register
def _(_op: schema.Flatten, site: Site) -> Value:
    return site.call(torch.flatten, site.only(), 1)


@emit.register
def _(_op: schema.Add, site: Site) -> Value:
    total, *rest = site.alike(site.several())
    for value in rest:
        total = site.call(operator.add, total, value)
    return total


@emit.register
def _(_op: schema.Multiply, site: Site) -> Value:
    product, *rest = site.alike(site.several())
    for value in rest:
        product = site.call(operator.mul, product, value)
    return product


@emit.register
def _(_op: schema.Blend, site: Site) -> Value:
    gate, first, second = site.three()
    return site.call(torch.lerp, second, first, gate)  # second + gate * (first - second)


@emit.register
def _(op: schema.Scale, site: Site) -> Value:
    return site.call(operator.mul, site.only(), op.factor)


@emit.register
def _(_op: schema.Concat, site: Site) -> Value:
    values = site.several()
    return site.call(torch.cat, list(values), values[0].feature_axis)


@emit.register
def _(_op: schema.Identity, site: Site) -> Value:
    return site.same(nn.Identity)


@emit.register
def _(op: schema.Zero, site: Site) -> Value:
    return site.module(lambda: Zero(op.stride), rank=3)


@emit.register
def _(op: schema.ChannelSlice, site: Site) -> Value:
    if op.start >= op.end:
        raise site.error(f"expected start below end, found {op.start} and {op.end}")
    value = site.only()
    return site.call(torch.narrow, value, value.feature_axis, op.start, op.end - op.start)


@emit.register
def _(op: schema.ChannelPad, site: Site) -> Value:
    value = site.only()
    missing = op.channels - value.features
    if missing < 0:
        raise site.error(f"expected at most {op.channels} channels, found {list(value.shape)}")
    padding = [0, 0] * (len(value.shape) - value.feature_axis) + [0, missing]  # last axis first
    return site.call(nn.functional.pad, value, padding)


@emit.register
def _(op: schema.Pad2d, site: Site) -> Value:
    return site.module(lambda: nn.ZeroPad2d((op.left, op.right, op.top, op.bottom)), rank=3)


@emit.register
def _(op: schema.Resize, site: Site) -> Value:
    corners = None if op.mode == "nearest" else False
    return site.module(lambda: nn.Upsample(op.size, None, op.mode, corners), rank=3)


@emit.register
def _(op: schema.Unpool2d, site: Site) -> Value:
    wanted = [-(-size // stride) for size, stride in zip(op.size, op.stride, strict=True)]
    shape = site.only(3).shape
    if list(shape[1:]) != wanted:  # torch would broadcast
        raise site.error(f"expected height and width {wanted}, found {list(shape)}")
    return site.module(lambda: Unpool2d(op.stride, op.size), rank=3)


@emit.register
def _(op: schema.Dropout, site: Site) -> Value:
    return site.same(lambda: nn.Dropout(op.rate))


@emit.register
def _(op: schema.DropPath, site: Site) -> Value:
    return site.same(lambda: DropPath(op.rate))


@emit.register
def _(op: schema.Embedding, site: Site) -> Value:
    return site.module(lambda: nn.Embedding(op.vocabulary, op.features), rank=1)


@emit.register
def _(op: schema.PositionalEmbedding, site: Site) -> Value:
    length, features = site.only(2).shape
    if length > op.length:
        raise site.error(f"expected at most {op.length} positions, found {length}")
    return site.same(lambda: PositionalEmbedding(op.length, features))


@emit.register
def _(op: schema.LayerNorm, site: Site) -> Value:
    value = _vectors(site)
    return site.same(lambda: nn.LayerNorm(value.features, op.epsilon))


@emit.register
def _(op: schema.Attention, site: Site) -> Value:
    queries = site.three()[0]
    if len(queries.shape) != 2 or queries.features % op.heads != 0:
        raise site.error(
            f"expected [length, features] with features a multiple of {op.heads} heads, found"
            f" {list(queries.shape)}"
        )
    return site.joining(lambda: Attention(op.heads, causal=op.causal), queries.sample)


@emit.register
def _(op: schema.Recurrent, site: Site) -> Value:
    length, *position = site.only().shape
    cell = _within(op.cell, "its cell", None, site)
    taken, *states = [tuple(item.shape) for item in op.cell.inputs]
    given = [tuple(sample.shape[1:]) for sample in cell.samples]
    if not position or taken != tuple(position):
        raise site.error(f"expected a cell for positions of {position}, found {list(taken)}")
    if not states or states != given or len(given[0]) > 2:
        raise site.error(
            f"expected a cell that gives states as it takes them, {list(map(list, states))}, the"
            f" first of at most 2 axes, found {list(map(list, given))}"
        )
    sample = torch.empty((SAMPLES, length, *given[0]), device="meta")
    return site.joining(lambda: Recurrent(cell.module, states), sample)


@emit.register
def _(op: schema.Choice, site: Site) -> Value:
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


def _candidate(graph: schema.NetworkGraph, index: int, site: Site) -> Built:
    given = [value.shape for value in site.inputs]
    wanted = [tuple(item.shape) for item in graph.inputs]
    if given != wanted:
        given_words, wanted_words = ([list(shape) for shape in item] for item in (given, wanted))
        raise site.error(
            f"expected candidate {index} to take {given_words}, found it to take {wanted_words}"
        )
    if len(graph.outputs) != 1:
        raise site.error(f"expected candidate {index} to have 1 output, found {len(graph.outputs)}")
    return _within(graph, f"candidate {index}", site.rows, site)


def _within(graph: schema.NetworkGraph, what: str, rows: GateRows | None, site: Site) -> Built:
    """Builds a graph that lies within the node."""
    if any(item.dtype == "tokens" for item in graph.inputs):
        raise site.error(f"expected {what} to take floats, found tokens; embed them before")
    try:
        return site.build(graph, rows)
    except GraphError as error:
        raise site.error(f"{what}: {error.message.removeprefix('Graph ')}") from error


def _vectors(site: Site) -> Value:
    """The one input, a vector or a sequence of vectors."""
    value = site.only()
    if len(value.shape) > 2:
        raise site.error(f"expected [features] or [length, features], found {list(value.shape)}")
    return value
