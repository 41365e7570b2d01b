"""Choices: what is computed, what is learned, and what the gates themselves receive."""

import copy
import json
from itertools import product
from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor, fx, nn

from archloom_worker import schema
from archloom_worker.choice import Gates, gate_shape
from archloom_worker.errors import InvalidTask
from archloom_worker.graph import GraphError, build_network, build_supernet
from archloom_worker.measure import describe_network

SHAPE = (4, 6, 6)
Json = dict[str, object]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def conv(kernel: int = 3) -> Json:
    pad = kernel // 2
    return {
        "kind": "conv2d",
        "channels": 4,
        "kernel": [kernel, kernel],
        "stride": [1, 1],
        "padding": [pad, pad],
        "dilation": [1, 1],
        "groups": 1,
        "bias": False,
    }


NORM: Json = {"kind": "batch-norm", "affine": True, "epsilon": 1e-5, "momentum": 0.1}
TANH: Json = {"kind": "activation", "function": "tanh"}
HEAD: Json = {"kind": "linear", "features": 3, "bias": True}
POOL: Json = {"kind": "global-pool", "mode": "avg"}


def graph(nodes: list[tuple[str, Json, list[str]]], output: str, inputs: int = 1) -> Json:
    """A graph whose inputs are x0, x1, … of one shape."""
    return {
        "version": 1,
        "inputs": [{"id": f"x{i}", "shape": list(SHAPE)} for i in range(inputs)],
        "nodes": [{"id": i, "op": op, "inputs": refs} for i, op, refs in nodes],
        "outputs": [output],
    }


def choice(gate: int, *candidates: Json) -> Json:
    return {"kind": "choice", "gate": gate, "candidates": list(candidates)}


def decoded(value: Json) -> schema.NetworkGraph:
    return msgspec.convert(value, schema.NetworkGraph)


# What a choice offers, and the same as nodes of a plain network.
WIRE = graph([], "x0")
CONV = graph([("conv", conv(), ["x0"]), ("norm", NORM, ["conv"])], "norm")
BEND = graph([("act", TANH, ["x0"]), ("conv", conv(1), ["act"])], "conv")
CANDIDATES = (WIRE, CONV, BEND)


def cell() -> Json:
    """Two choices in a row and a third that shares the first one's gates, then a head."""
    return graph(
        [
            ("first", choice(0, *CANDIDATES), ["x0"]),
            ("second", choice(1, *CANDIDATES), ["first"]),
            ("third", choice(0, *CANDIDATES), ["second"]),
            ("pool", POOL, ["third"]),
            ("head", HEAD, ["pool"]),
        ],
        "head",
    )


def plain_cell(*rows: list[int]) -> Json:
    """The cell under gates of 0 and 1, with the names that the supernet's parameters have."""
    nodes: list[tuple[str, Json, list[str]]] = []
    wire = "x0"
    for place, row in zip(("first", "second", "third"), (rows[0], rows[1], rows[0]), strict=True):
        terms: list[str] = []
        for index, candidate in enumerate(CANDIDATES):
            if not row[index]:
                continue
            names = {"x0": wire}
            for node in candidate["nodes"]:  # type: ignore[attr-defined]
                names[node["id"]] = f"{place}.c{index}.{node['id']}"
                refs = [names[ref] for ref in node["inputs"]]
                nodes.append((names[node["id"]], node["op"], refs))
            terms.append(names[candidate["outputs"][0]])  # type: ignore[index]
        wire = terms[0]
        if len(terms) > 1:
            nodes.append((f"{place}.sum", {"kind": "add"}, terms))
            wire = f"{place}.sum"
    nodes += [("pool", POOL, [wire]), ("head", HEAD, ["pool"])]
    return graph(nodes, "head")


def with_weights(network: nn.Module, source: nn.Module) -> nn.Module:
    """The network, with what it has in common with another."""
    weights = source.state_dict()
    network.load_state_dict({name: weights[name].clone() for name in network.state_dict()})
    return network


def images(count: int = 5) -> Tensor:
    return torch.randn(count, *SHAPE)


def calls(network: nn.Module) -> dict[str, int]:
    """Counts how often the modules without children are called, from now on."""
    found: dict[str, int] = {}

    def count(name: str) -> None:
        found[name] = found.get(name, 0) + 1

    for name, module in network.named_modules():
        if not any(True for _ in module.children()):
            module.register_forward_hook(lambda *_, name=name: count(name))  # type: ignore[misc]
    return found


SELECTIONS = [row for row in product([0, 1], repeat=3) if any(row)]


