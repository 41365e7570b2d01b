"""Operations on sequences against plain PyTorch: what they compute, and how they are counted."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor, nn

from archloom_worker import schema
from archloom_worker.data.store import LabelledSamples, Splits
from archloom_worker.errors import InvalidTask
from archloom_worker.fit import count_fitting, verify_input
from archloom_worker.graph import build_network
from archloom_worker.layers import Attention, PositionalEmbedding, Recurrent
from archloom_worker.measure import describe_network
from tests.training_support import STORE, digits

LENGTH, FEATURES, VOCABULARY = 7, 8, 11


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(5)


def graph_of(inputs: dict[str, list[int]], *nodes: Any, tokens: bool = False) -> dict[str, Any]:
    kind = {"dtype": "tokens"} if tokens else {}
    return {
        "version": 1,
        "inputs": [{"id": name, "shape": shape, **kind} for name, shape in inputs.items()],
        "nodes": [{"id": name, "op": op, "inputs": refs} for name, op, refs in nodes],
        "outputs": [nodes[-1][0]],
    }


def built(graph: dict[str, Any]) -> nn.Module:
    return build_network(msgspec.convert(graph, schema.NetworkGraph)).eval()


def linear(features: int, bias: bool = True) -> dict[str, Any]:
    return {"kind": "linear", "features": features, "bias": bias}


SEQUENCE = {"x": [LENGTH, FEATURES]}
CELL = graph_of(
    {"x": [FEATURES], "h": [5]},
    ("of_x", linear(5), ["x"]),
    ("of_h", linear(5), ["h"]),
    ("sum", {"kind": "add"}, ["of_x", "of_h"]),
    ("state", {"kind": "activation", "function": "tanh"}, ["sum"]),
)


def test_a_recurrent_cell_computes_what_pytorchs_rnn_computes() -> None:
    network = built(graph_of(SEQUENCE, ("rnn", {"kind": "recurrent", "cell": CELL}, ["x"])))
    mine = dict(network.named_parameters())
    assert list(mine) == [
        f"rnn.cell.of_{name}.{part}" for name in "xh" for part in ("weight", "bias")
    ]
    theirs = nn.RNN(FEATURES, 5, batch_first=True)
    for kind, name in (("ih", "x"), ("hh", "h")):
        for part in ("weight", "bias"):
            getattr(theirs, f"{part}_{kind}_l0").data = mine[f"rnn.cell.of_{name}.{part}"].data
    x = torch.randn(3, LENGTH, FEATURES, requires_grad=True)
    expected, _ = theirs(x)
    actual = network(x)
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=1e-5)
    weights = torch.randn_like(actual)
    gradients = [torch.autograd.grad((y * weights).sum(), x)[0] for y in (actual, expected)]
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-5)


def test_a_cell_of_two_states_gives_the_first_after_each_position() -> None:
    # h' = h + c, c' = x: what comes out at t is the sum of all positions before it.
    cell = {
        **graph_of(
            {"x": [4], "h": [4], "c": [4]},
            ("next", {"kind": "add"}, ["h", "c"]),
            ("carry", {"kind": "identity"}, ["x"]),
        ),
        "outputs": ["next", "carry"],
    }
    network = built(graph_of({"x": [6, 4]}, ("sum", {"kind": "recurrent", "cell": cell}, ["x"])))
    x = torch.randn(2, 6, 4)
    torch.testing.assert_close(network(x)[:, 1:], x.cumsum(1)[:, :-1])
    assert network(x)[:, 0].abs().max() == 0


def plain_attention(q: Tensor, k: Tensor, v: Tensor, heads: int, causal: bool) -> Tensor:
    mixed = []
    for part in range(heads):
        chosen = slice(part * FEATURES // heads, (part + 1) * FEATURES // heads)
        scores = q[..., chosen] @ k[..., chosen].transpose(1, 2) * (heads / FEATURES) ** 0.5
        if causal:
            hidden = torch.ones(LENGTH, LENGTH).triu(1).bool()
            scores = scores.masked_fill(hidden, -torch.inf)
        mixed.append(scores.softmax(-1) @ v[..., chosen])
    return torch.cat(mixed, -1)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("heads", [1, 2, 8])
def test_attention_is_a_softmax_of_scaled_products(heads: int, causal: bool) -> None:
    op = {"kind": "attention", "heads": heads, "causal": causal}
    shape = [LENGTH, FEATURES]
    network = built(graph_of({"q": shape, "k": shape, "v": shape}, ("mix", op, ["q", "k", "v"])))
    q, k, v = torch.randn(3, 2, LENGTH, FEATURES)
    expected = plain_attention(q, k, v, heads, causal)
    torch.testing.assert_close(network(q, k, v), expected, atol=1e-6, rtol=1e-5)


def test_blend_multiply_and_scale() -> None:
    shape = {name: [4] for name in "gxy"}
    g, x, y = torch.randn(3, 2, 4)
    blend = built(graph_of(shape, ("blend", {"kind": "blend"}, ["g", "x", "y"])))
    torch.testing.assert_close(blend(g, x, y), g * x + (1 - g) * y)
    multiply = built(graph_of(shape, ("product", {"kind": "multiply"}, ["g", "x", "y"])))
    torch.testing.assert_close(multiply(g, x, y), g * x * y)
    scale = built(graph_of({"x": [4]}, ("part", {"kind": "scale", "factor": 0.25}, ["x"])))
    assert torch.equal(scale(x), x / 4)


def test_positions_have_vectors_of_their_own() -> None:
    op = {"kind": "positional-embedding", "length": LENGTH + 3}
    network = built(graph_of(SEQUENCE, ("place", op, ["x"])))
    weight = network.get_parameter("place.weight")
    assert weight.shape == (LENGTH + 3, FEATURES)
    x = torch.randn(2, LENGTH, FEATURES)
    assert torch.equal(network(x), x + weight[:LENGTH])


def test_features_stand_last_in_a_sequence() -> None:
    x, y = torch.randn(2, 2, LENGTH, FEATURES)
    join = built(
        graph_of({**SEQUENCE, "y": [LENGTH, FEATURES]}, ("a", {"kind": "concat"}, ["x", "y"]))
    )
    assert torch.equal(join(x, y), torch.cat([x, y], 2))
    cut = {"kind": "channel-slice", "start": 2, "end": 5}
    assert torch.equal(built(graph_of(SEQUENCE, ("a", cut, ["x"])))(x), x[:, :, 2:5])
    pad = built(graph_of(SEQUENCE, ("a", {"kind": "channel-pad", "channels": 10}, ["x"])))
    assert torch.equal(pad(x), torch.cat([x, torch.zeros(2, LENGTH, 2)], 2))
    norm = built(graph_of(SEQUENCE, ("a", {"kind": "layer-norm", "epsilon": 1e-5}, ["x"])))
    expected = (x - x.mean(2, keepdim=True)) / (x.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(norm(x), expected)


LANGUAGE_MODEL = graph_of(
    {"text": [64]},
    ("vector", {"kind": "embedding", "vocabulary": VOCABULARY, "features": FEATURES}, ["text"]),
    ("rnn", {"kind": "recurrent", "cell": CELL}, ["vector"]),
    ("wide", linear(FEATURES, False), ["rnn"]),
    ("mix", {"kind": "attention", "heads": 2, "causal": True}, ["wide", "wide", "wide"]),
    ("classify", linear(VOCABULARY), ["mix"]),
    tokens=True,
)


def text_splits() -> Splits:
    """Splits of a text, of which only the form matters here."""
    tokens = torch.randint(VOCABULARY, (4, 65))
    part = LabelledSamples(tokens[:, :-1], tokens[:, 1:])
    return replace(
        STORE.load(digits()),
        kind="tokens",
        train=part,
        validation=part,
        test=part,
        input_shape=(64,),
        class_count=VOCABULARY,
    )


def test_a_language_model_sees_what_came_before_alone() -> None:
    network = built(LANGUAGE_MODEL)
    text = torch.randint(VOCABULARY, (2, 64))
    other = text.clone()
    other[:, 40:] = (other[:, 40:] + 1) % VOCABULARY
    before, after = network(text), network(other)
    torch.testing.assert_close(after[:, :40], before[:, :40])
    assert not torch.allclose(after[:, 40:], before[:, 40:])


def test_a_training_counts_what_describe_counts() -> None:
    graph = msgspec.convert(LANGUAGE_MODEL, schema.NetworkGraph)
    splits = text_splits()
    verify_input(graph, splits)
    counts = count_fitting(build_network(graph), splits)
    description = describe_network(graph)
    assert counts.parameter_count == description.parameter_count
    assert counts.multiply_adds == description.multiply_adds
    # cell, then 5 to 8, attention over 64 x 64 pairs, 8 to 11
    assert counts.multiply_adds == 64 * (13 * 5 + 40 + 88) + 2 * 64 * 64 * 8


def test_an_output_that_is_no_value_for_each_class_of_each_token_is_refused() -> None:
    nodes = [*LANGUAGE_MODEL["nodes"]]
    graph = msgspec.convert(
        {**LANGUAGE_MODEL, "nodes": nodes[:-1], "outputs": ["mix"]}, schema.NetworkGraph
    )
    with pytest.raises(
        InvalidTask, match=r"outputs of shape \[64, 8\], expected one of \[64, 11\]"
    ):
        count_fitting(build_network(graph), text_splits())


def test_layers_print_their_settings() -> None:
    assert repr(Attention(4, causal=True)) == "Attention(heads=4, causal=True)"
    assert repr(PositionalEmbedding(3, 2)) == "PositionalEmbedding(3, 2)"
    assert "cell" in repr(Recurrent(nn.Identity(), [(3,)]))
