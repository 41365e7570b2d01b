"""Networks that start from the weights of another: what is equal, fresh, refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from training_support import CPU, Recorder, conv, digits, graph_of, node, norm, recipe, same, work

from archloom_worker import schema
from archloom_worker.checkpoint import load_checkpoint
from archloom_worker.errors import DataError, InvalidTask
from archloom_worker.evaluation import evaluate
from archloom_worker.inherit import inherit_weights
from archloom_worker.learner import Learner
from archloom_worker.train import train

SHAPE = (1, 8, 8)


def stacked(*widths: int, names: tuple[str, ...] = ("one", "two", "three")) -> schema.NetworkGraph:
    """Convolutions with batch norm, one behind the other, and a classifier."""
    nodes: list[dict[str, Any]] = []
    source = "image"
    for name, width in zip(names, widths, strict=False):
        nodes += [conv(f"{name}.conv", source, width), norm(f"{name}.norm", f"{name}.conv")]
        source = f"{name}.norm"
    nodes.append(node("pool", source, "global-pool", mode="avg"))
    nodes.append(node("head", "pool", "linear", features=10, bias=True))
    return graph_of(nodes, SHAPE)


PARENT = stacked(4, 4)
CHILD = stacked(4, 8, 4, names=("one", "fresh", "in"))
"""The parent with a convolution inserted; `in` becomes `in_` in Python."""
PLAN = [("one.conv", "one.conv"), ("one.norm", "one.norm"), ("two.norm", "in.norm"), ("head",) * 2]


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> schema.CheckpointRef:
    path = str(tmp_path_factory.mktemp("parent") / "parent.safetensors")
    result = train(work(graph=PARENT, checkpoint_path=path), Recorder().context())
    assert result.checkpoint is not None
    return result.checkpoint


def inheritance(
    ref: schema.CheckpointRef, plan: list[tuple[str, str]] | None = None
) -> schema.Inheritance:
    pairs = PLAN if plan is None else plan
    return schema.Inheritance(
        checkpoint=ref,
        plan=tuple(schema.WeightPair(source=source, target=target) for source, target in pairs),
    )


def test_planned_nodes_are_copied_and_all_others_fresh(parent: schema.CheckpointRef) -> None:
    given = load_checkpoint(parent)["weights"]
    fresh = Learner(work(graph=CHILD, seed="7"), CPU).weights()
    heir = Learner(work(graph=CHILD, seed="7"), CPU)
    inherit_weights(heir.model.network, inheritance(parent), {})
    sources = {target.replace("in.", "in_."): source for source, target in PLAN}
    taken = 0
    for name, tensor in heir.weights().items():
        module, _, tensor_name = name.rpartition(".")
        source = sources.get(module)
        taken += source is not None
        expected = fresh[name] if source is None else given[f"{source}.{tensor_name}"]
        assert torch.equal(tensor, expected), name
    assert taken == 1 + 5 + 5 + 2, "a convolution, two norms with their statistics, a classifier"
    assert heir.weights().keys() == fresh.keys()
    assert not torch.equal(heir.weights()["one.conv.weight"], fresh["one.conv.weight"])


def test_a_whole_copy_has_its_parents_weights_in_its_own_parameters(
    parent: schema.CheckpointRef,
) -> None:
    whole = [(item.id, item.id) for item in PARENT.nodes if item.id != "pool"]
    learner = Learner(work(graph=PARENT, seed="9"), CPU)
    before = {name: tensor.clone() for name, tensor in learner.weights().items()}
    held = dict(learner.model.network.named_parameters())
    inherit_weights(learner.model.network, inheritance(parent, whole), {})
    given = load_checkpoint(parent)["weights"]
    assert same(learner.weights(), given), "running statistics too"
    assert not same(before, given)
    after = dict(learner.model.network.named_parameters())
    assert all(after[name] is held[name] for name in held), "the optimizer's own parameters"


def test_equal_works_inherit_equally_and_measure_what_they_left(
    tmp_path: Path, parent: schema.CheckpointRef
) -> None:
    def heir(name: str) -> schema.TrainResult:
        path = str(tmp_path / name)
        task = work(graph=CHILD, inherit=inheritance(parent), checkpoint_path=path)
        return train(task, Recorder().context())

    first, second = heir("first.safetensors"), heir("second.safetensors")
    assert first.metrics == second.metrics
    assert first.checkpoint is not None
    assert second.checkpoint is not None
    assert first.checkpoint.sha256 == second.checkpoint.sha256
    assert first.metrics != train(work(graph=CHILD), Recorder().context()).metrics
    task = schema.EvaluateWork(
        graph=CHILD,
        dataset=digits(),
        recipe=recipe(),
        checkpoint=first.checkpoint,
        split="validation",
    )
    assert evaluate(task, Recorder().context()).accuracy == first.metrics.val_accuracy


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ([("two.conv", "fresh.conv")], r'"fresh.conv" cannot inherit the weights of "two.conv"'),
        ([("gone", "one.conv")], r'"one.conv" cannot .* "gone": .* found \{\}'),
        ([("one.conv", "gone")], r'"gone" cannot .* "one.conv"'),
        ([("gone", "gone")], r'"gone" cannot .* "gone"'),
        ([("head", "head"), ("head", "head")], r'"head" twice'),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(
    parent: schema.CheckpointRef, plan: list[tuple[str, str]], problem: str
) -> None:
    task = work(graph=CHILD, inherit=inheritance(parent, plan))
    with pytest.raises(InvalidTask, match=problem):
        train(task, Recorder().context())


def test_weights_of_other_data_or_a_missing_file_are_refused(
    tmp_path: Path, parent: schema.CheckpointRef
) -> None:
    other = work(graph=CHILD, dataset=digits(200), inherit=inheritance(parent))
    with pytest.raises(InvalidTask, match="data set split"):
        train(other, Recorder().context())
    gone = schema.CheckpointRef(path=str(tmp_path / "gone.safetensors"), sha256="0" * 64)
    with pytest.raises(DataError, match="does not exist"):
        train(work(graph=CHILD, inherit=inheritance(gone)), Recorder().context())


def test_a_continued_training_inherits_nothing_more(parent: schema.CheckpointRef) -> None:
    task = work(
        from_epoch=1, resume=parent, inherit=inheritance(parent), graph=CHILD, horizon_epochs=3
    )
    with pytest.raises(InvalidTask, match="for a new training alone"):
        train(task, Recorder().context())