@pytest.mark.parametrize("second", SELECTIONS)
@pytest.mark.parametrize("first", SELECTIONS)
def test_gates_of_ones_and_zeros_give_the_plain_network_bit_for_bit(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    torch.manual_seed(5)
    supernet = build_supernet(decoded(cell()))
    plain = with_weights(build_network(decoded(plain_cell(list(first), list(second)))), supernet)
    gates = Gates(torch.tensor([first, second], dtype=torch.float32))
    batch = images()
    for _ in range(2):  # running statistics move alike
        expected = plain(batch)
        found = supernet(batch, gates)
        assert torch.equal(found, expected)
    expected.square().sum().backward()
    found.square().sum().backward()
    gradients = {name: p.grad for name, p in plain.named_parameters()}
    for name, parameter in supernet.named_parameters():
        if name in gradients:
            assert torch.equal(parameter.grad, gradients[name])  # type: ignore[arg-type]
        else:
            assert parameter.grad is None
    supernet.eval()
    assert torch.equal(supernet(batch, gates), plain.eval()(batch))


def test_computes_nothing_of_a_candidate_whose_gate_is_zero() -> None:
    supernet = build_supernet(decoded(cell()))
    found = calls(supernet)
    supernet(images(), Gates(torch.tensor([[0.0, 0.7, 0.0], [0.0, 0.0, -0.2]])))
    assert found == {
        "first.c1.conv": 1,
        "first.c1.norm": 1,
        "second.c2.act": 1,
        "second.c2.conv": 1,
        "third.c1.conv": 1,
        "third.c1.norm": 1,
        "head": 1,
    }
    statistics = dict(supernet.named_buffers())
    assert int(statistics["first.c1.norm.num_batches_tracked"]) == 1
    assert int(statistics["second.c1.norm.num_batches_tracked"]) == 0


def test_weighs_candidates_by_real_gates() -> None:
    supernet = build_supernet(decoded(graph([("op", choice(0, WIRE, BEND), ["x0"])], "op")))
    batch = images()
    bent = supernet.get_submodule("op.c1")(batch)
    found = supernet(batch, Gates(torch.tensor([[0.25, -1.5]])))
    torch.testing.assert_close(found, 0.25 * batch - 1.5 * bent)
    assert torch.equal(supernet(batch), batch + bent), "ones without gates"
    padded = Gates(torch.tensor([[1.0, 1.0, float("nan")]]))
    assert torch.equal(supernet(batch, padded), batch + bent), "columns past the candidates"


def test_an_empty_row_gives_zeros_of_the_right_shape_and_kind() -> None:
    supernet = build_supernet(decoded(graph([("op", choice(0, CONV), ["x0"])], "op")))
    found = supernet(images(2).double(), Gates(torch.zeros(1, 1)))
    assert torch.equal(found, torch.zeros(2, *SHAPE, dtype=torch.float64))


def test_gradients_of_gates_are_finite_differences() -> None:
    torch.manual_seed(3)
    supernet = build_supernet(decoded(cell())).double()
    batch, labels = images().double(), torch.tensor([0, 1, 2, 0, 1])

    def loss(values: Tensor) -> Tensor:
        network = copy.deepcopy(supernet)  # batch statistics, but running ones that move
        return nn.functional.cross_entropy(network(batch, Gates(values)), labels)

    values = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)
    loss(values).backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    step = 1e-6
    for row, column in product(range(2), range(3)):
        moved = torch.zeros(2, 3, dtype=torch.float64)
        moved[row, column] = step
        with torch.no_grad():
            slope = (loss(values + moved) - loss(values - moved)) / (2 * step)
        assert float(values.grad[row, column]) == pytest.approx(float(slope), rel=1e-5, abs=1e-9)


def test_a_gate_of_zero_gets_no_gradient_and_the_others_theirs() -> None:
    supernet = build_supernet(decoded(cell()))
    values = torch.tensor([[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]], requires_grad=True)
    supernet(images(), Gates(values)).square().sum().backward()
    assert values.grad is not None
    assert (values.grad != 0).tolist() == [[True, False, True], [True, False, False]]


def test_weights_have_the_gradient_of_the_weighted_sum() -> None:
    supernet = build_supernet(decoded(graph([("op", choice(0, WIRE, BEND), ["x0"])], "op")))
    weight = supernet.get_parameter("op.c1.conv.weight")
    batch = images()
    (full,) = torch.autograd.grad(supernet(batch).sum(), weight)
    (part,) = torch.autograd.grad(supernet(batch, Gates(torch.tensor([[1.0, 0.5]]))).sum(), weight)
    torch.testing.assert_close(part, 0.5 * full)


def nested() -> Json:
    inner = graph([("pick", choice(1, WIRE, BEND), ["x0"]), ("norm", NORM, ["pick"])], "norm")
    return graph([("outer", choice(0, WIRE, inner), ["x0"])], "outer")


