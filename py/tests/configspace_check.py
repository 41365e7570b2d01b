"""Looks at parameter spaces with the ConfigSpace package: the TypeScript side's oracle.

Run from `py/` as `python -m tests.configspace_check REQUESTS ANSWERS`, both JSON lines. A request
has a `space` in ConfigSpace's format and `configurations` to judge; `samples` asks for so many of
ConfigSpace's own.
"""

import json
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from ConfigSpace import Configuration, ConfigurationSpace
from ConfigSpace.exceptions import (
    ActiveHyperparameterNotSetError,
    ForbiddenValueError,
    IllegalValueError,
    InactiveHyperparameterSetError,
)

REFUSALS = (
    ActiveHyperparameterNotSetError,
    ForbiddenValueError,
    IllegalValueError,
    InactiveHyperparameterSetError,
)


def verdict(space: ConfigurationSpace, values: dict[str, Any]) -> str:
    """`ok`, or why ConfigSpace refuses the configuration."""
    try:
        Configuration(space, values=values)
    except REFUSALS as error:
        return type(error).__name__
    return "ok"


def plain(value: Any) -> Any:
    """A value as JSON has it; ConfigSpace hands numpy's out."""
    return value.item() if isinstance(value, np.generic) else value


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What ConfigSpace makes of one request."""
    space = ConfigurationSpace.from_json(StringIO(json.dumps(request["space"])))
    space.seed(7)
    drawn = space.sample_configuration(request["samples"]) if request["samples"] else []
    samples = [{name: plain(value) for name, value in one.items()} for one in drawn]
    return {
        "space": space.to_serialized_dict(),
        "default": {
            name: plain(value) for name, value in space.get_default_configuration().items()
        },
        "verdicts": [verdict(space, values) for values in request["configurations"]],
        "samples": samples,
        "sampleVerdicts": [verdict(space, values) for values in samples],
    }


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    answers = [json.dumps(answer(json.loads(line)), default=plain) for line in lines]
    Path(sys.argv[2]).write_text("\n".join(answers), encoding="utf-8")
