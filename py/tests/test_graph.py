"""The interpreter of network graphs."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch

from archloom_worker import schema
from archloom_worker.errors import InvalidTask
from archloom_worker.graph import GraphError, build_network, build_supernet, module_name
from archloom_worker.layers import DropPath, Zero
from archloom_worker.measure import describe_network

VECTORS = Path(__file__).parents[2] / "test" / "vectors" / "graph"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted(VECTORS.glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
IMAGE = {"id": "image", "shape": [3, 8, 8]}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def graph_of(
    *nodes: tuple[str, dict[str, object], list[str]], outputs: list[str] | None = None
) -> schema.NetworkGraph:
    """A graph over one image, from its nodes' ids, operations and inputs."""
    listed = [{"id": i, "op": op, "inputs": inputs} for i, op, inputs in nodes]
    return msgspec.convert(
        {"version": 1, "inputs": [IMAGE], "nodes": listed, "outputs": outputs or [nodes[-1][0]]},
        schema.NetworkGraph,
    )


def conv(channels: int, **settings: object) -> dict[str, object]:
    return {
        "kind": "conv2d",
        "channels": channels,
        "kernel": [3, 3],
        "stride": [1, 1],
        "padding": [1, 1],
        "dilation": [1, 1],
        "groups": 1,
        "bias": False,
        **settings,
    }


NORM: dict[str, object] = {"kind": "batch-norm", "affine": True, "epsilon": 0.001, "momentum": 0.25}
RELU: dict[str, object] = {"kind": "activation", "function": "relu"}


def small() -> schema.NetworkGraph:
    return graph_of(
        ("stem.conv", conv(8), ["image"]),
        ("stem.norm", NORM, ["stem.conv"]),
        ("cell.0.relu", RELU, ["stem.norm"]),
        ("cell.0.conv", conv(8, groups=4, bias=True), ["cell.0.relu"]),
        ("cell.sum", {"kind": "add"}, ["cell.0.conv", "stem.norm", "cell.0.relu"]),
        ("head.pool", {"kind": "global-pool", "mode": "avg"}, ["cell.sum"]),
        ("head.linear", {"kind": "linear", "features": 5, "bias": True}, ["head.pool"]),
    )


@pytest.mark.parametrize("case", CASES)
def test_vector(case: dict[str, object]) -> None:
    if "error" in case:
        with pytest.raises((GraphError, msgspec.ValidationError)):
            build_supernet(msgspec.convert(case["graph"], schema.NetworkGraph))
        return
    graph = msgspec.convert(case["graph"], schema.NetworkGraph)
    if case.get("worker") == "gates":
        with pytest.raises(GraphError, match="needs gates, which train tasks do not carry"):
            build_network(graph)
    found = describe_network(graph)
    assert [list(shape) for shape in found.output_shapes] == case["outputShapes"]
    assert found.parameter_count == case["parameterCount"]
    assert found.multiply_adds == case["multiplyAdds"]


def test_vectors_run_on_real_tensors_as_they_are_described() -> None:
    for param in CASES:
        case = param.values[0]
        if "error" in case:
            continue
        graph = msgspec.convert(case["graph"], schema.NetworkGraph)
        samples = [
            torch.zeros(2, *item.shape, dtype=torch.int64)
            if item.dtype == "tokens"
            else torch.randn(2, *item.shape)
            for item in graph.inputs
        ]
        outputs = build_supernet(graph).eval()(*samples)
        outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
        assert [list(output.shape[1:]) for output in outputs] == case["outputShapes"]


def test_computes_what_plain_pytorch_computes() -> None:
    torch.manual_seed(3)
    network = build_network(small())
    torch.manual_seed(3)
    first = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
    norm = torch.nn.BatchNorm2d(8, eps=0.001, momentum=0.25)
    second = torch.nn.Conv2d(8, 8, 3, padding=1, groups=4)
    linear = torch.nn.Linear(8, 5)
    image = torch.randn(4, 3, 8, 8)
    for _ in range(2):  # running statistics move the same way too
        x = norm(first(image))
        y = torch.relu(x)
        expected = linear((second(y) + x + y).mean((2, 3)))
        assert torch.equal(network(image), expected)
    network.eval()
    norm.eval()
    x = norm(first(image))
    y = torch.relu(x)
    assert torch.equal(network(image), linear((second(y) + x + y).mean((2, 3))))


def test_names_parameters_after_nodes_in_node_order() -> None:
    assert [name for name, _ in build_network(small()).named_parameters()] == [
        "stem.conv.weight",
        "stem.norm.weight",
        "stem.norm.bias",
        "cell.0.conv.weight",
        "cell.0.conv.bias",
        "head.linear.weight",
        "head.linear.bias",
    ]


def test_draws_initial_weights_in_node_order_and_nothing_else() -> None:
    interleaved = graph_of(
        ("a.x", conv(4), ["image"]),
        ("b.x", conv(4), ["image"]),
        ("a.y", conv(4), ["image"]),
        ("join", {"kind": "concat"}, ["a.x", "b.x", "a.y"]),
    )
    torch.manual_seed(11)
    parameters = dict(build_network(interleaved).named_parameters())
    torch.manual_seed(11)
    for name in ("a.x", "b.x", "a.y"):
        weight = torch.nn.Conv2d(3, 4, 3, bias=False).weight
        assert torch.equal(parameters[f"{name}.weight"], weight)


