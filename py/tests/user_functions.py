"""What a user might have: functions and classes that the tests of calls call."""

import functools
from dataclasses import dataclass
from os import system  # noqa: F401 - must not become callable by being imported
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.user_library import borrowed  # noqa: F401 - defined in another module


@dataclass
class Settings:
    learning_rate: float
    epochs: int = 3


def train(learning_rate: float, epochs=3):
    return {"loss": learning_rate * epochs, "kind": type(learning_rate).__name__}


def with_configuration(configuration):
    return {"got": configuration}


def with_settings(configuration: Settings):
    return {"rate": configuration.learning_rate, "epochs": configuration.epochs}


def with_rest(a, **rest):
    return {"a": a, "rest": rest}


def everything(seed, device, graph, model, reporter):
    output = model(torch.zeros(2, 1, 8, 8))
    return {
        "seed": seed,
        "device": str(device),
        "inputs": graph["inputs"],
        "shape": list(output.shape),
        "reporter": type(reporter).__name__,
    }


def optional_model(model=None, width=8):
    return {"has_model": model is not None, "width": width}


def reporting(epochs: int, reporter):
    for epoch in range(1, epochs + 1):
        reporter.report(step=epoch, loss=1.0 / epoch, who="me")
        if reporter.should_stop:
            return {"epochs": epoch}
    return {"epochs": epochs}


def diverging(reporter):
    reporter.report(step=1, loss=float("nan"))


def returns_nan():
    return {"metrics": {"loss": np.float32("nan")}}


def returns(kind: str) -> Any:
    return {
        "nothing": None,
        "number": np.float64(0.5),
        "scalar": torch.tensor(3.5),
        "tuple": (1, [2.5, "x"], {"y"}),
        "dataclass": Settings(0.5),
        "path": Path("/a/b"),
        "huge": 2**60,
        "object": {"deep": object()},
        "bytes": b"x",
        "tensors in a list": [torch.zeros(2)],
    }[kind]


def tensors_out():
    return {
        "accuracy": 0.5,
        "logits": torch.arange(6, dtype=torch.float32).reshape(2, 3).requires_grad_(),
        "weights": {"first": np.arange(4, dtype=np.int16), "half": torch.ones(2).bfloat16()},
    }


def tensor_alone():
    return torch.eye(2)


def doubled(images: np.ndarray):
    images *= 2  # what is given may be written to
    return {"kind": type(images).__name__, "images": images}


def mean_of(images, labels: torch.Tensor):
    return {"mean": images.mean(), "labels": labels.sum(), "kind": type(images).__name__}


def all_tensors(tensors: dict[str, np.ndarray]):
    return {name: type(array).__name__ for name, array in tensors.items()}


def too_much(what: str, reporter):
    text = "x" * 2**24
    if what == "report":
        reporter.report(notes=text)
    if what == "error":
        raise ValueError(text)
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    return {"deep": deep} if what == "depth" else {"notes": text}


def fails():
    raise KeyError("what is wrong")


def fails_in_library():
    return torch.zeros(2, 3) @ torch.zeros(2, 3)


def leaves():
    raise SystemExit(3)


def draws():
    return {"numpy": np.random.rand(), "torch": torch.rand(1).item()}


def counting(epochs: int, reporter):
    state = reporter.load() or {"epoch": 0, "weight": torch.zeros(2)}
    for epoch in range(state["epoch"], epochs):
        state = {"epoch": epoch + 1, "weight": state["weight"] + 1}
        reporter.save(state)
    return {"weight": state["weight"].sum()}


def saves_object(reporter):
    reporter.save({"function": train})


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@wrapped
def decorated(x):
    return x + 1


partly = functools.partial(train, epochs=2)
printer = functools.partial(print, "x")


def positional(x, /):
    return x


class Model:
    """A session: a linear map that stays."""

    def __init__(self, size: int, device, seed: int):
        self.weight = torch.ones(size, device=device)
        self.seed = seed
        self.closed = False
        Model.last = self

    def predict(self, inputs: torch.Tensor):
        return {"outputs": inputs @ self.weight}

    def fit(self, steps: int, reporter):
        for step in range(steps):
            self.weight += 1
            reporter.report(step=step, norm=self.weight.norm())
        return {"weight": self.weight}

    def close(self):
        self.closed = True

    def _hidden(self):
        return "hidden"
