"""A network with all that one optimizer step needs, on the device."""

from __future__ import annotations

import os
import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from archloom_worker import schema
from archloom_worker.errors import InvalidTask
from archloom_worker.graph import build_network
from archloom_worker.streams import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from archloom_worker.checkpoint import Checkpoint

_PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Model:
    """A built network and its forward pass in the recipe's arithmetic."""

    def __init__(
        self, graph: schema.NetworkGraph, recipe: schema.Recipe, device: torch.device
    ) -> None:
        layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.network = build_network(graph)
        self.network.to(device=device, memory_format=layout)  # type: ignore[call-overload]  # stub lacks it
        self._forward = _compiled(self.network) if recipe.compile else self.network
        self._device = device
        self._precision = _PRECISIONS.get(recipe.precision)

    def logits(self, inputs: torch.Tensor) -> torch.Tensor:
        """Maps a prepared batch to float32 (N, classes), or (N, T, classes) for tokens."""
        with self._arithmetic():
            return self._forward(inputs).float()

    def _arithmetic(self) -> AbstractContextManager[Any]:
        if self._precision is None:
            return nullcontext()
        return torch.autocast(self._device.type, dtype=self._precision)


def _compiled(network: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    names = [os.environ.get("CXX", "g++"), "g++", "clang++"]
    if not any(map(shutil.which, names)):
        raise InvalidTask(
            f"Recipe asks for torch.compile, which needs a C++ compiler, found none of"
            f" {', '.join(dict.fromkeys(names))}; install one or set recipe.compile to false"
        )
    return torch.compile(network)


class Learner:
    """A model that learns: optimizer, gradient clipping, and the scaler that float16 needs.

    Args:
        work: Its seed gives the initial weights; the global generator is left in an unknown state.
        device: Where everything lies.
    """

    def __init__(self, work: schema.TrainWork, device: torch.device) -> None:
        # On the CPU whatever the device, so that a network starts the same everywhere.
        torch.manual_seed(derive_seed(work.seed, "init", 0))
        self.model = Model(work.graph, work.recipe, device)
        self._parameters = list(self.model.network.parameters())
        self._recipe = work.recipe
        self._optimizer = make_optimizer(work.recipe, self._parameters)
        self._scaler = (
            torch.amp.GradScaler(device.type) if work.recipe.precision == "float16" else None
        )

    def step(
        self, inputs: torch.Tensor, labels: torch.Tensor, rate: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One optimizer step; returns the loss before it and the count of right answers.

        Both are scalars on the device, so that the step waits for nothing.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        logits = self.model.logits(inputs)
        # (N, ..., classes) and (N, ...): text has a label for each of its tokens.
        loss = functional.cross_entropy(
            logits.flatten(0, -2), labels.flatten(), label_smoothing=self._recipe.label_smoothing
        )
        for parameter in self._parameters:
            parameter.grad = None
        if self._scaler is None:
            loss.backward()  # type: ignore[no-untyped-call]
            self._clip()
            self._optimizer.step()
        else:
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            self._scaler.unscale_(self._optimizer)
            self._clip()
            self._scaler.step(self._optimizer)
            self._scaler.update()
        return loss.detach(), (logits.detach().argmax(-1) == labels).sum()

    def weights(self) -> dict[str, torch.Tensor]:
        """Parameters and buffers by name."""
        return dict(self.model.network.state_dict())

    def optimizer_state(self) -> dict[str, Any]:
        """What `restore` needs beside the weights."""
        return self._optimizer.state_dict()

    def scaler_state(self) -> dict[str, Any]:
        """State of the float16 gradient scaler; empty without one."""
        return {} if self._scaler is None else self._scaler.state_dict()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes back to the state that a checkpoint holds."""
        self.model.network.load_state_dict(checkpoint["weights"])
        self._optimizer.load_state_dict(checkpoint["optimizer"])
        if self._scaler is not None:
            self._scaler.load_state_dict(checkpoint["scaler"])

    def _clip(self) -> None:
        if self._recipe.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._recipe.gradient_clip)


def make_optimizer(
    recipe: schema.Recipe, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """The recipe's optimizer; its rate is set before every step.

    With `decayNormAndBias` false, parameters of one axis or none (biases, and scale and shift of
    batch norm) are a group of their own without weight decay.

    Raises:
        InvalidTask: When there is nothing to learn, or the rule contradicts itself.
    """
    groups = _groups(list(parameters), recipe)
    rule = recipe.optimizer
    # Fused: one kernel for all parameters, on the CPU as on CUDA; the same mathematics.
    match rule:
        case schema.Sgd():
            if rule.nesterov and rule.momentum == 0:
                raise InvalidTask(
                    "Recipe asks for Nesterov momentum with momentum 0, expected a momentum above"
                    " 0; set optimizer.nesterov to false or a momentum"
                )
            return torch.optim.SGD(
                groups,
                lr=rule.learning_rate,
                momentum=rule.momentum,
                nesterov=rule.nesterov,
                weight_decay=rule.weight_decay,
                fused=True,
            )
        case schema.AdamW():
            if max(rule.beta1, rule.beta2) >= 1:
                raise InvalidTask(
                    f"Recipe asks for AdamW with beta1 {rule.beta1} and beta2 {rule.beta2},"
                    " expected both below 1"
                )
            return torch.optim.AdamW(
                groups,
                lr=rule.learning_rate,
                betas=(rule.beta1, rule.beta2),
                eps=rule.epsilon,
                weight_decay=rule.weight_decay,
                fused=True,
            )


def _groups(parameters: list[nn.Parameter], recipe: schema.Recipe) -> list[dict[str, Any]]:
    if not parameters:
        raise InvalidTask(
            "Network has no parameters to train, expected at least one; give it a layer with"
            " weights"
        )
    if recipe.decay_norm_and_bias:
        return [{"params": parameters}]
    decayed = [parameter for parameter in parameters if parameter.ndim > 1]
    spared = [parameter for parameter in parameters if parameter.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": spared, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