def test_prints_as_straight_line_source() -> None:
    code = describe_network(small()).code
    assert code.startswith("def forward(self, image):\n")
    assert "stem_conv = self.stem.conv(image)" in code
    assert "torch.mean(" in code
    assert code.endswith("return head_linear\n")


def test_compiles_without_a_graph_break() -> None:
    network = build_network(small()).eval()
    image = torch.randn(2, 3, 8, 8)
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    assert torch.equal(compiled(image), network(image))


def test_allocates_nothing_on_the_meta_device() -> None:
    with torch.device("meta"):
        network = build_network(small())
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}


def test_takes_segments_that_python_reserves() -> None:
    graph = graph_of(
        ("in.train", conv(4), ["image"]),
        ("in.train_", conv(4), ["in.train"]),
        ("graph.class", conv(4), ["in.train_"]),
        ("forward", RELU, ["graph.class"]),
    )
    network = build_network(graph)
    assert [name for name, _ in network.named_parameters()] == [
        "in_.train_.weight",
        "in_.train__.weight",
        "graph_.class_.weight",
    ]
    assert network.eval()(torch.randn(1, 3, 8, 8)).shape == (1, 4, 8, 8)


@pytest.mark.parametrize("word", ["stem", "cell.0", "edge_0_1", "train2", "info"])
def test_leaves_other_ids_as_they_are(word: str) -> None:
    assert module_name(word) == word


def test_takes_inputs_whose_names_collide_as_arguments() -> None:
    names = ["a.b", "a_b", "self", "input", "a_b_"]
    graph = msgspec.convert(
        {
            "version": 1,
            "inputs": [{"id": name, "shape": [2]} for name in names],
            "nodes": [{"id": "sum", "op": {"kind": "concat"}, "inputs": names}],
            "outputs": ["sum"],
        },
        schema.NetworkGraph,
    )
    network = build_network(graph)
    parts = [torch.full((1, 2), float(index)) for index in range(5)]
    assert torch.equal(network(*parts), torch.cat(parts, 1))


def test_names_the_node_that_cannot_be_built() -> None:
    wide = ("wide", conv(4), ["image"])
    with pytest.raises(
        GraphError, match=r'^Graph node "sum": add: expected inputs of one shape'
    ) as e:
        build_network(graph_of(wide, ("sum", {"kind": "add"}, ["image", "wide"])))
    assert e.value.node == "sum"
    assert isinstance(e.value, InvalidTask)
    with pytest.raises(GraphError, match=r'^Graph node "big": conv2d: .*Kernel size'):
        build_network(graph_of(("big", conv(4, kernel=[11, 11]), ["image"])))


def test_drop_path_drops_whole_samples_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    layer = DropPath(0.25)
    x = torch.ones(4000, 2, 3)
    y = layer(x)
    per_sample = y.reshape(4000, -1)
    assert torch.equal(per_sample.amin(1), per_sample.amax(1))
    assert {round(value, 5) for value in per_sample[:, 0].unique().tolist()} == {0.0, 1.33333}
    # 4000 draws, standard error 0.009: five of them, a false alarm in about two million.
    assert abs(float(y.mean()) - 1) < 0.046
    assert layer.eval()(x) is x


def test_zero_gives_exact_zeros_and_no_gradient() -> None:
    x = torch.full((1, 2, 5, 7), float("inf"), requires_grad=True)
    y = Zero((2, 3))(x)
    assert y.shape == (1, 2, 3, 3)
    assert torch.equal(y, torch.zeros(1, 2, 3, 3))
    assert not y.requires_grad


@pytest.mark.parametrize(
    ("op", "function"),
    [
        ({"kind": "channel-slice", "start": 1, "end": 3}, lambda x: x[:, 1:3]),
        (
            {"kind": "channel-pad", "channels": 5},
            lambda x: torch.cat([x, torch.zeros(2, 2, 8, 8)], 1),
        ),
        (
            {"kind": "pad2d", "top": -1, "bottom": 1, "left": -1, "right": 1},
            lambda x: torch.nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:],
        ),
        ({"kind": "global-pool", "mode": "max"}, lambda x: x.flatten(2).max(2).values),
        (
            {"kind": "unpool2d", "stride": [3, 1], "size": [22, 8]},
            lambda x: torch.kron(x, torch.tensor([[1.0], [0.0], [0.0]]))[:, :, :22],
        ),
        ({"kind": "flatten"}, lambda x: x.reshape(2, -1)),
        ({"kind": "zero", "stride": [2, 2]}, lambda x: x[:, :, ::2, ::2] * 0),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_gives_what_the_operation_means(
    op: dict[str, object], function: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    image = torch.randn(2, 3, 8, 8)
    network = build_network(graph_of(("op", op, ["image"])))
    assert torch.equal(network(image), function(image))


@pytest.mark.parametrize(("counted", "corner"), [(True, 4 / 9), (False, 1.0)])
def test_average_pool_counts_padding_only_when_told(counted: bool, corner: float) -> None:
    pool = {
        "kind": "pool2d",
        "mode": "avg",
        "kernel": [3, 3],
        "stride": [1, 1],
        "padding": [1, 1],
        "countPadding": counted,
    }
    pooled = build_network(graph_of(("op", pool, ["image"])))(torch.ones(1, 3, 8, 8))
    assert float(pooled[0, 0, 0, 0]) == pytest.approx(corner)
