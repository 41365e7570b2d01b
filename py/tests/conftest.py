"""What the tests of the bridge share: a hello, a small graph, and one thread for the arithmetic."""

import os
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import msgspec
import pytest

from archloom_worker import schema

GRAPH: dict[str, Any] = {
    "version": 1,
    "inputs": [{"id": "image", "shape": [1, 8, 8]}],
    "nodes": [
        {"id": "flat", "op": {"kind": "flatten"}, "inputs": ["image"]},
        {
            "id": "head",
            "op": {"kind": "linear", "features": 10, "bias": True},
            "inputs": ["flat"],
        },
    ],
    "outputs": ["head"],
}


@pytest.fixture
def graph() -> schema.NetworkGraph:
    return msgspec.convert(GRAPH, schema.NetworkGraph)


@pytest.fixture
def hello() -> schema.Hello:
    critical = schema.CriticalFacts(
        python="3.11.2",
        torch="2.13.0+cpu",
        cuda=None,
        cudnn=None,
        blas="mkl",
        packages={},
        lock_hash="aa",
        drift=(),
        worker_code="bb",
        system="Linux",
        machine="x86_64",
        cpu="Example CPU",
        device="cpu",
        gpus=(),
        intra_op_threads=1,
        inter_op_threads=1,
        determinism="bitwise",
        deterministic_algorithms=True,
        cudnn_benchmark=False,
        float32_matmul_precision="highest",
        cudnn_allow_tf32=False,
        cublas_workspace_config=":4096:8",
        datasets=(),
    )
    recorded = schema.RecordedFacts(
        os_release="6.1", cpu_count=2, memory_bytes=1, python_executable="python"
    )
    return schema.Hello(
        protocol_version=schema.PROTOCOL_VERSION,
        worker="w00",
        pid=42,
        capabilities=("describe", "train", "evaluate", "tensors"),
        slots=1,
        fingerprint=schema.Fingerprint(critical=critical, recorded=recorded),
        datasets=(),
        dataset_problems=(),
    )
