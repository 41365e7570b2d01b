"""Runs a peer's search, each evaluation answered by the other end; see peers.ts, peers-quality.ts.

Reads one JSON object with the task from the first line of standard input. Prints one JSON line for
each evaluation it asks for and reads one line with its loss, or, where `answers` is false, draws
losses itself. Ends with a line that holds the seconds of processor time between evaluations.
"""

import contextlib
import json
import logging
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ConfigSpace
import numpy as np
import optuna
from dehb.optimizers.de import DE
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue

Loss = float
Evaluate = Callable[[Any], Loss]


class DoneError(Exception):
    """The budget is spent."""


@dataclass
class Task:
    """What to run."""

    peer: str
    seed: int
    #: Evaluations that are made up before the first one that counts.
    told: int
    trials: int
    #: Number of choices of each categorical parameter; empty for the mixed conditional space.
    sizes: list[int]
    answers: bool
    #: Seconds of processor time after which a search is given up.
    limit: float
    seconds: list[float] = field(default_factory=list)
    counted: int = 0
    draws: random.Random = field(default_factory=lambda: random.Random(1))
    started: float = 0.0
    last: float | None = None

    def evaluate(self, point: Any) -> Loss:
        """One evaluation that counts, unless the answer says that the point is no architecture."""
        now = time.process_time()
        if self.last is not None:
            self.seconds.append(now - self.last)
        if self.counted >= self.trials or now - self.started > self.limit:
            raise DoneError
        loss = self.draws.random()
        counts = True
        if self.answers:
            print(json.dumps({"point": point}), flush=True)
            answer = json.loads(sys.stdin.readline())
            loss, counts = answer["loss"], answer["counts"]
        self.counted += counts
        self.last = time.process_time()
        return loss


def optuna_study(sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    """A study in memory that says nothing."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(sampler=sampler)


def suggest(trial: optuna.trial.BaseTrial, task: Task) -> Any:
    """A point of the task's space: places of choices, or nothing for the mixed one."""
    if task.sizes:
        return [
            trial.suggest_categorical(f"p{i}", list(range(size)))
            for i, size in enumerate(task.sizes)
        ]
    method = trial.suggest_categorical("method", ["sgd", "adam", "rmsprop"])
    trial.suggest_float("rate", 1e-5, 1.0, log=True)
    trial.suggest_int("depth", 1, 8)
    trial.suggest_int("width", 16, 512, log=True)
    if method == "sgd":
        trial.suggest_float("momentum", 0.0, 0.99)
        trial.suggest_categorical("nesterov", [False, True])
    if method == "adam":
        trial.suggest_float("beta", 0.8, 0.999)
    return None


def preload_optuna(study: optuna.Study, task: Task) -> None:
    """Adds made-up trials at random points."""
    source = optuna_study(optuna.samplers.RandomSampler(seed=task.seed))
    for _ in range(task.told):
        trial = source.ask()
        suggest(trial, task)
        study.add_trial(
            optuna.trial.create_trial(
                params=trial.params,
                distributions=trial.distributions,
                value=task.draws.random(),
            )
        )


def run_study(study: optuna.Study, task: Task, point: Callable[[optuna.Trial], Any]) -> None:
    """Asks and tells until the budget is spent."""
    while True:
        trial = study.ask()
        study.tell(trial, task.evaluate(point(trial)))


def optuna_tpe(task: Task) -> None:
    """The default sampler."""
    study = optuna_study(optuna.samplers.TPESampler(seed=task.seed))
    preload_optuna(study, task)
    run_study(study, task, lambda trial: suggest(trial, task))


def optuna_nsga2(task: Task) -> None:
    """Needs its own history, so what was told has to be run."""
    study = optuna_study(optuna.samplers.NSGAIISampler(seed=task.seed))
    run_study(study, task, lambda trial: suggest(trial, task))


def optuna_cmaes(task: Task) -> None:
    """On the unit cube: it has no categorical parameters."""
    study = optuna_study(optuna.samplers.CmaEsSampler(seed=task.seed))
    run_study(
        study,
        task,
        lambda trial: [trial.suggest_float(f"p{i}", 0, 1) for i in range(len(task.sizes))],
    )


def dehb_de(task: Task) -> None:
    """DEHB's differential evolution by itself, with the settings of DE-NAS, on the unit cube."""
    evolution = DE(
        f=lambda x, **_: {"fitness": task.evaluate(x.tolist()), "cost": 0.0},
        dimensions=len(task.sizes),
        pop_size=20,
        mutation_factor=0.5,
        crossover_prob=0.5,
        strategy="rand1_bin",
        seed=task.seed,
    )
    evolution.run(generations=10**9)


def smac_space(task: Task) -> ConfigSpace.ConfigurationSpace:
    """The task's space as ConfigSpace has it."""
    space = ConfigSpace.ConfigurationSpace(seed=task.seed)
    for i, size in enumerate(task.sizes):
        space.add(ConfigSpace.Categorical(f"p{i:02d}", list(range(size))))
    if not task.sizes:
        method = ConfigSpace.Categorical("method", ["sgd", "adam", "rmsprop"])
        momentum = ConfigSpace.Float("momentum", (0.0, 0.99))
        nesterov = ConfigSpace.Categorical("nesterov", [False, True])
        beta = ConfigSpace.Float("beta", (0.8, 0.999))
        space.add(
            method,
            ConfigSpace.Float("rate", (1e-5, 1.0), log=True),
            ConfigSpace.Integer("depth", (1, 8)),
            ConfigSpace.Integer("width", (16, 512), log=True),
            momentum,
            nesterov,
            beta,
        )
        space.add(
            ConfigSpace.EqualsCondition(momentum, method, "sgd"),
            ConfigSpace.EqualsCondition(nesterov, method, "sgd"),
            ConfigSpace.EqualsCondition(beta, method, "adam"),
        )
    return space


def smac3(task: Task) -> None:
    """The facade for hyperparameters, one evaluation a configuration."""
    space = smac_space(task)
    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario(
            space,
            deterministic=True,
            n_trials=task.told + task.trials,
            seed=task.seed,
            output_directory=folder,
        )
        facade = HyperparameterOptimizationFacade
        design = facade.get_initial_design(scenario, n_configs=1) if task.told else None
        optimizer = facade(
            scenario,
            lambda _, seed=0: 0.0,
            initial_design=design,
            logging_level=logging.ERROR,
            overwrite=True,
        )
        for config in space.sample_configuration(task.told) if task.told else []:
            value = TrialValue(cost=task.draws.random())
            optimizer.tell(TrialInfo(config, seed=0), value, save=False)
        while True:
            info = optimizer.ask()
            point = [int(info.config[f"p{i:02d}"]) for i in range(len(task.sizes))]
            optimizer.tell(info, TrialValue(cost=task.evaluate(point)), save=False)


PEERS: dict[str, Callable[[Task], None]] = {
    "optuna-tpe": optuna_tpe,
    "optuna-nsga2": optuna_nsga2,
    "optuna-cmaes": optuna_cmaes,
    "dehb-de": dehb_de,
    "smac3": smac3,
}


def main() -> None:
    """Runs the task of standard input."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    task = Task(**json.loads(sys.stdin.readline()))
    np.random.seed(task.seed)
    task.started = time.process_time()
    with contextlib.suppress(DoneError):
        PEERS[task.peer](task)
    print(json.dumps({"seconds": task.seconds, "isGivenUp": task.counted < task.trials}))


if __name__ == "__main__":
    main()
