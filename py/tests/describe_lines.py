"""Describes the network graphs of a JSON-lines file, one a line: the TypeScript side's oracle.

Run from `py/` as `python -m tests.describe_lines FILE`.
"""

import json
import sys
from pathlib import Path

import msgspec
import torch

from archloom_worker import schema
from archloom_worker.graph import GraphError
from archloom_worker.measure import describe_network


def describe_line(line: str) -> dict[str, object]:
    """What PyTorch finds of one graph, or the error that it gives."""
    try:
        found = describe_network(msgspec.json.decode(line, type=schema.NetworkGraph))
    except GraphError as error:
        return {"error": error.message}
    return {
        "outputShapes": found.output_shapes,
        "parameterCount": found.parameter_count,
        "multiplyAdds": found.multiply_adds,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    for text in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        print(json.dumps(describe_line(text)))