def test_choices_within_candidates_take_the_same_gates() -> None:
    supernet = build_supernet(decoded(nested()))
    found = calls(supernet)
    batch = images()
    assert torch.equal(supernet(batch, Gates(torch.tensor([[1.0, 0.0], [1.0, 1.0]]))), batch)
    assert found == {"outer.c0": 1}
    found.clear()
    supernet(batch, Gates(torch.tensor([[0.0, 1.0], [0.0, 1.0]])))
    assert set(found) == {
        "outer.c1.pick.c1.act",
        "outer.c1.pick.c1.conv",
        "outer.c1.norm",
    }
    assert gate_shape(supernet) == (2, 2)
    assert [name for name, _ in supernet.named_parameters()] == [
        "outer.c1.pick.c1.conv.weight",
        "outer.c1.norm.weight",
        "outer.c1.norm.bias",
    ]


def test_candidates_take_all_inputs_of_their_choice() -> None:
    second = graph([], "x1", inputs=2)
    both = graph([("sum", {"kind": "add"}, ["x0", "x1"])], "sum", inputs=2)
    supernet = build_supernet(
        decoded(graph([("op", choice(0, second, both), ["x0", "x1"])], "op", inputs=2))
    )
    a, b = images(), images()
    assert torch.equal(supernet(a, b, Gates(torch.tensor([[1.0, 0.0]]))), b)
    assert torch.equal(supernet(a, b, Gates(torch.tensor([[0.0, 1.0]]))), a + b)


def test_initial_weights_are_drawn_in_the_order_of_candidates() -> None:
    torch.manual_seed(11)
    supernet = build_supernet(decoded(cell()))
    torch.manual_seed(11)
    for place in ("first", "second", "third"):
        for name, kernel in ((f"{place}.c1.conv", 3), (f"{place}.c2.conv", 1)):
            module = nn.Conv2d(4, 4, kernel, padding=kernel // 2, bias=False)
            assert torch.equal(supernet.get_submodule(name).get_parameter("weight"), module.weight)


def test_is_straight_line_code_with_a_call_of_each_choice() -> None:
    found = describe_network(decoded(cell()))
    assert found.code.startswith("def forward(self, x0, gates = None):\n")
    assert "self.second(first, gates)" in found.code
    supernet = build_supernet(decoded(cell())).eval()
    batch, gates = images(), Gates(torch.tensor([[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]]))
    compiled = torch.compile(supernet, backend="eager")
    torch.testing.assert_close(compiled(batch, gates), supernet(batch, gates))
    assert torch.equal(copy.deepcopy(supernet)(batch, gates), supernet(batch, gates))


def test_describes_all_candidates_together() -> None:
    found = describe_network(decoded(cell()))
    candidate = 4 * 4 * 9 + 8 + 4 * 4
    assert found.parameter_count == 3 * candidate + 4 * 3 + 3
    assert found.multiply_adds == 3 * (4 * 4 * 9 + 4 * 4) * 36 + 12
    assert found.output_shapes == ((3,),)


def test_a_graph_without_choices_takes_no_gates() -> None:
    supernet = build_supernet(decoded(CONV))
    assert isinstance(supernet, fx.GraphModule)
    assert gate_shape(supernet) == ()
    assert "gates" not in supernet.code


def test_training_refuses_choices_by_name() -> None:
    with pytest.raises(GraphError, match=r'^Graph node "first": choice: needs gates'):
        build_network(decoded(cell()))


def test_names_the_place_within_a_candidate() -> None:
    broken = graph([("deep", HEAD, ["x0"])], "deep")
    with pytest.raises(
        GraphError, match=r'^Graph node "op": choice: candidate 1: node "deep": linear: expected'
    ):
        build_supernet(decoded(graph([("op", choice(0, WIRE, broken), ["x0"])], "op")))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (torch.ones(1, 3), "expected a row 1 of at least 3 gates"),
        (torch.ones(2, 2), "expected a row 0 of at least 3 gates"),
    ],
)
def test_refuses_gates_that_do_not_fit(values: Tensor, text: str) -> None:
    supernet = build_supernet(decoded(cell()))
    with pytest.raises(InvalidTask, match=text):
        supernet(images(), Gates(values))
    with pytest.raises(InvalidTask, match="expected a row a decision"):
        Gates(torch.ones(3))


def test_vectors_share_gates_as_they_say() -> None:
    vectors = Path(__file__).parents[2] / "test" / "vectors" / "graph" / "choice.json"
    cases = json.loads(vectors.read_text(encoding="utf-8"))
    shared = next(case for case in cases if case["name"] == "shares a gate")
    supernet = build_supernet(decoded(shared["graph"]))
    batch = torch.randn(2, 4, 8, 6)
    assert gate_shape(supernet) == (2,)
    assert torch.equal(supernet(batch, Gates(torch.tensor([[1.0, 0.0]]))), batch)
    # Identity, then zeros.
    both = supernet(batch, Gates(torch.tensor([[0.0, 1.0]])))
    assert torch.equal(both, torch.zeros_like(batch))
